/** Geometry of the map: Web Mercator, true circles and lines, distances.  Degrees are WGS-84. */

const EARTH_RADIUS_M = 6_371_008.8; // mean radius, IUGG
const EQUATOR_M = 40_075_016.686; // circumference of the Web Mercator sphere
const RAD = Math.PI / 180;

/** Mercator x in 0..1 of a longitude. */
export function mercatorX(lon: number): number {
  return (180 + lon) / 360;
}

/** Mercator y in 0..1 (0 = north) of a latitude. */
export function mercatorY(lat: number): number {
  const clamped = Math.max(-85.0511, Math.min(85.0511, lat));
  return (180 - (180 / Math.PI) * Math.log(Math.tan(Math.PI / 4 + (clamped * RAD) / 2))) / 360;
}

/** Great-circle distance in metres (haversine). */
export function distance(lon1: number, lat1: number, lon2: number, lat2: number): number {
  const dLat = (lat2 - lat1) * RAD;
  const dLon = (lon2 - lon1) * RAD;
  const h =
    Math.sin(dLat / 2) ** 2 +
    Math.cos(lat1 * RAD) * Math.cos(lat2 * RAD) * Math.sin(dLon / 2) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Closed ring of `steps` + 1 points at `radiusM` metres around a point (spherical direct formula). */
export function circle(lon: number, lat: number, radiusM: number, steps = 96): [number, number][] {
  const d = radiusM / EARTH_RADIUS_M;
  const sinLat = Math.sin(lat * RAD);
  const cosLat = Math.cos(lat * RAD);
  const ring: [number, number][] = [];
  for (let i = 0; i < steps; i += 1) {
    const bearing = (i / steps) * 2 * Math.PI;
    const sinLat2 = sinLat * Math.cos(d) + cosLat * Math.sin(d) * Math.cos(bearing);
    const lon2 =
      lon * RAD +
      Math.atan2(Math.sin(bearing) * Math.sin(d) * cosLat, Math.cos(d) - sinLat * sinLat2);
    ring.push([lon2 / RAD, Math.asin(sinLat2) / RAD]);
  }
  const first = ring[0];
  if (first !== undefined) ring.push(first);
  return ring;
}

/** Width in pixels at zoom 0 of `metres` on the ground at a latitude; it doubles with each zoom. */
export function pixelsAtZoom0(metres: number, lat: number): number {
  return (metres * 512) / (EQUATOR_M * Math.cos(lat * RAD));
}
