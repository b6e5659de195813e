import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { evidenceText } from "../src/evidence";
import { chooseLanguage, explain, reasonOf, WORDS } from "../src/i18n";
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
      kind: "离开停放地",
      text: "距停放处 312 米，驶出围栏 depot，点火关闭，new thing 7",
    });
    expect(explain(reason, WORDS.en).text).toBe(reason.slice("left_fence: ".length));
  });

  test("a reason of an unknown kind is shown as given", () => {
    expect(explain("floated: 3 m up", WORDS.zh)).toEqual({ kind: null, text: "floated: 3 m up" });
    expect(explain("人工上报", WORDS.en)).toEqual({ kind: null, text: "人工上报" });
  });
});

describe("signals", () => {
  const source = readFileSync(new URL("../../../streams/signal.py", import.meta.url), "utf-8");
  const kinds = [...source.matchAll(/^ {4}[A-Z_]+ = "([a-z_]+)"$/gm)].map((match) => match[1] ?? "");

  test("every kind that can be raised has words in both languages", () => {
    expect(kinds).toContain("left_fence");
    for (const words of [WORDS.zh, WORDS.en])
      expect(kinds.filter((kind) => !words.kinds[kind])).toEqual([]);
  });

  test("a reason is said in the page's language, and as it is where there is but one", () => {
    const both = { reason: "Left its place, 230 m by now", reason_zh: "离开停放地 230 米" };
    expect(reasonOf(both, "zh")).toBe("离开停放地 230 米");
    expect(reasonOf(both, "en")).toBe("Left its place, 230 m by now");
    const old = { reason: "left_fence: ignition off" };
    expect(reasonOf(old, "zh")).toBe("离开停放地 · 点火关闭");
    expect(reasonOf({ ...old, reason_zh: old.reason }, "zh")).toBe("离开停放地 · 点火关闭");
  });

  test.each([
    ["distance_m", 230.4, "230 米", "230 m"],
    ["apart_m", 12_345, "12.3 公里", "12.3 km"],
    ["needed_mps", 100, "360 公里/时", "360 km/h"],
    ["speed_kmh", 61.2, "61 公里/时", "61 km/h"],
    ["silent_s", 40, "40 秒", "40 s"],
    ["usual_s", 600, "10 分钟", "10 min"],
    ["silent_s", 9000, "2.5 小时", "2.5 h"],
    ["hour", 3, "3 时", "03:00"],
    ["usual_share", 0.02, "2%", "2%"],
    ["alarms", ["tamper", "antenna"], "拆动，天线异常", "tampering, antenna"],
    ["kinds", ["place", "tamper"], "位置，拆动", "place, tampering"],
    ["others", ["on", "off"], "on，off", "on, off"],
    ["ignition", "off", "关闭", "off"],
    ["plate", "on", "on", "on"],
  ])("%s %s is %s or %s", (key, value, zh, en) => {
    expect(evidenceText(key, value, WORDS.zh)).toBe(zh);
    expect(evidenceText(key, value, WORDS.en)).toBe(en);
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
