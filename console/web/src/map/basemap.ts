/**
 * The map below the vehicles: jurisdictions, fences and town names, drawn from the console's own data.
 *
 * The style names no glyph server and no sprite: MapLibre then draws text with the fonts of the
 * machine, and the page asks nobody else for anything.
 */

import type { LayerSpecification, StyleSpecification } from "maplibre-gl";
import { circle, pixelsAtZoom0 } from "../geometry";
import type { Language } from "../i18n";
import type { Town } from "../model";
import type { Palette } from "./palette";
import { PURSUIT_SOURCE, pursuitLayers } from "./pursuit_layer";

/** Vehicles are drawn below this layer, so that names stay readable among them. */
export const FIRST_LABEL_LAYER = "town-label";

const FONTS = ["PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans", "sans-serif"];

export interface BasemapOptions {
  palette: Palette;
  language: Language;
  /** Raster tile address with {z}, {x}, {y}; null for none. */
  tiles: string | null;
  attribution: string | null;
}

export type Collection = GeoJSON.FeatureCollection;

export interface BasemapData {
  areas: Collection;
  corridors: Collection;
  countyLabels: Collection;
  townLabels: Collection;
  /** Who is to be named for the data. */
  credits: string[];
}

/** Zones and towns as what the layers below draw. */
export function basemapData(
  zones: Collection,
  towns: readonly Town[],
  credits: readonly (string | null)[] = [],
): BasemapData {
  const areas: GeoJSON.Feature[] = [];
  const corridors: GeoJSON.Feature[] = [];
  const countyLabels: GeoJSON.Feature[] = [];
  for (const feature of zones.features) {
    const given = (feature.properties ?? {}) as Record<string, unknown>;
    const kind = kindOf(given);
    const { geometry } = feature;
    if (geometry.type === "Polygon" || geometry.type === "MultiPolygon") {
      areas.push({ type: "Feature", geometry, properties: { kind } });
      if (kind === "county") {
        const at = labelPoint(geometry);
        const zh = text(given["name"]) ?? text(given["name_zh"]) ?? text(given["name_en"]);
        const en = text(given["name_en"]) ?? zh;
        if (at !== null && zh !== null) countyLabels.push(point(at, { zh, en }));
      }
    } else if (geometry.type === "Point" && typeof given["radius_m"] === "number") {
      const [lon, lat] = geometry.coordinates;
      if (lon === undefined || lat === undefined) continue;
      const ring = circle(lon, lat, given["radius_m"]);
      areas.push({
        type: "Feature",
        geometry: { type: "Polygon", coordinates: [ring] },
        properties: { kind },
      });
    } else if (geometry.type === "LineString" || geometry.type === "MultiLineString") {
      const width = typeof given["width_m"] === "number" ? given["width_m"] : 0;
      const lat = firstLat(geometry);
      const properties = { kind, width0: pixelsAtZoom0(width, lat) };
      corridors.push({ type: "Feature", geometry, properties });
    }
  }
  const townLabels = towns.map((town) =>
    point([town.lon, town.lat], { zh: town.name_zh ?? town.name_en, en: town.name_en }),
  );
  return {
    areas: collection(areas),
    corridors: collection(corridors),
    countyLabels: collection(countyLabels),
    townLabels: collection(townLabels),
    credits: [...new Set(credits.filter((one) => one !== null))],
  };
}

export const NO_DATA: BasemapData = basemapData({ type: "FeatureCollection", features: [] }, []);

/** The whole style; its sources hold no data yet where `data` is `NO_DATA`. */
export function basemap(data: BasemapData, options: BasemapOptions): StyleSpecification {
  const { palette, tiles, attribution } = options;
  const raster: StyleSpecification["sources"] =
    tiles === null
      ? {}
      : {
          tiles: {
            type: "raster",
            tiles: [tiles],
            tileSize: 256,
            ...(attribution === null ? {} : { attribution }),
          },
        };
  return {
    version: 8,
    sources: {
      ...raster,
      areas: { type: "geojson", data: data.areas },
      corridors: { type: "geojson", data: data.corridors },
      "county-labels": { type: "geojson", data: data.countyLabels },
      "town-labels": { type: "geojson", data: data.townLabels },
      route: { type: "geojson", data: collection([]) },
      [PURSUIT_SOURCE]: { type: "geojson", data: collection([]) },
    },
    layers: layers(palette, options.language, tiles !== null),
  };
}

function layers(palette: Palette, language: Language, tiles: boolean): LayerSpecification[] {
  const label = {
    "text-field": ["get", language] as ["get", string],
    "text-font": FONTS,
  };
  const halo = { "text-halo-color": palette.halo, "text-halo-width": 2 };
  return [
    { id: "background", type: "background", paint: { "background-color": palette.background } },
    ...(tiles
      ? ([{ id: "tiles", type: "raster", source: "tiles" }] satisfies LayerSpecification[])
      : []),
    {
      id: "county-fill",
      type: "fill",
      source: "areas",
      filter: ["==", ["get", "kind"], "county"],
      paint: { "fill-color": palette.county, "fill-opacity": tiles ? 0.15 : 1 },
    },
    {
      id: "township-line",
      type: "line",
      source: "areas",
      filter: ["==", ["get", "kind"], "township"],
      paint: {
        "line-color": palette.townshipLine,
        "line-width": ["interpolate", ["linear"], ["zoom"], 7, 0.4, 12, 1.4],
      },
    },
    {
      id: "county-line",
      type: "line",
      source: "areas",
      filter: ["==", ["get", "kind"], "county"],
      layout: { "line-join": "round" },
      paint: {
        "line-color": palette.countyLine,
        "line-width": ["interpolate", ["linear"], ["zoom"], 6, 0.8, 12, 2.2],
      },
    },
    {
      id: "fence-fill",
      type: "fill",
      source: "areas",
      filter: ["==", ["get", "kind"], "fence"],
      paint: { "fill-color": palette.fence, "fill-opacity": 0.08 },
    },
    {
      id: "corridor",
      type: "line",
      source: "corridors",
      layout: { "line-cap": "round", "line-join": "round" },
      paint: {
        "line-color": palette.fence,
        "line-opacity": 0.16,
        // Ground width: pixels double with every zoom.
        "line-width": [
          "interpolate",
          ["exponential", 2],
          ["zoom"],
          0,
          ["get", "width0"],
          24,
          ["*", ["get", "width0"], 2 ** 24],
        ],
      },
    },
    {
      id: "fence-line",
      type: "line",
      source: "areas",
      filter: ["==", ["get", "kind"], "fence"],
      paint: {
        "line-color": palette.fenceLine,
        "line-opacity": 0.6,
        "line-width": 1.2,
        "line-dasharray": [3, 2.5],
      },
    },
    ...pursuitLayers(palette, FONTS),
    {
      id: "route",
      type: "line",
      source: "route",
      layout: { "line-cap": "round" },
      paint: {
        "line-color": palette.route,
        "line-width": 2,
        "line-opacity": 0.75,
        "line-dasharray": [0.2, 2.4],
      },
    },
    {
      id: "route-start",
      type: "circle",
      source: "route",
      filter: ["==", ["geometry-type"], "Point"],
      paint: {
        "circle-radius": 4.5,
        "circle-color": palette.background,
        "circle-stroke-color": palette.route,
        "circle-stroke-width": 2,
      },
    },
    {
      id: FIRST_LABEL_LAYER,
      type: "symbol",
      source: "town-labels",
      minzoom: 8.6,
      layout: {
        ...label,
        "text-size": ["interpolate", ["linear"], ["zoom"], 9, 11, 13, 14],
        "text-padding": 6,
      },
      paint: { "text-color": palette.townLabel, ...halo },
    },
    {
      id: "county-label",
      type: "symbol",
      source: "county-labels",
      maxzoom: 12,
      layout: {
        ...label,
        "text-size": ["interpolate", ["linear"], ["zoom"], 6, 12, 10, 17],
        "text-letter-spacing": 0.08,
        "text-padding": 4,
      },
      paint: { "text-color": palette.countyLabel, ...halo },
    },
  ];
}

/** What is the smallest box around all areas and towns, [w, s, e, n]; null around nothing. */
export function boundsOf(data: BasemapData): [number, number, number, number] | null {
  let [w, s, e, n] = [Infinity, Infinity, -Infinity, -Infinity];
  const visit = (position: GeoJSON.Position): void => {
    const [lon = 0, lat = 0] = position;
    w = Math.min(w, lon);
    e = Math.max(e, lon);
    s = Math.min(s, lat);
    n = Math.max(n, lat);
  };
  for (const { geometry } of data.areas.features) {
    if (geometry.type === "Polygon") geometry.coordinates.flat().forEach(visit);
    if (geometry.type === "MultiPolygon") geometry.coordinates.flat(2).forEach(visit);
  }
  if (w > e) {
    for (const { geometry } of data.townLabels.features)
      if (geometry.type === "Point") visit(geometry.coordinates);
  }
  return w > e ? null : [w, s, e, n];
}

function kindOf(properties: Record<string, unknown>): "county" | "township" | "fence" {
  if (properties["role"] === "fence") return "fence";
  if (typeof properties["radius_m"] === "number") return "fence";
  return properties["level"] === "township" ? "township" : "county";
}

/** The middle of the largest ring's box: good enough for a name, and never needs a library. */
function labelPoint(geometry: GeoJSON.Polygon | GeoJSON.MultiPolygon): [number, number] | null {
  const rings = geometry.type === "Polygon" ? [geometry.coordinates[0]] : geometry.coordinates.map((p) => p[0]);
  let best: [number, number] | null = null;
  let largest = 0;
  for (const ring of rings) {
    const found = ring === undefined ? null : centroid(ring);
    if (found !== null && found.area >= largest) {
      largest = found.area;
      best = found.at;
    }
  }
  return best;
}

/** Centroid and area (square degrees) of a closed ring, by the shoelace formula. */
function centroid(ring: GeoJSON.Position[]): { at: [number, number]; area: number } | null {
  let twice = 0;
  let cx = 0;
  let cy = 0;
  const [ox = 0, oy = 0] = ring[0] ?? [];
  for (let i = 0; i + 1 < ring.length; i += 1) {
    const [x1 = 0, y1 = 0] = ring[i] ?? [];
    const [x2 = 0, y2 = 0] = ring[i + 1] ?? [];
    const cross = (x1 - ox) * (y2 - oy) - (x2 - ox) * (y1 - oy);
    twice += cross;
    cx += (x1 + x2 - 2 * ox) * cross;
    cy += (y1 + y2 - 2 * oy) * cross;
  }
  if (twice === 0) return null;
  return { at: [ox + cx / (3 * twice), oy + cy / (3 * twice)], area: Math.abs(twice / 2) };
}

function firstLat(geometry: GeoJSON.LineString | GeoJSON.MultiLineString): number {
  const position =
    geometry.type === "LineString" ? geometry.coordinates[0] : geometry.coordinates[0]?.[0];
  return position?.[1] ?? 0;
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function point(at: [number, number], properties: GeoJSON.GeoJsonProperties): GeoJSON.Feature {
  return { type: "Feature", geometry: { type: "Point", coordinates: at }, properties };
}

function collection(features: GeoJSON.Feature[]): Collection {
  return { type: "FeatureCollection", features };
}
