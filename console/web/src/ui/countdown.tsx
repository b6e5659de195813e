import { minutes, running } from "../clock";
import type { Incident } from "../model";
import * as state from "../state";

/** The clock of a red incident: what is wanted, and how long there is or how late it is. */
export function Countdown({ incident }: { incident: Incident }) {
  const words = state.words.value;
  const clock = running(incident, state.now.value);
  if (clock === null) return null;
  const name = words.goals[clock.goal.name] ?? clock.goal.name;
  const time = minutes(clock.left);
  const text = clock.left < 0 ? words.overdueBy(name, time) : words.leftFor(name, time);
  return (
    <span class={`countdown countdown-${clock.mood}`} role="timer">
      {text}
    </span>
  );
}
