/** Which town something is near. */

import { distance } from "./geometry";
import type { Words, Language } from "./i18n";
import type { Town } from "./model";

/** The nearest town and how far its centre is in metres; null where no town is known. */
export function nearestTown(
  towns: readonly Town[],
  lon: number,
  lat: number,
): { town: Town; metres: number } | null {
  const squeeze = Math.cos((lat * Math.PI) / 180);
  let best: Town | null = null;
  let bestSquared = Infinity;
  for (const town of towns) {
    const squared = ((town.lon - lon) * squeeze) ** 2 + (town.lat - lat) ** 2;
    if (squared < bestSquared) {
      bestSquared = squared;
      best = town;
    }
  }
  return best === null ? null : { town: best, metres: distance(lon, lat, best.lon, best.lat) };
}

export function townName(town: Town, language: Language): string {
  return language === "zh" ? (town.name_zh ?? town.name_en) : town.name_en;
}

/** A distance for people: to 10 m below a kilometre, to 0.1 km below ten, else whole kilometres. */
export function distanceText(metres: number, words: Words): string {
  if (metres < 995) return words.metres(Math.max(10, Math.round(metres / 10) * 10));
  return words.kilometres((metres / 1000).toFixed(metres < 9950 ? 1 : 0));
}
