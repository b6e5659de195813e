import { tableFromArrays, tableToIPC } from "@uwdata/flechette";
import { describe, expect, test } from "vitest";
import { readPositions } from "../src/positions";
import { stream } from "./arrow";

describe("positions", () => {
  test("an Arrow stream becomes typed columns with every value in place", () => {
    const read = readPositions(
      stream([
        { row: 7, id: "湘H·12345", lon: 112.25, lat: 28.5, t: 1_700_000_123.5, speed: 6.5, heading: 90, status: 2 },
        { row: 3, id: "EB-1", armed: 1, level: 3 },
      ]),
    );
    expect(read.length).toBe(2);
    expect(read.row).toEqual(new Uint32Array([7, 3]));
    expect(read.lon).toEqual(new Float64Array([112.25, 112.3]));
    expect(read.t[0]).toBe(1_700_000_123.5);
    expect(read.headingDeg[0]).toBe(90);
    expect(read.headingDeg[1]).toBeNaN();
    expect(read.level).toEqual(new Uint8Array([0, 3]));
    expect([read.vehicleId(0), read.vehicleId(1)]).toEqual(["湘H·12345", "EB-1"]);
  });

  test("ids may be dictionary-coded", () => {
    const read = readPositions(stream([{ row: 0, id: "a" }, { row: 1, id: "b" }, { row: 2, id: "a" }], { dictionary: true }));
    expect([0, 1, 2].map((i) => read.vehicleId(i))).toEqual(["a", "b", "a"]);
  });

  test("an empty delta is no vehicles, not an error", () => {
    expect(readPositions(stream([])).length).toBe(0);
  });

  test("a table that lacks a column is refused by name", () => {
    const bytes = tableToIPC(tableFromArrays({ row: new Uint32Array([1]) }), { format: "stream" });
    expect(() => readPositions(bytes ?? new Uint8Array())).toThrow("vehicle_id");
  });

  test("a column of another type is refused by name", () => {
    const columns = { vehicle_id: ["a"], row: new Float64Array([1]) };
    const bytes = tableToIPC(tableFromArrays(columns), { format: "stream" });
    expect(() => readPositions(bytes ?? new Uint8Array())).toThrow(/row is not Uint32Array/);
  });
});
