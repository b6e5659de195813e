/** Tables of positions as the console's encoder writes them, for tests. */

import {
  float32,
  float64,
  tableFromArrays,
  tableToIPC,
  uint32,
  uint8,
  utf8,
  dictionary,
} from "@uwdata/flechette";
import { readPositions, type Positions } from "../src/positions";

export interface Given {
  row: number;
  id?: string;
  lon?: number;
  lat?: number;
  t?: number;
  speed?: number;
  heading?: number;
  status?: number;
  armed?: number;
  level?: number;
}

export function stream(given: readonly Given[], options: { dictionary?: boolean } = {}): Uint8Array {
  const text = options.dictionary === true ? dictionary(utf8()) : utf8();
  const table = tableFromArrays(
    {
      row: given.map((v) => v.row),
      vehicle_id: given.map((v) => v.id ?? `car-${v.row}`),
      lon: given.map((v) => v.lon ?? 112.3),
      lat: given.map((v) => v.lat ?? 28.6),
      t: given.map((v) => v.t ?? 1_700_000_000),
      speed_mps: given.map((v) => v.speed ?? 0),
      heading_deg: given.map((v) => v.heading ?? Number.NaN),
      status: given.map((v) => v.status ?? 1),
      armed: given.map((v) => v.armed ?? 0),
      level: given.map((v) => v.level ?? 0),
    },
    {
      types: {
        row: uint32(),
        vehicle_id: text,
        lon: float64(),
        lat: float64(),
        t: float64(),
        speed_mps: float32(),
        heading_deg: float32(),
        status: uint8(),
        armed: uint8(),
        level: uint8(),
      },
    },
  );
  const bytes = tableToIPC(table, { format: "stream" });
  if (bytes === null) throw new Error("no bytes");
  return bytes;
}

export function positions(given: readonly Given[]): Positions {
  return readPositions(stream(given));
}
