import { describe, expect, test } from "vitest";
import { incidentFragment, incidentInFragment, tokenInFragment } from "../src/fragment";
import { circle, distance, mercatorX, mercatorY, pixelsAtZoom0 } from "../src/geometry";
import { WORDS } from "../src/i18n";
import { judge } from "../src/link";
import { basemap, basemapData, boundsOf } from "../src/map/basemap";
import { PALETTES } from "../src/map/palette";
import { distanceText, nearestTown } from "../src/places";

const towns = [
  { lon: 112.33, lat: 28.58, name_zh: "益阳", name_en: "Yiyang" },
  { lon: 112.42, lat: 28.55, name_zh: null, name_en: "Lanxi" },
];

describe("geometry", () => {
  test.each([0, 28.6, 60, -75])("every point of a circle at %d° lies at its radius", (lat) => {
    const ring = circle(112.3, lat, 1500);
    for (const [lon2, lat2] of ring) expect(distance(112.3, lat, lon2, lat2)).toBeCloseTo(1500, 4);
    expect(ring.at(-1)).toEqual(ring[0]);
    expect(ring.length).toBe(97);
  });

  test("Mercator puts the equator in the middle and the north on top", () => {
    expect(mercatorX(0)).toBe(0.5);
    expect(mercatorY(0)).toBeCloseTo(0.5, 12);
    expect(mercatorY(85.0511)).toBeCloseTo(0, 5);
  });

  test("a width on the ground is the same distance on the map", () => {
    const metres = 400;
    const east = 112.3 + metres / (111_319.49 * Math.cos((28.6 * Math.PI) / 180));
    expect(pixelsAtZoom0(metres, 28.6)).toBeCloseTo((mercatorX(east) - mercatorX(112.3)) * 512, 6);
  });
});

describe("basemap", () => {
  const zones: GeoJSON.FeatureCollection = {
    type: "FeatureCollection",
    features: [
      {
        type: "Feature",
        properties: { level: "county", name: "赫山区", name_en: "Heshan" },
        geometry: { type: "Polygon", coordinates: [[[112, 28], [113, 28], [113, 29], [112, 29], [112, 28]]] },
      },
      {
        type: "Feature",
        properties: { role: "fence", radius_m: 300 },
        geometry: { type: "Point", coordinates: [112.4, 28.5] },
      },
      {
        type: "Feature",
        properties: { role: "fence", width_m: 80 },
        geometry: { type: "LineString", coordinates: [[112.4, 28.5], [112.5, 28.5]] },
      },
    ],
  };
  const data = basemapData(zones, towns);

  test("areas, circles and corridors are told apart", () => {
    expect(data.areas.features.map((f) => [f.geometry.type, f.properties?.["kind"] as unknown])).toEqual([
      ["Polygon", "county"],
      ["Polygon", "fence"],
    ]);
    expect(data.corridors.features[0]?.properties?.["width0"]).toBeCloseTo(pixelsAtZoom0(80, 28.5), 9);
    expect(boundsOf(data)).toEqual([112, 28, 113, 29]);
  });

  test("whoever made the data is named once", () => {
    expect(basemapData(zones, towns, ["GeoNames", null, "GeoNames"]).credits).toEqual(["GeoNames"]);
  });

  test("a county is named in its middle, in both languages", () => {
    const [label] = data.countyLabels.features;
    expect(label?.properties).toEqual({ zh: "赫山区", en: "Heshan" });
    expect(label?.geometry).toEqual({ type: "Point", coordinates: [112.5, 28.5] });
  });

  test("the style asks nobody for glyphs, sprites or tiles unless tiles are configured", () => {
    const options = { palette: PALETTES.dark, language: "zh" as const, attribution: null };
    const bare = basemap(data, { ...options, tiles: null });
    expect(bare.glyphs ?? bare.sprite).toBeUndefined();
    expect(Object.values(bare.sources).every((source) => source.type === "geojson")).toBe(true);
    const tiled = basemap(data, { ...options, tiles: "/tiles/{z}/{x}/{y}.png" });
    expect(tiled.sources["tiles"]).toMatchObject({ type: "raster", tiles: ["/tiles/{z}/{x}/{y}.png"] });
  });
});

describe("places", () => {
  test("the nearest town is found, with its distance", () => {
    const near = nearestTown(towns, 112.41, 28.55);
    expect(near?.town.name_en).toBe("Lanxi");
    expect(near?.metres).toBeCloseTo(distance(112.41, 28.55, 112.42, 28.55), 6);
    expect(nearestTown([], 0, 0)).toBeNull();
  });

  test.each([
    [3, "10 m"],
    [994, "990 m"],
    [996, "1.0 km"],
    [4321, "4.3 km"],
    [12_600, "13 km"],
  ])("%d m is said as %s", (metres, text) => {
    expect(distanceText(metres, WORDS.en)).toBe(text);
  });
});

describe("link", () => {
  test("silence makes it first doubtful, then lost, even while the stream looks open", () => {
    const heard = { open: true, startedS: 0, lastS: 100 };
    expect(judge(heard, 102)).toBe("live");
    expect(judge(heard, 103)).toBe("reconnecting");
    expect(judge(heard, 105.1)).toBe("lost");
  });

  test("a closed stream is never live", () => {
    expect(judge({ open: false, startedS: 0, lastS: 100 }, 100.5)).toBe("reconnecting");
  });

  test("before the first event it is connecting, but not for ever", () => {
    expect(judge({ open: false, startedS: 0, lastS: null }, 1)).toBe("connecting");
    expect(judge({ open: true, startedS: 0, lastS: null }, 6)).toBe("lost");
  });
});

describe("fragment", () => {
  test("a token is read from the fragment, whatever it holds", () => {
    expect(tokenInFragment("#token=a%2Bb%20c&x=1")).toBe("a+b c");
    expect(tokenInFragment("#incident=i-1")).toBeNull();
    expect(tokenInFragment("#token=")).toBeNull();
  });

  test("an incident's address leads back to it", () => {
    expect(incidentInFragment(incidentFragment("i-a b/c#1"))).toBe("i-a b/c#1");
  });
});
