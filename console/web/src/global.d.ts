import type { DrawCounts } from "./map/vehicle_layer";

declare global {
  interface Window {
    /** What the map did, for support and for tests: read it, never write it. */
    vehicleguard?: {
      draw: Readonly<DrawCounts>;
      known: () => number;
      /** Where a place lies on the map's canvas, in CSS pixels. */
      project: (lon: number, lat: number) => [number, number];
    };
  }
}
