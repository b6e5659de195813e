import type { DrawCounts } from "./map/vehicle_layer";

declare global {
  interface Window {
    /** What the map did, for support and for tests: read it, never write it. */
    vehicleguard?: { draw: Readonly<DrawCounts>; known: () => number };
  }
}
