/**
 * What the API says, as types.  Times are epoch seconds, places WGS-84 degrees, speeds m/s.
 */

export type Level = "blue" | "yellow" | "red";
export const LEVELS: readonly Level[] = ["blue", "yellow", "red"];

export type IncidentState =
  | "reported"
  | "accepted"
  | "assigned"
  | "signed"
  | "handling"
  | "feedback"
  | "closed"
  | "rated";
export type Outcome = "recovered" | "not_found" | "false_alarm" | "merged";
/** What a person may choose; `merged` comes with merging. */
export const OUTCOMES: readonly Outcome[] = ["recovered", "not_found", "false_alarm"];

/** What its owner says of an incident, or the police. */
export type Word = "mine" | "stolen" | "confirmed";

export interface LevelChange {
  t: number;
  level: Level;
  /** In English, or as a person put it. */
  reason: string;
  reason_zh?: string | null | undefined;
}

/** What an officer on the way tells by one tap, in this order. */
export type Step = "departed" | "on_scene" | "contained";
export const STEPS: readonly Step[] = ["departed", "on_scene", "contained"];

/** When the incident came to a moment of its life. */
export interface Stamp {
  moment: string;
  t: number;
}

/** A deadline; the stamp of its moment stops it. */
export interface Goal {
  name: string;
  moment: string;
  due: number;
}

export interface Clock {
  started: number;
  goals: Goal[];
}

export interface Incident {
  id: string;
  vehicle_id: string;
  level: Level;
  state: IncidentState;
  t_opened: number;
  t_detected: number;
  t_updated: number;
  lon: number;
  lat: number;
  signals: string[];
  history: LevelChange[];
  outcome: Outcome | null;
  word?: Word | null;
  stamps?: Stamp[];
  clock?: Clock | null;
  /** Theft score after its newest signal, and the kinds of evidence so far. */
  score?: number | null;
  because?: string[];
  seq: number;
}

export interface Signal {
  id: string;
  kind: string;
  t: number;
  t_detected: number;
  strength: number;
  /** What it says in plain words. */
  reason?: string;
  reason_zh?: string;
  evidence: Record<string, unknown>;
}

/** One entry of the incident's ledger. */
export interface LedgerEntry {
  seq: number;
  kind: string;
  t: number;
  actor?: string | null;
  reason?: string | null;
  reason_zh?: string | null | undefined;
  level?: Level | null;
  outcome?: Outcome | null;
  /** Id of the signal that came with it. */
  signal?: string | null;
}

export interface IncidentDetail extends Incident {
  signal_details: Signal[];
  events: LedgerEntry[];
}

export interface Status {
  now: number;
  started: number;
  simulated: boolean;
  version: string;
  vehicles: number;
  fixes_total: number;
  fixes_per_s: number;
  rejects_total: number;
  lag_ms: number | null;
  broker: "up" | "down";
  open_incidents: Partial<Record<Level, number>>;
  tiles: string | null;
  tiles_attribution?: string | null;
  bounds: [number, number, number, number] | null;
}

export interface Town {
  lon: number;
  lat: number;
  name_zh: string | null;
  name_en: string;
}
