/** The incidents a page knows, newest first, each once and never older than it was. */

import type { Incident } from "./model";

export type Feed = ReadonlyMap<string, Incident>;

/** `feed` with `incoming` taken in: of two versions of an incident the higher `seq` stands. */
export function merge(feed: Feed, incoming: readonly Incident[]): Feed {
  let next: Map<string, Incident> | null = null;
  for (const incident of incoming) {
    const known = (next ?? feed).get(incident.id);
    if (known !== undefined && known.seq >= incident.seq) continue;
    next ??= new Map(feed);
    next.set(incident.id, incident);
  }
  return next ?? feed;
}

/** Newest first by when it was detected; equal times by id, so that the order never flickers. */
export function newestFirst(feed: Feed): Incident[] {
  return [...feed.values()].sort(
    (a, b) => b.t_detected - a.t_detected || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0),
  );
}

export function isOpen(incident: Incident): boolean {
  return incident.state !== "closed" && incident.state !== "rated";
}

/** What deserves to be said aloud: incidents now red that were not red before. */
export function newlyRed(before: Feed, after: Feed): Incident[] {
  const found: Incident[] = [];
  for (const incident of after.values()) {
    if (incident.level !== "red" || !isOpen(incident)) continue;
    if (before.get(incident.id)?.level !== "red") found.push(incident);
  }
  return found;
}
