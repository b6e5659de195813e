import { describe, expect, test } from "vitest";
import { basemap, NO_DATA } from "../src/map/basemap";
import { PALETTES } from "../src/map/palette";
import { age, drawing, type Pursuit } from "../src/pursuit";
import { compassPoint, PURSUIT_WORDS } from "../src/pursuit_words";

const square = (r: number): [number, number][] => [
  [112 - r, 28 - r],
  [112 + r, 28 - r],
  [112 + r, 28 + r],
  [112 - r, 28 + r],
  [112 - r, 28 - r],
];
const sector = (horizon_s: number, probability: number, bearing_deg: number | null) => ({
  horizon_s,
  probability,
  bearing_deg,
  half_width_deg: 90,
  outer_m: horizon_s * 10,
  ring: square((horizon_s * probability) / 10_000),
});
const pursuit: Pursuit = {
  incident_id: "i-1",
  now: 1000,
  last_seen: { t: 960.4, lon: 112, lat: 28, by: "fix", camera: null },
  direction_deg: 100,
  direction_within_deg: 60,
  speed_mps: 12,
  sectors: [60, 180, 300].flatMap((h) => [sector(h, 0.5, 0), sector(h, 0.9, null)]),
  cameras: Array.from({ length: 50 }, (_, n) => ({ id: `C${n}`, lon: 112, lat: 28, earliest_s: n })),
  roads: [
    { horizon_s: 60, lines: [[[112, 28], [112.01, 28]]], gates: [[112.01, 28]] },
    { horizon_s: 180, lines: [], gates: [] },
  ],
};
const texts = (kind: string, language: "zh" | "en"): unknown[] =>
  drawing(pursuit, 1000, PURSUIT_WORDS[language])
    .features.filter((feature) => feature.properties?.["kind"] === kind)
    .map((feature) => feature.properties?.["text"] as unknown);

describe("a pursuit", () => {
  test("is drawn widest first, each horizon named once at its edge", () => {
    const { features } = drawing(pursuit, 1000, PURSUIT_WORDS.en);
    const sectors = features.filter((feature) => feature.properties?.["kind"] === "sector");
    expect(sectors.map((feature) => feature.properties?.["horizon"] as unknown)).toEqual([
      300, 300, 180, 180, 60, 60,
    ]);
    expect(texts("name", "en")).toEqual(["5 min", "3 min", "1 min"]);
    const [name] = features.filter((feature) => feature.properties?.["kind"] === "name");
    expect((name?.geometry as GeoJSON.Point).coordinates[1]).toBeCloseTo(28.027, 9);
  });

  test("says how long ago the vehicle was last seen, in both languages", () => {
    expect(age(pursuit, 1000)).toBe(39);
    expect(texts("seen", "en")).toEqual(["Last seen 39 s ago"]);
    expect(texts("seen", "zh")).toEqual(["最后位置：39 秒前"]);
    expect(age(pursuit, 900)).toBe(0);
    expect(PURSUIT_WORDS.en.lastSeen(119)).toContain("119 s");
    expect(PURSUIT_WORDS.en.lastSeen(150)).toContain("2 min");
    expect(PURSUIT_WORDS.zh.lastSeen(7300)).toContain("2 小时");
  });

  test("draws roads and ways out, and only the cameras that it can pass first", () => {
    expect(texts("road", "en").length).toBe(1);
    expect(texts("gate", "en").length).toBe(1);
    expect(texts("camera", "en").length).toBe(30);
    expect(texts("camera", "en")[0]).toBe("C0 · may have passed");
  });

  test("a bearing is said by the nearest point of the compass", () => {
    expect([0, 22, 23, 180, 338].map((b) => compassPoint(b, PURSUIT_WORDS.en))).toEqual([
      "north", "north", "north-east", "south", "north",
    ]);
  });

  test("its layers lie below the names, in every theme", () => {
    for (const palette of Object.values(PALETTES)) {
      const options = { palette, language: "en" as const, tiles: null, attribution: null };
      const ids = basemap(NO_DATA, options).layers.map((layer) => layer.id);
      expect(ids.indexOf("pursuit-fill")).toBeGreaterThan(ids.indexOf("county-fill"));
      expect(ids.indexOf("pursuit-seen")).toBeLessThan(ids.indexOf("town-label"));
    }
  });

  test("both languages say the same things", () => {
    expect(Object.keys(PURSUIT_WORDS.en)).toEqual(Object.keys(PURSUIT_WORDS.zh));
    expect(PURSUIT_WORDS.zh.compass.length).toBe(PURSUIT_WORDS.en.compass.length);
  });
});
