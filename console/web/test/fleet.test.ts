import { describe, expect, test } from "vitest";
import { Fleet, STRIDE } from "../src/fleet";
import { mercatorX, mercatorY } from "../src/geometry";
import { positions, type Given } from "./arrow";

/** Small, seeded, good enough to scatter points (mulberry32). */
function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe("fleet", () => {
  test("a delta changes the rows it names and no other", () => {
    const fleet = new Fleet();
    fleet.apply(positions([{ row: 0 }, { row: 1, lon: 112.5 }]), 1);
    fleet.apply(positions([{ row: 1, lon: 112.6, speed: 5, heading: 45, status: 2 }]), 2);
    expect(fleet.known).toBe(2);
    expect(fleet.vehicle(0)).toMatchObject({ id: "car-0", lon: 112.3, status: 1 });
    expect(fleet.vehicle(1)).toMatchObject({ lon: 112.6, status: 2, headingDeg: 45, speedMps: 5 });
    expect(fleet.byId("car-1")?.row).toBe(1);
  });

  test("a move starts where the vehicle was, a new vehicle where it is", () => {
    const fleet = new Fleet();
    fleet.apply(positions([{ row: 0, lon: 112.3 }]), 1);
    expect(fleet.vertices[0]).toBe(fleet.vertices[2]);
    fleet.apply(positions([{ row: 0, lon: 112.4 }]), 2);
    expect((fleet.vertices[2] ?? 0) - (fleet.vertices[0] ?? 0)).toBeCloseTo(0.1 / 360, 9);
  });

  test("32 bits place a vehicle to better than 10 cm", () => {
    const fleet = new Fleet();
    fleet.apply(positions([{ row: 0, lon: 112.1, lat: 28.4 }, { row: 1, lon: 112.912_345_67, lat: 29.398_765_43 }]), 1);
    const worldM = 40_075_017 * Math.cos((29.4 * Math.PI) / 180);
    const x = fleet.originX + (fleet.vertices[STRIDE + 2] ?? 0);
    const y = fleet.originY + (fleet.vertices[STRIDE + 3] ?? 0);
    expect(Math.abs(x - mercatorX(112.912_345_67)) * worldM).toBeLessThan(0.1);
    expect(Math.abs(y - mercatorY(29.398_765_43)) * worldM).toBeLessThan(0.1);
  });

  test("an unknown heading stays unknown", () => {
    const fleet = new Fleet();
    fleet.apply(positions([{ row: 0, status: 2 }]), 1);
    expect(fleet.vehicle(0)?.headingDeg).toBeNaN();
  });

  test("whoever has an incident is drawn last, red on top", () => {
    const fleet = new Fleet();
    const given: Given[] = [
      { row: 0, level: 3 },
      { row: 1, status: 2 },
      { row: 2, level: 1 },
      { row: 3 },
      { row: 5, level: 2 },
      { row: 6, status: 0 },
    ];
    fleet.apply(positions(given), 1);
    expect([...fleet.order]).toEqual([6, 3, 1, 2, 5, 0]);
    expect(fleet.raisedFrom).toBe(3);
    fleet.apply(positions([{ row: 0, level: 0 }]), 2);
    expect(fleet.raisedFrom).toBe(4);
  });

  test("rows that never came are nobody", () => {
    const fleet = new Fleet();
    fleet.apply(positions([{ row: 2000 }]), 1);
    expect(fleet.known).toBe(1);
    expect([...fleet.order]).toEqual([2000]);
    expect(fleet.vehicle(1999)).toBeNull();
  });

  test("picking finds what a slow search finds", () => {
    const next = random(7);
    const given: Given[] = Array.from({ length: 400 }, (_, row) => ({
      row,
      lon: 112 + next(),
      lat: 28 + next(),
    }));
    const fleet = new Fleet();
    fleet.apply(positions(given), 1);
    for (let trial = 0; trial < 200; trial += 1) {
      const [lon, lat, reach] = [112 + next(), 28 + next(), 0.0002 * next()];
      const near = given
        .map((v) => ({
          id: `car-${v.row}`,
          d: Math.hypot(mercatorX(v.lon ?? 0) - mercatorX(lon), mercatorY(v.lat ?? 0) - mercatorY(lat)),
        }))
        .filter(({ d }) => d <= reach)
        .sort((a, b) => a.d - b.d);
      expect(fleet.pick(lon, lat, reach)?.id).toBe(near[0]?.id);
    }
  });

  test("of those in reach the one with an incident is picked", () => {
    const fleet = new Fleet();
    fleet.apply(positions([{ row: 0, lon: 112.3 }, { row: 1, lon: 112.3005, level: 2 }]), 1);
    expect(fleet.pick(112.3, 28.6, 1e-5)?.id).toBe("car-1");
    expect(fleet.pick(112.3, 28.6, 1e-7)?.id).toBe("car-0");
    expect(fleet.pick(113, 28.6, 1e-6)).toBeNull();
  });
});
