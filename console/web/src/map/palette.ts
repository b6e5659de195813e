/** The map's colours; the rest of the page takes its own from `style/tokens.css`. */

export type Theme = "dark" | "light";

/** Red, green, blue, 0..1. */
export type Rgb = readonly [number, number, number];

export interface Palette {
  background: string;
  county: string;
  countyLine: string;
  townshipLine: string;
  fence: string;
  fenceLine: string;
  countyLabel: string;
  townLabel: string;
  halo: string;
  route: string;
  parked: Rgb;
  moving: Rgb;
  unknown: Rgb;
  armed: Rgb;
  outline: Rgb;
  levels: readonly [Rgb, Rgb, Rgb];
}

function rgb(hex: string): Rgb {
  const n = Number.parseInt(hex.slice(1), 16);
  return [(n >> 16) / 255, ((n >> 8) & 255) / 255, (n & 255) / 255];
}

export const PALETTES: Record<Theme, Palette> = {
  dark: {
    background: "#0a0f15",
    county: "#111a24",
    countyLine: "#3b4f63",
    townshipLine: "#22303f",
    fence: "#4cc9c0",
    fenceLine: "#58d6cd",
    countyLabel: "#e3ebf2",
    townLabel: "#c2d0dc",
    halo: "#0a0f15",
    route: "#ffffff",
    parked: rgb("#6f8499"),
    moving: rgb("#4cc9c0"),
    unknown: rgb("#56687a"),
    armed: rgb("#a8c4dc"),
    outline: rgb("#ffffff"),
    levels: [rgb("#3d95f5"), rgb("#f5c02e"), rgb("#f5484f")],
  },
  light: {
    background: "#e6ecf1",
    county: "#f7f9fb",
    countyLine: "#8fa3b5",
    townshipLine: "#d3dde5",
    fence: "#0b7a75",
    fenceLine: "#0b7a75",
    countyLabel: "#1b2c3b",
    townLabel: "#33475a",
    halo: "#f7f9fb",
    route: "#13202c",
    parked: rgb("#8899a9"),
    moving: rgb("#0b8f86"),
    unknown: rgb("#aab6c1"),
    armed: rgb("#46627c"),
    outline: rgb("#13202c"),
    levels: [rgb("#1d6fe0"), rgb("#f2b200"), rgb("#d81f2d")],
  },
};
