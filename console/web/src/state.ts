/** What the page knows, as signals: the parts of the page that show a value follow it by themselves. */

import { computed, signal } from "@preact/signals";
import { isOpen, newestFirst, type Feed } from "./feed";
import type { Vehicle } from "./fleet";
import { chooseLanguage, WORDS, type Language } from "./i18n";
import type { Link } from "./link";
import type { Theme } from "./map/palette";
import type { Status, Town } from "./model";

export type Access = "asking" | "unreachable" | "signed-out" | "signed-in";

export const access = signal<Access>("asking");
export const language = signal<Language>(
  chooseLanguage(remembered("language"), navigator.languages),
);
export const theme = signal<Theme>(chooseTheme());
export const words = computed(() => WORDS[language.value]);

export const feed = signal<Feed>(new Map());
/** Whether the list was read at least once. */
export const feedRead = signal(false);
/** Cursor of older incidents, null at the end. */
export const olderCursor = signal<string | null>(null);
export const openOnly = signal(true);
export const shown = computed(() => {
  const all = newestFirst(feed.value);
  return openOnly.value ? all.filter(isOpen) : all;
});
/** The last thing said aloud. */
export const announcement = signal("");

export const status = signal<Status | null>(null);
export const link = signal<Link>("connecting");
/** Epoch seconds on the server's clock, ticking each second. */
export const now = signal(Date.now() / 1000);
/** Epoch seconds on the server's clock when the last event came. */
export const heardAt = signal<number | null>(null);

export const towns = signal<readonly Town[]>([]);
/** Whom the map has to name for its data. */
export const credits = signal<readonly string[]>([]);
/** Rises with every delta of positions; `Fleet` itself is no signal, it is too large to compare. */
export const fleetTick = signal(0);
export const positionsFailing = signal(false);
export const mapMissing = signal(false);

export const selectedId = signal<string | null>(null);
/** The vehicle under the pointer, and the one that was clicked. */
export const hovered = signal<Vehicle | null>(null);
export const pinned = signal<Vehicle | null>(null);

/** How far the list is pulled up where it lies over the map (narrow screens). */
export type Sheet = "peek" | "half" | "full";
export const sheet = signal<Sheet>("half");

/** Whoever calls it while being drawn is drawn again with every delta of positions. */
export function followFleet(): number {
  return fleetTick.value;
}

/** Forget what only somebody signed in may see. */
export function forget(): void {
  feed.value = new Map();
  feedRead.value = false;
  olderCursor.value = null;
  announcement.value = "";
  status.value = null;
  link.value = "connecting";
  heardAt.value = null;
  towns.value = [];
  credits.value = [];
  fleetTick.value = 0;
  positionsFailing.value = false;
  selectedId.value = null;
  hovered.value = null;
  pinned.value = null;
}

export function setLanguage(value: Language): void {
  language.value = value;
  remember("language", value);
}

export function setTheme(value: Theme): void {
  theme.value = value;
  remember("theme", value);
}

function chooseTheme(): Theme {
  const known = remembered("theme");
  if (known === "dark" || known === "light") return known;
  return window.matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

function remembered(key: string): string | null {
  try {
    return localStorage.getItem(`vehicleguard.${key}`);
  } catch {
    return null; // storage is forbidden: the choice lasts as long as the page
  }
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`vehicleguard.${key}`, value);
  } catch {
    // As above.
  }
}
