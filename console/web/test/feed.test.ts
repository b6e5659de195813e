import { describe, expect, test } from "vitest";
import { isOpen, merge, newestFirst, newlyRed, type Feed } from "../src/feed";
import type { Incident } from "../src/model";

function incident(id: string, seq: number, more: Partial<Incident> = {}): Incident {
  return {
    id,
    vehicle_id: `car-${id}`,
    level: "blue",
    state: "reported",
    t_opened: 100,
    t_detected: 100,
    t_updated: 100,
    lon: 112.3,
    lat: 28.6,
    signals: [],
    history: [],
    outcome: null,
    seq,
    ...more,
  };
}

const empty: Feed = new Map();

describe("feed", () => {
  test("the same event twice changes nothing", () => {
    const once = merge(empty, [incident("a", 1)]);
    expect(merge(once, [incident("a", 1)])).toBe(once);
  });

  test("an older version never replaces a newer one", () => {
    const now = merge(empty, [incident("a", 5, { level: "red" })]);
    expect(merge(now, [incident("a", 3)]).get("a")?.level).toBe("red");
  });

  test("the order in which versions arrive does not matter", () => {
    const versions = [incident("a", 1), incident("b", 2), incident("a", 3, { state: "closed" })];
    const forth = newestFirst(merge(empty, versions));
    const back = newestFirst(merge(empty, [...versions].reverse()));
    expect(forth).toEqual(back);
    expect(forth.filter(isOpen).map(({ id }) => id)).toEqual(["b"]);
  });

  test("newest first, and an update does not move an incident up", () => {
    const feed = merge(empty, [
      incident("old", 1, { t_detected: 10 }),
      incident("new", 2, { t_detected: 20 }),
      incident("old", 3, { t_detected: 10, t_updated: 30 }),
    ]);
    expect(newestFirst(feed).map(({ id }) => id)).toEqual(["new", "old"]);
  });

  test("an incident is said aloud when it becomes red, once", () => {
    const before = merge(empty, [incident("a", 1)]);
    const after = merge(before, [incident("a", 2, { level: "red" }), incident("b", 3)]);
    expect(newlyRed(before, after).map(({ id }) => id)).toEqual(["a"]);
    const later = merge(after, [incident("a", 4, { level: "red", state: "signed" })]);
    expect(newlyRed(after, later)).toEqual([]);
  });
});
