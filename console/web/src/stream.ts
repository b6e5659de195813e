/**
 * The server's events.  It never gives up: it opens the stream again after every kind of failure,
 * each time from the ledger number that the page knows, so that nothing is missed.
 */

import type { Incident, Status } from "./model";
import type { Heard } from "./link";

/** Silence after which an open stream is taken for dead and opened anew, seconds. */
const HUNG_AFTER_S = 8;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 4000;

export interface Listener {
  onStatus(status: Status): void;
  onIncident(incident: Incident): void;
  /** The server's ledger is another one than before: what is known of it is worth nothing. */
  onReset(): void;
  /** The browser gave up on the stream (the server answered with an error). */
  onRefused(): void;
}

export class Stream {
  #source: EventSource | null = null;
  #retryMs = FIRST_RETRY_MS;
  #timer: number | undefined;
  readonly #startedS: number;
  #lastS: number | null = null;

  constructor(
    private readonly url: URL,
    private readonly listener: Listener,
    /** Ledger number to resume from. */
    private readonly seq: () => number,
    private readonly nowS: () => number,
  ) {
    this.#startedS = nowS();
    this.#connect();
  }

  heard(): Heard {
    return {
      open: this.#source?.readyState === EventSource.OPEN,
      startedS: this.#startedS,
      lastS: this.#lastS,
    };
  }

  /** Call it every second or so: opens a stream anew that hangs. */
  check(): void {
    const source = this.#source;
    if (source === null || source.readyState === EventSource.CLOSED) return;
    if (this.nowS() - (this.#lastS ?? this.#startedS) > HUNG_AFTER_S && this.#timer === undefined)
      this.#retry();
  }

  close(): void {
    this.#source?.close();
    this.#source = null;
    window.clearTimeout(this.#timer);
  }

  #connect(): void {
    this.#source?.close();
    const url = new URL(this.url);
    url.searchParams.set("last_event_id", String(this.seq()));
    const source = new EventSource(url);
    this.#source = source;
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      this.listener.onRefused();
      this.#retry();
    };
    source.addEventListener("reset", () => this.listener.onReset());
    for (const name of ["status", "incident"]) {
      source.addEventListener(name, () => {
        this.#lastS = this.nowS();
        this.#retryMs = FIRST_RETRY_MS;
      });
    }
    source.addEventListener("status", (event) => {
      const status = parse(event) as Status | null;
      if (status !== null) this.listener.onStatus(status);
    });
    source.addEventListener("incident", (event) => {
      const incident = parse(event) as Incident | null;
      if (incident !== null) this.listener.onIncident(incident);
    });
  }

  #retry(): void {
    if (this.#timer !== undefined) return;
    this.#timer = window.setTimeout(() => {
      this.#timer = undefined;
      if (this.#source !== null) this.#connect();
    }, this.#retryMs);
    this.#retryMs = Math.min(LAST_RETRY_MS, this.#retryMs * 2);
  }
}

/** A malformed event harms nobody beside it. */
function parse(event: Event): unknown {
  try {
    return JSON.parse((event as MessageEvent<string>).data);
  } catch {
    return null;
  }
}
