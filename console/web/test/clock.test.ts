import { expect, test } from "vitest";
import { minutes, nextStep, running } from "../src/clock";
import type { Incident } from "../src/model";

const NOW = 1_000;

function red(more: Partial<Incident> = {}): Incident {
  return {
    id: "i-1", vehicle_id: "v", level: "red", state: "reported", t_opened: NOW, t_detected: NOW,
    t_updated: NOW, lon: 112, lat: 28, signals: [], history: [], outcome: null, seq: 1, stamps: [],
    clock: {
      started: NOW,
      goals: [
        { name: "signing", moment: "signed", due: NOW + 60 },
        { name: "arrival", moment: "on_scene", due: NOW + 180 },
      ],
    },
    ...more,
  };
}

test("the next deadline that can be kept is shown, and the last one when all are over", () => {
  expect(running(red(), NOW)?.goal.name).toBe("signing");
  expect(running(red(), NOW + 61)?.goal.name).toBe("arrival");
  const over = running(red(), NOW + 200);
  expect(over?.goal.name).toBe("arrival");
  expect(over?.left).toBe(-20);
  expect(over?.mood).toBe("overdue");
});

test("a stamp stops its deadline", () => {
  const signed = red({ stamps: [{ moment: "signed", t: NOW + 5 }] });
  expect(running(signed, NOW + 10)?.goal.name).toBe("arrival");
  const there = red({ stamps: [{ moment: "signed", t: 1 }, { moment: "on_scene", t: 2 }] });
  expect(running(there, NOW + 10)).toBe(null);
});

test("half and four fifths of the time are told apart", () => {
  const moods = [0, 29, 30, 47, 48, 60].map((s) => running(red(), NOW + s)?.mood);
  expect(moods).toEqual(["calm", "calm", "soon", "soon", "urgent", "urgent"]);
});

test("no clock runs below red, when it is closed, and where none was started", () => {
  expect(running(red({ level: "yellow" }), NOW)).toBe(null);
  expect(running(red({ state: "closed" }), NOW)).toBe(null);
  expect(running(red({ state: "rated" }), NOW)).toBe(null);
  expect(running(red({ clock: null }), NOW)).toBe(null);
});

test("time is minutes and seconds", () => {
  expect([0, 5.9, 60, -65, 3_725].map(minutes)).toEqual(["0:00", "0:05", "1:00", "1:05", "62:05"]);
});

test("an officer who has signed tells one thing after the other, and may leave some out", () => {
  expect(nextStep(red())).toBe(null);
  expect(nextStep(red({ state: "signed" }))).toBe("departed");
  const there = red({ state: "handling", stamps: [{ moment: "on_scene", t: 1 }] });
  expect(nextStep(there)).toBe("contained");
  const done = red({ state: "handling", stamps: [{ moment: "contained", t: 1 }] });
  expect(nextStep(done)).toBe(null);
});
