/**
 * The vehicles as columns: what the map draws and what a pointer finds.
 *
 * A vehicle's row is its number in the server's run, so that a delta is a scatter.  Positions are kept
 * in Web Mercator relative to an origin: 32 bits then place a vehicle to centimetres, which
 * whole-world coordinates in 32 bits could not.
 */

import { mercatorX, mercatorY } from "./geometry";
import type { Positions } from "./positions";

/** Words of 32 bits per vehicle in `Fleet.vertices`. */
export const STRIDE = 8;
// x, y before the last fix; x, y now; moment of arrival (s on the page's clock); heading (degrees,
// -1 unknown); time of the fix (s, relative to `Fleet.epoch`); status | armed << 2 | level << 3.
const X0 = 0;
const Y0 = 1;
const X = 2;
const Y = 3;
const ARRIVED = 4;
const HEADING = 5;
const FIX_T = 6;
const FLAGS = 7;

export type VehicleStatus = 0 | 1 | 2;
export type VehicleLevel = 0 | 1 | 2 | 3;

export interface Vehicle {
  row: number;
  id: string;
  lon: number;
  lat: number;
  /** Epoch seconds of the fix. */
  t: number;
  /** Metres per second, NaN unknown. */
  speedMps: number;
  /** Degrees clockwise from north, NaN unknown. */
  headingDeg: number;
  status: VehicleStatus;
  armed: boolean;
  level: VehicleLevel;
}

export class Fleet {
  /** Mercator origin of the positions; set by the first vehicles that arrive. */
  originX = 0;
  originY = 0;
  /** Epoch seconds that fix times are relative to, so that 32 bits resolve them. */
  epoch = 0;
  /** float32[capacity * STRIDE], interleaved, ready for the graphics card. */
  vertices = new Float32Array(0);
  /** Rows in drawing order: incidents last, so that they lie on top. uint32[known]. */
  order = new Uint32Array(0);
  /** Rows that hold a vehicle. */
  known = 0;
  /** Where in `order` the vehicles with an incident begin. */
  raisedFrom = 0;
  /** Rises with every change, so that a layer knows whether to upload. */
  version = 0;

  #ids: (string | undefined)[] = [];
  #lon = new Float64Array(0);
  #lat = new Float64Array(0);
  #t = new Float64Array(0);
  #speed = new Float32Array(0);
  #rowOf = new Map<string, number>();

  /** Take in a delta that arrived at `arrivedS` (seconds on the page's monotonic clock). */
  apply(delta: Positions, arrivedS: number): void {
    if (delta.length === 0) return;
    let highest = 0;
    for (const row of delta.row) highest = Math.max(highest, row);
    this.#grow(highest + 1);
    if (this.known === 0) {
      this.originX = mercatorX(delta.lon[0] ?? 0);
      this.originY = mercatorY(delta.lat[0] ?? 0);
      this.epoch = Math.floor(delta.t[0] ?? 0);
    }
    const v = this.vertices;
    for (let i = 0; i < delta.length; i += 1) {
      const row = delta.row[i] ?? 0;
      const lon = delta.lon[i] ?? 0;
      const lat = delta.lat[i] ?? 0;
      const t = delta.t[i] ?? 0;
      const at = row * STRIDE;
      const x = mercatorX(lon) - this.originX;
      const y = mercatorY(lat) - this.originY;
      const isNew = this.#ids[row] === undefined;
      if (isNew) {
        const id = delta.vehicleId(i);
        this.#ids[row] = id;
        this.#rowOf.set(id, row);
        this.known += 1;
      }
      v[at + X0] = isNew ? x : (v[at + X] ?? x);
      v[at + Y0] = isNew ? y : (v[at + Y] ?? y);
      v[at + X] = x;
      v[at + Y] = y;
      v[at + ARRIVED] = arrivedS;
      const heading = delta.headingDeg[i] ?? NaN;
      v[at + HEADING] = Number.isNaN(heading) ? -1 : heading; // shaders cannot be asked about NaN
      v[at + FIX_T] = t - this.epoch;
      v[at + FLAGS] =
        (delta.status[i] ?? 0) | ((delta.armed[i] ?? 0) << 2) | ((delta.level[i] ?? 0) << 3);
      this.#lon[row] = lon;
      this.#lat[row] = lat;
      this.#t[row] = t;
      this.#speed[row] = delta.speedMps[i] ?? NaN;
    }
    this.#sort();
    this.version += 1;
  }

  vehicle(row: number): Vehicle | null {
    const id = this.#ids[row];
    if (id === undefined) return null;
    const flags = this.vertices[row * STRIDE + FLAGS] ?? 0;
    const heading = this.vertices[row * STRIDE + HEADING] ?? -1;
    return {
      row,
      id,
      lon: this.#lon[row] ?? 0,
      lat: this.#lat[row] ?? 0,
      t: this.#t[row] ?? 0,
      speedMps: this.#speed[row] ?? NaN,
      headingDeg: heading < 0 ? NaN : heading,
      status: (flags & 3) as VehicleStatus,
      armed: (flags & 4) !== 0,
      level: ((flags >> 3) & 3) as VehicleLevel,
    };
  }

  byId(id: string): Vehicle | null {
    const row = this.#rowOf.get(id);
    return row === undefined ? null : this.vehicle(row);
  }

  /**
   * The vehicle nearest to a place within `reach` (Mercator units, 1 = the world); of those in
   * reach a higher level wins, because it lies on top and is what is being looked for.
   */
  pick(lon: number, lat: number, reach: number): Vehicle | null {
    const px = mercatorX(lon) - this.originX;
    const py = mercatorY(lat) - this.originY;
    const v = this.vertices;
    let best = -1;
    let bestSquared = reach * reach;
    let bestLevel = 0;
    for (const row of this.order) {
      const at = row * STRIDE;
      const dx = (v[at + X] ?? 0) - px;
      const dy = (v[at + Y] ?? 0) - py;
      const squared = dx * dx + dy * dy;
      if (squared > reach * reach) continue;
      const level = ((v[at + FLAGS] ?? 0) >> 3) & 3;
      if (level > bestLevel || (level === bestLevel && squared <= bestSquared)) {
        best = row;
        bestSquared = squared;
        bestLevel = level;
      }
    }
    return best < 0 ? null : this.vehicle(best);
  }

  /** Counting sort of the known rows by what must lie on top: moving over parked, levels over all. */
  #sort(): void {
    const counts = new Uint32Array(8); // ranks 0 to 6, each counted one place up
    const rank = (row: number): number => {
      const flags = this.vertices[row * STRIDE + FLAGS] ?? 0;
      const level = (flags >> 3) & 3;
      return level > 0 ? 3 + level : (flags & 3) === 2 ? 2 : (flags & 3) === 1 ? 1 : 0;
    };
    const rows = this.#ids.length;
    for (let row = 0; row < rows; row += 1) {
      if (this.#ids[row] === undefined) continue;
      const at = rank(row) + 1;
      counts[at] = (counts[at] ?? 0) + 1;
    }
    for (let i = 1; i < counts.length; i += 1) counts[i] = (counts[i] ?? 0) + (counts[i - 1] ?? 0);
    this.raisedFrom = counts[4] ?? 0;
    if (this.order.length !== this.known) this.order = new Uint32Array(this.known);
    for (let row = 0; row < rows; row += 1) {
      if (this.#ids[row] === undefined) continue;
      const r = rank(row);
      const place = counts[r] ?? 0;
      this.order[place] = row;
      counts[r] = place + 1;
    }
  }

  #grow(rows: number): void {
    const capacity = this.#lon.length;
    if (rows <= capacity) return;
    const larger = Math.max(1024, rows, capacity * 2);
    this.vertices = extend(this.vertices, new Float32Array(larger * STRIDE));
    this.#lon = extend(this.#lon, new Float64Array(larger));
    this.#lat = extend(this.#lat, new Float64Array(larger));
    this.#t = extend(this.#t, new Float64Array(larger));
    this.#speed = extend(this.#speed, new Float32Array(larger));
  }
}

function extend<A extends Float32Array | Float64Array>(old: A, larger: A): A {
  larger.set(old);
  return larger;
}
