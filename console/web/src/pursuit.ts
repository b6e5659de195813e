/** Where a stolen vehicle can be, as the API says it and as the map draws it. */

import type { PursuitWords } from "./pursuit_words";

export interface PursuitSector {
  horizon_s: number;
  probability: number;
  bearing_deg: number | null;
  half_width_deg: number;
  outer_m: number;
  ring: [number, number][];
}

export interface PursuitCamera {
  id: string;
  lon: number;
  lat: number;
  earliest_s: number;
}

export interface PursuitRoads {
  horizon_s: number;
  lines: [number, number][][];
  gates: [number, number][];
}

export interface Pursuit {
  incident_id: string;
  now: number;
  last_seen: { t: number; lon: number; lat: number; by: "fix" | "plate"; camera: string | null };
  direction_deg: number | null;
  direction_within_deg: number;
  speed_mps: number | null;
  sectors: PursuitSector[];
  cameras: PursuitCamera[];
  roads: PursuitRoads[];
}

export const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

/** More cameras than this hide the roads that they hang at. */
const MOST_CAMERAS = 30;

/** The share of the outlined sectors; those that are likelier are only filled. */
export const OUTLINED = 0.9;

/** How long ago the vehicle was last seen, in whole seconds by the server's clock. */
export function age(pursuit: Pursuit, now: number): number {
  return Math.max(0, Math.floor(now - pursuit.last_seen.t));
}

/** What the map draws of it; `kind` tells the layers which feature is theirs. */
export function drawing(
  pursuit: Pursuit,
  now: number,
  words: PursuitWords,
): GeoJSON.FeatureCollection {
  const features: GeoJSON.Feature[] = [];
  // The widest first, so that the nearest lies on top.
  for (const sector of [...pursuit.sectors].reverse()) {
    const outlined = sector.probability >= OUTLINED;
    features.push({
      type: "Feature",
      properties: { kind: "sector", outlined, horizon: sector.horizon_s },
      geometry: { type: "Polygon", coordinates: [sector.ring] },
    });
    const at = outlined ? farthest(sector, pursuit) : null;
    if (at !== null) features.push(point(at, { kind: "name", text: words.minutes(sector.horizon_s / 60) }));
  }
  for (const { horizon_s, lines, gates } of pursuit.roads) {
    if (lines.length > 0)
      features.push({
        type: "Feature",
        properties: { kind: "road", horizon: horizon_s },
        geometry: { type: "MultiLineString", coordinates: lines },
      });
    for (const gate of gates) features.push(point(gate, { kind: "gate", horizon: horizon_s }));
  }
  for (const { id, lon, lat, earliest_s } of pursuit.cameras.slice(0, MOST_CAMERAS))
    features.push(point([lon, lat], { kind: "camera", text: words.camera(id, Math.round(earliest_s)) }));
  const { lon, lat } = pursuit.last_seen;
  features.push(point([lon, lat], { kind: "seen", text: words.lastSeen(age(pursuit, now)) }));
  return { type: "FeatureCollection", features };
}

/** The corner of a sector in its own direction, north where it has none. */
function farthest(sector: PursuitSector, { last_seen }: Pursuit): GeoJSON.Position | null {
  const bearing = ((sector.bearing_deg ?? 0) * Math.PI) / 180;
  const shrink = Math.cos((last_seen.lat * Math.PI) / 180);
  let best: GeoJSON.Position | null = null;
  let most = -Infinity;
  for (const [lon, lat] of sector.ring) {
    const along =
      (lon - last_seen.lon) * shrink * Math.sin(bearing) + (lat - last_seen.lat) * Math.cos(bearing);
    if (along > most) [best, most] = [[lon, lat], along];
  }
  return best;
}

function point(at: GeoJSON.Position, properties: GeoJSON.GeoJsonProperties): GeoJSON.Feature {
  return { type: "Feature", properties, geometry: { type: "Point", coordinates: at } };
}
