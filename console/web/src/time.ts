/** Times in words.  All ages are taken on the server's clock (`ServerClock`), never the reader's. */

import type { Words } from "./i18n";

/** A fix older than this is no longer where the vehicle is. */
export const STALE_AFTER_S = 600;

/** How long ago `seconds` is; negative ages (clocks that differ a little) are "just now". */
export function ago(seconds: number, words: Words): string {
  const s = Math.floor(seconds);
  if (s < 3) return words.justNow;
  if (s < 60) return words.secondsAgo(s);
  if (s < 3600) return words.minutesAgo(Math.floor(s / 60));
  if (s < 86_400) return words.hoursAgo(Math.floor(s / 3600));
  return words.daysAgo(Math.floor(s / 86_400));
}

/** Time of day of epoch seconds `t` where the reader is; with the date unless it is today's. */
export function clockTime(t: number, now: number, language: string): string {
  const date = new Date(t * 1000);
  const sameDay = date.toDateString() === new Date(now * 1000).toDateString();
  return date.toLocaleString(language, {
    hour12: false,
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    ...(sameDay ? {} : { month: "2-digit", day: "2-digit" }),
  });
}

/** The server's clock as this page knows it: its last `now`, carried on by a monotonic clock. */
export class ServerClock {
  #offset: number | null = null;

  constructor(
    private readonly monotonicMs: () => number,
    private readonly wallMs: () => number,
  ) {}

  /** Learn that the server's clock reads `now` (epoch seconds) at this moment. */
  learn(now: number): void {
    this.#offset = now - this.monotonicMs() / 1000;
  }

  /** Epoch seconds now; before the first `learn` the reader's own clock. */
  now(): number {
    return this.#offset === null
      ? this.wallMs() / 1000
      : this.#offset + this.monotonicMs() / 1000;
  }
}
