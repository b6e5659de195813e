/** What an incident's clock says now: the deadline that comes next, and how far it is. */

import { isOpen } from "./feed";
import { STEPS, type Goal, type Incident, type Step } from "./model";

export interface Running {
  goal: Goal;
  /** Seconds left; below zero it is overdue. */
  left: number;
  /** Half, and four fifths of the time are over: what an officer should see from afar. */
  mood: "calm" | "soon" | "urgent" | "overdue";
}

/** The first deadline that nothing has stopped; null where no clock runs. */
export function running(incident: Incident, now: number): Running | null {
  const clock = incident.clock;
  if (clock == null || incident.level !== "red" || !isOpen(incident)) return null;
  const reached = new Set((incident.stamps ?? []).map((stamp) => stamp.moment));
  const open = clock.goals.filter((goal) => !reached.has(goal.moment));
  // one that is overdue makes room for the one that can still be kept
  const goal = open.find((one) => one.due >= now) ?? open.at(-1);
  if (goal === undefined) return null;
  const left = goal.due - now;
  const share = 1 - left / Math.max(goal.due - clock.started, 1);
  const mood = left < 0 ? "overdue" : share >= 0.8 ? "urgent" : share >= 0.5 ? "soon" : "calm";
  return { goal, left, mood };
}

/** What an officer who has signed tells next; null before signing, and when all is told. */
export function nextStep(incident: Incident): Step | null {
  if (incident.state !== "signed" && incident.state !== "handling") return null;
  const told = (incident.stamps ?? []).map((stamp) => stamp.moment);
  const last = Math.max(-1, ...STEPS.map((one, n) => (told.includes(one) ? n : -1)));
  return STEPS[last + 1] ?? null;
}

/** `m:ss`, without a sign; hours are minutes, too. */
export function minutes(seconds: number): string {
  const whole = Math.max(0, Math.floor(Math.abs(seconds)));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
