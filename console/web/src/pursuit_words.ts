/** What the page says about a pursuit, in both languages. */

import type { Language } from "./i18n";

const zh = {
  title: "追踪范围",
  lastSeen: (s: number) => `最后位置：${span(s, " 秒", " 分钟", " 小时")}前`,
  byPlate: (camera: string) => `车牌由 ${camera} 识别`,
  minutes: (n: number) => `${n} 分钟`,
  camera: (id: string, s: number) => (s > 0 ? `${id} · 最早 ${s} 秒后` : `${id} · 可能已过`),
  going: (way: string, within: number) => `朝${way}（±${within}°）`,
  anyWay: "方向不明",
  within: (n: number, distance: string) => `${n} 分钟内不出 ${distance}`,
  claim: "概率 90%，按真实行程测得",
  compass: ["北", "东北", "东", "东南", "南", "西南", "西", "西北"],
};

export type PursuitWords = typeof zh;

const en: PursuitWords = {
  title: "Where it can be",
  lastSeen: (s) => `Last seen ${span(s, " s", " min", " h")} ago`,
  byPlate: (camera) => `its plate, by ${camera}`,
  minutes: (n) => `${n} min`,
  camera: (id, s) => (s > 0 ? `${id} · in ${s} s at the earliest` : `${id} · may have passed`),
  going: (way, within) => `going ${way} (±${within}°)`,
  anyWay: "direction unknown",
  within: (n, distance) => `within ${distance} after ${n} min`,
  claim: "for 90 of 100 vehicles, as measured on real trips",
  compass: ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"],
};

export const PURSUIT_WORDS: Record<Language, PursuitWords> = { zh, en };

/** The point of the compass nearest to a bearing. */
export function compassPoint(bearingDeg: number, words: PursuitWords): string {
  return words.compass[Math.round(bearingDeg / 45) % 8] ?? "";
}

function span(seconds: number, s: string, min: string, h: string): string {
  if (seconds < 120) return `${seconds}${s}`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}${min}`;
  return `${Math.floor(seconds / 3600)}${h}`;
}
