/** Levels and vehicles as shapes: never by colour alone. */

import type { JSX } from "preact";
import type { Level } from "../model";

const SHAPES: Record<Level, JSX.Element> = {
  blue: <circle cx="12" cy="12" r="9" />,
  yellow: <path d="M12 2.6 22 20.4H2z" stroke-linejoin="round" />,
  red: <path d="M12 1.6 22.4 12 12 22.4 1.6 12z" stroke-linejoin="round" />,
};

/** The level's shape; it has no text of its own, so a word stands beside it. */
export function LevelMark({ level, size = 24 }: { level: Level; size?: number }) {
  return (
    <svg
      class={`mark mark-${level}`}
      data-shape={level === "blue" ? "circle" : level === "yellow" ? "triangle" : "diamond"}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      aria-hidden="true"
    >
      {SHAPES[level]}
    </svg>
  );
}

type IconName = "back" | "target" | "plus" | "minus" | "sun" | "moon" | "out" | "chevron" | "close";

const ICONS: Record<IconName, string> = {
  back: "M15 5l-7 7 7 7",
  target: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M4.9 4.9l1.8 1.8M17.3 17.3l1.8 1.8M4.9 19.1l1.8-1.8M17.3 6.7l1.8-1.8",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  out: "M14 4h5v16h-5M4 12h11M11 8l4 4-4 4",
  chevron: "M6 15l6-6 6 6",
  close: "M6 6l12 12M18 6L6 18",
};

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <path d={ICONS[name]} />
    </svg>
  );
}

/** How the map draws an ordinary vehicle, for the legend. */
export function VehicleMark({ kind }: { kind: "parked" | "moving" | "armed" | "stale" }) {
  return (
    <svg class={`vehicle-mark vehicle-${kind}`} width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
      {kind === "moving" ? (
        <path d="M10 3l5 13.5-5-3.2-5 3.2z" />
      ) : (
        <circle cx="10" cy="10" r="4.5" />
      )}
      {kind === "armed" && <circle class="ring" cx="10" cy="10" r="8" />}
    </svg>
  );
}
