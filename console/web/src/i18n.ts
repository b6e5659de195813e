/** Which language the page speaks, and how a machine's reason is said in it. */

import type { LevelChange } from "./model";
import { en } from "./words_en";
import { zh, type Words } from "./words_zh";

export type { Words } from "./words_zh";

export type Language = "zh" | "en";

export const WORDS: Record<Language, Words> = { zh, en };

/** The language remembered, else the first the reader asked for that the page speaks, else English. */
export function chooseLanguage(remembered: string | null, wanted: readonly string[]): Language {
  if (remembered === "zh" || remembered === "en") return remembered;
  for (const tag of wanted) {
    const primary = tag.toLowerCase().split("-")[0];
    if (primary === "zh" || primary === "en") return primary;
  }
  return "en";
}

/** Why, in the page's language; a ledger from before there was Chinese gives what it has. */
export function reasonOf(
  why: Pick<LevelChange, "reason" | "reason_zh">,
  language: Language,
): string {
  const text = language === "zh" ? why.reason_zh || why.reason : why.reason;
  const { kind, text: rest } = explain(text, WORDS[language]);
  return [kind, rest].filter((part) => part !== null && part !== "").join(" · ");
}

/**
 * A machine reason of an older ledger, such as `left_fence: 312 m from where it was parked`: its kind in words, and the
 * rest in words where they are known, else as given.
 */
export function explain(reason: string, words: Words): { kind: string | null; text: string } {
  const match = /^([a-z][a-z0-9_]*)(?::\s*(.*))?$/s.exec(reason);
  const known = match?.[1] === undefined ? undefined : words.kinds[match[1]];
  if (known === undefined) return { kind: null, text: reason };
  const parts = (match?.[2] ?? "").split(", ").filter((part) => part !== "");
  return { kind: known, text: parts.map((part) => phrase(part, words)).join(words.comma) };
}

function phrase(part: string, words: Words): string {
  for (const [pattern, say] of words.phrases) {
    const match = pattern.exec(part);
    if (match !== null) return say(match[1] ?? "");
  }
  return part;
}
