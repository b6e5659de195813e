/** The values of a signal's evidence as text; a number's unit stands at the end of its key. */

import type { Words } from "./i18n";

export function evidenceText(key: string, value: unknown, words: Words): string {
  if (Array.isArray(value)) {
    return value.map((one) => listed(key, String(one), words)).join(words.comma);
  }
  if (typeof value === "number") return numberText(key, value, words);
  if (typeof value === "string") {
    // ids and names may be spelt like a word
    return NAMES.has(key) ? value : (words.evidenceValues[value] ?? value);
  }
  return JSON.stringify(value);
}

const NAMES = new Set(["plate", "camera", "rule", "rule_name", "zone", "zone_name"]);

function listed(key: string, one: string, words: Words): string {
  if (key === "alarms") return words.alarms[one] ?? one;
  if (key === "kinds" || key === "because") return words.because[one] ?? one;
  return one;
}

function numberText(key: string, value: number, words: Words): string {
  if (key === "hour") return words.oClock(Math.round(value));
  if (key === "usual_share") return `${Math.round(value * 100)}%`;
  if (key.endsWith("_mps")) return words.speedUnit((value * 3.6).toFixed(0));
  if (key.endsWith("_kmh")) return words.speedUnit(value.toFixed(0));
  if (key.endsWith("_m")) {
    return value < 1000
      ? words.metres(Math.round(value))
      : words.kilometres((value / 1000).toFixed(1));
  }
  if (key.endsWith("_s")) return durationText(value, words);
  return value.toLocaleString(words.htmlLang);
}

function durationText(seconds: number, words: Words): string {
  if (seconds < 120) return words.secondsLong(Math.round(seconds));
  if (seconds < 7200) return words.minutesLong(Math.round(seconds / 60));
  return words.hoursLong((seconds / 3600).toFixed(1));
}
