import { describe, expect, test } from "vitest";
import { chooseLanguage, explain, WORDS } from "../src/i18n";
import { ago, ServerClock } from "../src/time";

/** Paths of everything that is not an object, with its kind. */
function leaves(value: unknown, path = ""): Map<string, string> {
  const found = new Map<string, string>();
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    found.set(path, Array.isArray(value) ? "list" : typeof value);
    return found;
  }
  for (const [key, inner] of Object.entries(value))
    for (const [at, kind] of leaves(inner, `${path}.${key}`)) found.set(at, kind);
  return found;
}

describe("words", () => {
  test("both languages say the same things", () => {
    expect([...leaves(WORDS.en)].sort()).toEqual([...leaves(WORDS.zh)].sort());
  });

  test("no text is empty, and no Chinese text was left in English", () => {
    const sameInBoth = new Set([".otherLanguage", ".otherLanguageName"]);
    for (const [path, kind] of leaves(WORDS.zh)) {
      if (kind !== "string" || sameInBoth.has(path)) continue;
      const text = path
        .slice(1)
        .split(".")
        .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], WORDS.zh);
      if (path === ".htmlLang") continue;
      expect(text, path).toMatch(/[\u3000-\u9fff\uff00-\uffef]/u);
    }
  });

  test("the remembered language wins, then the reader's first that is spoken, then English", () => {
    expect(chooseLanguage("en", ["zh-CN"])).toBe("en");
    expect(chooseLanguage(null, ["fr", "zh-TW", "en"])).toBe("zh");
    expect(chooseLanguage("xx", ["en-GB"])).toBe("en");
    expect(chooseLanguage(null, ["fr"])).toBe("en");
  });

  test("machine reasons are said in words where they are known", () => {
    const reason = "left_fence: 312 m from where it was parked, out of zone depot, ignition off, new thing 7";
    expect(explain(reason, WORDS.zh)).toEqual({
      kind: "驶出停放围栏",
      text: "距停放处 312 米，驶出围栏 depot，点火关闭，new thing 7",
    });
    expect(explain(reason, WORDS.en).text).toBe(reason.slice("left_fence: ".length));
  });

  test("a reason of an unknown kind is shown as given", () => {
    expect(explain("towed: 3 m up", WORDS.zh)).toEqual({ kind: null, text: "towed: 3 m up" });
    expect(explain("人工上报", WORDS.en)).toEqual({ kind: null, text: "人工上报" });
  });
});

describe("ago", () => {
  test.each([
    [-5, "just now"],
    [2.9, "just now"],
    [3, "3 s ago"],
    [59.9, "59 s ago"],
    [60, "1 min ago"],
    [3599, "59 min ago"],
    [3600, "1 h ago"],
    [86_399, "23 h ago"],
    [86_400, "1 day ago"],
    [200_000, "2 days ago"],
  ])("%d s is %s", (seconds, text) => {
    expect(ago(seconds, WORDS.en)).toBe(text);
  });
});

describe("server clock", () => {
  test("it follows the server, not the reader's wrong clock", () => {
    let steady = 1000;
    const clock = new ServerClock(() => steady, () => 5_000);
    expect(clock.now()).toBe(5);
    clock.learn(1_700_000_000);
    steady += 2500;
    expect(clock.now()).toBe(1_700_000_002.5);
  });
});
