/** Keeps the page's state in step with the server while somebody is signed in. */

import * as api from "./api";
import { ApiError } from "./api";
import { merge, newlyRed } from "./feed";
import { Fleet } from "./fleet";
import { judge } from "./link";
import { basemapData, NO_DATA, type BasemapData } from "./map/basemap";
import type { Incident, Status } from "./model";
import { nearestTown, townName } from "./places";
import * as state from "./state";
import { Stream } from "./stream";
import { ServerClock } from "./time";

const TICK_MS = 1000;
const RETRY_MS = 2000;

export const steadyS = (): number => performance.now() / 1000;
export const clock = new ServerClock(() => performance.now(), () => Date.now());

export class Live {
  fleet = new Fleet();
  places: BasemapData = NO_DATA;
  /** Called when the basemap's data or the fleet was replaced. */
  onPlaces: () => void = () => undefined;
  onFleet: () => void = () => undefined;

  #stream: Stream | null = null;
  #seq = 0;
  #revision = 0;
  readonly #startedS = steadyS();
  #run: string | null = null;
  #stopped = false;
  #timers = new Set<number>();
  #clockTimer: number | undefined;

  start(): void {
    void this.#readIncidents();
    void this.#readPlaces();
    void this.#poll();
    this.#clockTimer = window.setInterval(() => this.#tick(), 500);
    document.addEventListener("visibilitychange", this.#onVisible);
  }

  stop(): void {
    this.#stopped = true;
    this.#stream?.close();
    for (const timer of this.#timers) window.clearTimeout(timer);
    window.clearInterval(this.#clockTimer);
    document.removeEventListener("visibilitychange", this.#onVisible);
  }

  async older(): Promise<void> {
    const cursor = state.olderCursor.value;
    if (cursor === null) return;
    const page = await api.incidents(cursor);
    this.#take(page.items, false);
    state.olderCursor.value = page.next;
  }

  /** An incident as the server answered it, for example after an action. */
  learn(incident: Incident): void {
    this.#take([incident], false);
  }

  #onVisible = (): void => {
    if (!document.hidden) this.#tick();
  };

  /** The stream begins where the list ended, so it waits for the list. */
  #listen(): void {
    this.#stream ??= new Stream(
      new URL("api/v1/stream", document.baseURI),
      {
        onStatus: (status) => this.#onStatus(status),
        onIncident: (incident) => this.#take([incident], true),
        onReset: () => this.#forgetIncidents(),
        onRefused: () => void this.#checkAccess(),
      },
      () => this.#seq,
      steadyS,
    );
  }

  #tick(): void {
    this.#stream?.check();
    state.now.value = Math.floor(clock.now());
    const heard = this.#stream?.heard() ?? { open: false, startedS: this.#startedS, lastS: null };
    state.link.value = judge(heard, steadyS());
  }

  #onStatus(status: Status): void {
    clock.learn(status.now);
    const run = `${status.started}`;
    if (this.#run !== null && this.#run !== run) this.#forgetFleet();
    this.#run = run;
    state.status.value = status;
    state.heardAt.value = status.now;
    this.#tick();
  }

  #take(incidents: readonly Incident[], aloud: boolean): void {
    for (const { seq } of incidents) this.#seq = Math.max(this.#seq, seq);
    const before = state.feed.value;
    const after = merge(before, incidents);
    if (after === before) return;
    state.feed.value = after;
    if (!aloud || !state.feedRead.value) return;
    const red = newlyRed(before, after);
    if (red.length > 0) state.announcement.value = red.map(sayAloud).join("; ");
  }

  async #readIncidents(): Promise<void> {
    try {
      const page = await api.incidents(null);
      if (this.#stopped) return;
      this.#take(page.items, false);
      this.#seq = Math.max(this.#seq, page.seq);
      state.olderCursor.value = page.next;
      state.feedRead.value = true;
      this.#listen();
    } catch (error) {
      this.#onError(error);
      this.#later(() => void this.#readIncidents(), RETRY_MS);
    }
  }

  #forgetIncidents(): void {
    this.#stream?.close();
    this.#stream = null;
    this.#seq = 0;
    state.feedRead.value = false;
    state.feed.value = new Map();
    void this.#readIncidents();
  }

  async #readPlaces(): Promise<void> {
    try {
      const [zones, { towns, attribution }] = await Promise.all([api.zones(), api.towns()]);
      if (this.#stopped) return;
      this.places = basemapData(zones, towns, [api.attributionOf(zones), attribution]);
      state.credits.value = this.places.credits;
      state.towns.value = towns;
      this.onPlaces();
    } catch (error) {
      this.#onError(error);
      this.#later(() => void this.#readPlaces(), RETRY_MS);
    }
  }

  async #poll(): Promise<void> {
    let wait = TICK_MS;
    if (!document.hidden) {
      try {
        const { revision, positions } = await api.positions(this.#revision);
        if (this.#stopped) return;
        if (revision < this.#revision) {
          // Numbers that fall belong to another run of the server.
          this.#forgetFleet();
          wait = 0;
        } else {
          this.fleet.apply(positions, steadyS());
          this.#revision = revision;
          state.fleetTick.value += 1;
        }
        state.positionsFailing.value = false;
      } catch (error) {
        this.#onError(error);
        state.positionsFailing.value = true;
        wait = RETRY_MS;
      }
    }
    this.#later(() => void this.#poll(), wait);
  }

  #forgetFleet(): void {
    this.fleet = new Fleet();
    this.#revision = 0;
    state.pinned.value = null;
    state.hovered.value = null;
    this.onFleet();
  }

  #onError(error: unknown): void {
    if (error instanceof ApiError && error.status === 401) state.access.value = "signed-out";
  }

  async #checkAccess(): Promise<void> {
    try {
      await api.session();
    } catch (error) {
      this.#onError(error);
    }
  }

  #later(work: () => void, ms: number): void {
    if (this.#stopped) return;
    const timer = window.setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
  }
}

function sayAloud(incident: Incident): string {
  const words = state.words.value;
  const near = nearestTown(state.towns.value, incident.lon, incident.lat);
  const place = near === null ? "" : ` ${townName(near.town, state.language.value)}`;
  return `${words.levelAlarm[incident.level]} ${incident.vehicle_id}${place}`;
}
