/**
 * An Arrow IPC stream of positions, as plain columns.
 *
 * Numbers come out as typed arrays without a copy where the table is one batch; ids stay in Arrow,
 * because a page needs each vehicle's id once and not with every fix.
 */

import { tableFromIPC, type Column, type Table } from "@uwdata/flechette";

export interface Positions {
  readonly length: number;
  readonly row: Uint32Array;
  readonly lon: Float64Array;
  readonly lat: Float64Array;
  readonly t: Float64Array;
  readonly speedMps: Float32Array;
  readonly headingDeg: Float32Array;
  readonly status: Uint8Array;
  readonly armed: Uint8Array;
  readonly level: Uint8Array;
  vehicleId(index: number): string;
}

/** Raises `Error` naming the column when the stream is not a table of positions. */
export function readPositions(bytes: ArrayBuffer | Uint8Array): Positions {
  const table = tableFromIPC(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes));
  const ids = column(table, "vehicle_id");
  return {
    length: table.numRows,
    row: numbers(table, "row", Uint32Array),
    lon: numbers(table, "lon", Float64Array),
    lat: numbers(table, "lat", Float64Array),
    t: numbers(table, "t", Float64Array),
    speedMps: numbers(table, "speed_mps", Float32Array),
    headingDeg: numbers(table, "heading_deg", Float32Array),
    status: numbers(table, "status", Uint8Array),
    armed: numbers(table, "armed", Uint8Array),
    level: numbers(table, "level", Uint8Array),
    vehicleId: (index) => String(ids.at(index)),
  };
}

function column(table: Table, name: string): Column<unknown> {
  const found = table.getChild(name) as Column<unknown> | null | undefined;
  if (found === null || found === undefined) throw new Error(`positions: column ${name} is missing`);
  return found;
}

function numbers<A extends Uint32Array | Float64Array | Float32Array | Uint8Array>(
  table: Table,
  name: string,
  type: { new (length: number): A; readonly name: string },
): A {
  if (table.numRows === 0) return new type(0);
  const values: unknown = column(table, name).toArray();
  if (!(values instanceof type)) throw new Error(`positions: column ${name} is not ${type.name}`);
  return values;
}
