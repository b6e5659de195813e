/** The layers of a pursuit: sectors, roads within reach, ways out, cameras, and when it was seen. */

import type { LayerSpecification } from "maplibre-gl";
import type { Palette, Rgb } from "./palette";

export const PURSUIT_SOURCE = "pursuit";

/** The layers over the source `pursuit`; `fonts` is what the map's other names are set in. */
export function pursuitLayers(palette: Palette, fonts: string[]): LayerSpecification[] {
  const red = css(palette.levels[2]);
  const halo = { "text-halo-color": palette.halo, "text-halo-width": 2 };
  const text = { "text-field": ["get", "text"] as ["get", string], "text-font": fonts };
  const kind = (name: string): ["==", ["get", "kind"], string] => ["==", ["get", "kind"], name];
  return [
    {
      id: "pursuit-fill",
      type: "fill",
      source: PURSUIT_SOURCE,
      filter: kind("sector"),
      paint: { "fill-color": red, "fill-opacity": 0.07 },
    },
    {
      id: "pursuit-line",
      type: "line",
      source: PURSUIT_SOURCE,
      filter: ["all", kind("sector"), ["get", "outlined"]],
      layout: { "line-join": "round" },
      paint: { "line-color": red, "line-width": 1.6, "line-opacity": 0.8 },
    },
    {
      id: "pursuit-road",
      type: "line",
      source: PURSUIT_SOURCE,
      filter: kind("road"),
      layout: { "line-cap": "round", "line-join": "round" },
      paint: {
        "line-color": red,
        "line-width": ["interpolate", ["linear"], ["zoom"], 9, 1, 14, 3.5],
        "line-opacity": ["interpolate", ["linear"], ["get", "horizon"], 60, 0.9, 300, 0.35],
      },
    },
    {
      id: "pursuit-gate",
      type: "circle",
      source: PURSUIT_SOURCE,
      filter: kind("gate"),
      minzoom: 10,
      paint: {
        "circle-radius": 4,
        "circle-color": palette.background,
        "circle-stroke-color": red,
        "circle-stroke-width": 2,
      },
    },
    {
      id: "pursuit-camera",
      type: "circle",
      source: PURSUIT_SOURCE,
      filter: kind("camera"),
      paint: {
        "circle-radius": 5,
        "circle-color": palette.route,
        "circle-stroke-color": palette.background,
        "circle-stroke-width": 2,
      },
    },
    {
      id: "pursuit-camera-name",
      type: "symbol",
      source: PURSUIT_SOURCE,
      filter: kind("camera"),
      minzoom: 12,
      layout: { ...text, "text-size": 12, "text-anchor": "left", "text-offset": [0.9, 0] },
      paint: { "text-color": palette.townLabel, ...halo },
    },
    {
      id: "pursuit-name",
      type: "symbol",
      source: PURSUIT_SOURCE,
      filter: kind("name"),
      layout: { ...text, "text-size": 14, "text-allow-overlap": true },
      paint: { "text-color": red, ...halo },
    },
    {
      id: "pursuit-seen",
      type: "symbol",
      source: PURSUIT_SOURCE,
      filter: kind("seen"),
      layout: {
        ...text,
        "text-size": 14,
        "text-anchor": "top",
        "text-offset": [0, 1.4],
        "text-allow-overlap": true,
      },
      paint: { "text-color": palette.countyLabel, ...halo },
    },
  ];
}

function css([r, g, b]: Rgb): string {
  return `rgb(${[r, g, b].map((part) => Math.round(part * 255)).join(",")})`;
}
