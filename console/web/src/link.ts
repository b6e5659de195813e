/**
 * How the page stands with the server, decided from what was heard and when.
 *
 * Pure: the moment is an argument.  The status event comes every second, so that silence is a sign.
 */

/** Silence after which a connection counts as lost, seconds. */
export const LOST_AFTER_S = 5;
/** Silence after which an open connection is not believed any more, seconds. */
export const DOUBT_AFTER_S = 2.5;

export type Link = "connecting" | "live" | "reconnecting" | "lost";

export interface Heard {
  /** Whether the browser holds the stream open. */
  open: boolean;
  /** When the page began to listen, seconds on any steady clock. */
  startedS: number;
  /** When the last event came on the same clock, null for never. */
  lastS: number | null;
}

export function judge(heard: Heard, nowS: number): Link {
  const silence = nowS - (heard.lastS ?? heard.startedS);
  if (silence > LOST_AFTER_S) return "lost";
  if (heard.lastS === null) return "connecting";
  return heard.open && silence <= DOUBT_AFTER_S ? "live" : "reconnecting";
}
