/**
 * Every word the page says, in both languages.  `en` is typed by `zh`: a missing key does not
 * compile.
 */

import type { IncidentState, Level, LevelChange, Outcome, Step, Word } from "./model";
import { enVocabulary, zhVocabulary } from "./vocabulary";

export type Language = "zh" | "en";

/** How a part of a machine reason is said; the pattern's first group is handed on. */
type Phrase = readonly [pattern: RegExp, say: (captured: string) => string];

const level: Record<Level, string> = { blue: "蓝色", yellow: "黄色", red: "红色" };
const state: Record<IncidentState, string> = {
  reported: "待签收",
  accepted: "已受理",
  assigned: "已分派",
  signed: "已签收",
  handling: "处置中",
  feedback: "已反馈",
  closed: "已结案",
  rated: "已评价",
};
const goals: Record<string, string> = {
  arrival: "到场",
  signing: "签收",
  containment: "控制",
  station: "派出所到场",
  district: "县区警力到场",
  city: "市级警力到场",
};
const outcome: Record<Outcome, string> = {
  recovered: "已找回",
  not_found: "未找到",
  false_alarm: "误报",
  merged: "并入另一起",
};

const zh = {
  htmlLang: "zh-CN",
  product: "行车卫士",
  otherLanguage: "EN",
  otherLanguageName: "Switch to English",
  themeDark: "深色",
  themeLight: "浅色",
  themeToDark: "切换到深色",
  themeToLight: "切换到浅色",
  signOut: "退出",
  simulated: "模拟数据",
  simulatedLong: "模拟数据 · 画面中的车辆与警情均非真实",
  skipToFeed: "跳到警情列表",

  live: "实时",
  liveLag: (seconds: string) => `实时 · 数据延迟 ${seconds} 秒`,
  brokerDown: "已连接 · 终端消息中断",
  connecting: "正在连接…",
  reconnecting: "正在重新连接…",
  lost: "连接已断开",
  lostSince: (time: string, ago: string) => `连接已断开 — 画面停留在 ${time}（${ago}），正在重试`,
  behind: (seconds: string) => `数据延迟 ${seconds} 秒`,
  apiDown: "无法连接服务器",
  apiDownHelp: "正在自动重试，无需刷新页面。",

  vehicles: "车辆",
  fixesPerSecond: "定位/秒",
  rejects: "拒收",
  openByLevel: "未结警情",

  level,
  levelShort: { blue: "蓝", yellow: "黄", red: "红" } as Record<Level, string>,
  levelAlarm: { blue: "蓝色警情", yellow: "黄色警情", red: "红色警情" } as Record<Level, string>,
  state,
  outcome,

  incidents: "警情",
  showOpen: "未结",
  showAll: "全部",
  allQuiet: "当前没有警情",
  allQuietHelp: "新的警情会自动出现在这里。",
  noneYet: "还没有任何警情记录",
  loading: "正在加载…",
  older: "显示更早的警情",
  opensAt: (place: string) => `在地图上查看 ${place}`,
  expandSheet: "展开列表",
  collapseSheet: "收起列表",

  near: (town: string, km: string) => `${town}附近 · ${km}`,
  metres: (n: number) => `${n} 米`,
  kilometres: (n: string) => `${n} 公里`,
  lastFix: (ago: string) => `最后定位 ${ago}`,
  noFix: "尚无定位",
  justNow: "刚刚",
  secondsAgo: (n: number) => `${n} 秒前`,
  minutesAgo: (n: number) => `${n} 分钟前`,
  hoursAgo: (n: number) => `${n} 小时前`,
  daysAgo: (n: number) => `${n} 天前`,

  ...zhVocabulary,

  comma: "，",
  phrases: [
    [/^([\d.]+) m from where it was parked$/, (m) => `距停放处 ${m} 米`],
    [/^([\d.]+) km\/h$/, (v) => `时速 ${v} 公里`],
    [/^out of zone (.+)$/, (zone) => `驶出围栏 ${zone}`],
    [/^ignition on$/, () => "点火开启"],
    [/^ignition off$/, () => "点火关闭"],
    [/^armed by itself$/, () => "自动设防"],
    [/^enter (.+)$/, (zone) => `驶入 ${zone}`],
    [/^exit (.+)$/, (zone) => `驶出 ${zone}`],
    [/^inside (.+)$/, (zone) => `位于 ${zone}`],
    [/^outside$/, () => "位于区域之外"],
    [/^cross (.+)$/, (zone) => `穿过 ${zone}`],
    [/^dwell (.+)$/, (zone) => `滞留于 ${zone}`],
    [/^approach (.+)$/, (zone) => `接近 ${zone}`],
    [/^speeding (.+)$/, (zone) => `超速：${zone}`],
    [/^stayed (\d+) min$/, (n) => `已停留 ${n} 分钟`],
  ] as readonly Phrase[],
  strength: "强度",
  score: (n: string) => `得分 ${n}`,
  secondsLong: (n: number) => `${n} 秒`,
  minutesLong: (n: number) => `${n} 分钟`,
  hoursLong: (n: string) => `${n} 小时`,
  oClock: (n: number) => `${n} 时`,

  vehicle: "车辆",
  back: "返回列表",
  close: "关闭",
  opened: "发生",
  detected: "发现",
  updated: "更新",
  position: "发生地",
  vehicleNow: "车辆现在",
  timeline: "经过",
  raisedTo: (levelName: string) => `升为${levelName}`,
  loweredTo: (levelName: string) => `降为${levelName}`,
  openedAs: (levelName: string) => `立案，${levelName}`,
  actions: {
    opened: "立案",
    joined: "并入新信号",
    raised: "升级",
    lowered: "降级",
    answered: "收到答复",
    accepted: "受理",
    assigned: "分派",
    returned: "退回",
    reassigned: "转派",
    supervised: "督办",
    signed: "签收",
    departed: "出警",
    on_scene: "到场",
    contained: "控制",
    feedback: "反馈",
    closed: "结案",
    rated: "评价",
    reopened: "重新打开",
    undone: "撤回上一步",
    linked: "关联",
    absorbed: "并入另一起",
    split: "拆分",
    clocked: "开始计时",
    warned: "时限提醒",
    breached: "超时",
    escalated: "上报",
  } as Record<string, string>,
  goals,
  leftFor: (goal: string, time: string) => `${goal}还剩 ${time}`,
  overdueBy: (goal: string, time: string) => `${goal}超时 ${time}`,
  detector: "自动检测",
  signedDefault: "已在控制台签收",
  remarkMissing: "请填写说明。",
  outcomeMissing: "请选择处理结果。",
  tooManyTries: "尝试次数过多，请稍后再试。",
  evidence: "证据",
  numbers: "数据",
  noEvidence: "没有附带证据。",
  detailFailed: "无法读取警情详情。",
  sign: "签收",
  steps: { departed: "出警", on_scene: "到场", contained: "已控制" } as Record<Step, string>,
  undo: "撤回",
  signing: "正在签收…",
  closeIncident: "结案",
  closing: "正在结案…",
  ownerSays: "车主答复",
  itsMe: "是本人",
  itsMeHint: "车主确认是本人用车：警情按误报结案。",
  itsMeTitle: "车主确认是本人用车",
  itsMePlaceholder: "例如：车主来电，车借给了弟弟",
  itsStolen: "被盗",
  itsStolenHint: "车主称车辆被盗：立即升为红色。",
  word: { mine: "车主：是本人", stolen: "车主：被盗", confirmed: "警方已核实" } as Record<Word, string>,
  policeSays: "警方答复",
  itsConfirmed: "核实被盗",
  itsConfirmedHint: "警方核实被盗：立即升为红色，此后只能结案。",
  answering: "正在记录…",
  lowerIncident: "降级",
  lowering: "正在降级…",
  chooseLevel: "降为",
  levelMissing: "请选择级别。",
  lowerPlaceholder: "例如：本单位拖车正在转运",
  chooseOutcome: "处理结果",
  reason: "说明",
  reasonPlaceholder: "例如：车辆在沧水铺镇找回，车主已确认",
  cancel: "取消",
  signHint: "签收后表示已有人负责处置。",
  closedWith: (text: string) => `已结案：${text}`,

  speed: "速度",
  heading: "航向",
  fixAge: "定位",
  armedLabel: "防盗",
  armedYes: "已设防",
  armedNo: "未设防",
  statusWord: ["状态未知", "停放", "行驶"] as readonly [string, string, string],
  speedUnit: (n: string) => `${n} 公里/时`,
  unknown: "未知",
  staleFix: "定位已过时",
  openIncident: "查看警情",

  waitingForFix: "正在等待第一个定位…",
  positionsFailed: "车辆位置暂时无法更新",
  mapMissing: "此浏览器无法显示地图（缺少 WebGL）。警情列表仍正常工作。",
  map: "车辆地图",
  zoomIn: "放大",
  zoomOut: "缩小",
  wholeArea: "回到全域",
  legend: "图例",
  legendParked: "停放",
  legendMoving: "行驶",
  legendArmed: "已设防",
  legendStale: "定位超过 10 分钟",

  signInTitle: "登录",
  signInHelp: "请输入访问令牌。令牌在首次启动服务时显示。",
  token: "访问令牌",
  signIn: "登录",
  signingIn: "正在登录…",
  badToken: "令牌不正确或已失效。",
  tokenMissing: "请输入令牌。",
  signInUnreachable: "无法连接服务器，请稍后再试。",

  errorOf: (text: string) => `操作未完成：${text}`,
  errorUnreachable: "无法连接服务器，操作未保存",
};

export type Words = {
  [K in keyof typeof zh]: (typeof zh)[K];
};

const en: Words = {
  htmlLang: "en",
  product: "Vehicle Guard",
  otherLanguage: "中文",
  otherLanguageName: "切换到中文",
  themeDark: "Dark",
  themeLight: "Light",
  themeToDark: "Switch to dark",
  themeToLight: "Switch to light",
  signOut: "Sign out",
  simulated: "Simulated data",
  simulatedLong: "Simulated data · no vehicle or incident shown here is real",
  skipToFeed: "Skip to the incidents",

  live: "Live",
  liveLag: (seconds) => `Live · data ${seconds} s behind`,
  brokerDown: "Connected · no messages from terminals",
  connecting: "Connecting…",
  reconnecting: "Reconnecting…",
  lost: "Connection lost",
  lostSince: (time, ago) => `Connection lost — showing ${time} (${ago}), trying again`,
  behind: (seconds) => `Data ${seconds} s behind`,
  apiDown: "The server cannot be reached",
  apiDownHelp: "Trying again by itself; no need to reload.",

  vehicles: "Vehicles",
  fixesPerSecond: "Fixes/s",
  rejects: "Rejected",
  openByLevel: "Open incidents",

  level: { blue: "Blue", yellow: "Yellow", red: "Red" },
  levelShort: { blue: "Blue", yellow: "Yellow", red: "Red" },
  levelAlarm: { blue: "Blue incident", yellow: "Yellow incident", red: "Red incident" },
  state: {
    reported: "Not signed for",
    accepted: "Accepted",
    assigned: "Assigned",
    signed: "Signed for",
    handling: "Being handled",
    feedback: "Reported back",
    closed: "Closed",
    rated: "Rated",
  },
  outcome: {
    recovered: "Recovered",
    not_found: "Not found",
    false_alarm: "False alarm",
    merged: "Goes on in another",
  },

  incidents: "Incidents",
  showOpen: "Open",
  showAll: "All",
  allQuiet: "All quiet",
  allQuietHelp: "New incidents appear here by themselves.",
  noneYet: "No incident has been recorded yet",
  loading: "Loading…",
  older: "Show older incidents",
  opensAt: (place) => `Show ${place} on the map`,
  expandSheet: "Expand the list",
  collapseSheet: "Collapse the list",

  near: (town, km) => `Near ${town} · ${km}`,
  metres: (n) => `${n} m`,
  kilometres: (n) => `${n} km`,
  lastFix: (ago) => `Last fix ${ago}`,
  noFix: "No fix yet",
  justNow: "just now",
  secondsAgo: (n) => `${n} s ago`,
  minutesAgo: (n) => `${n} min ago`,
  hoursAgo: (n) => `${n} h ago`,
  daysAgo: (n) => (n === 1 ? "1 day ago" : `${n} days ago`),

  ...enVocabulary,

  comma: ", ",
  phrases: [],
  strength: "Strength",
  score: (n) => `Score ${n}`,
  secondsLong: (n) => `${n} s`,
  minutesLong: (n) => `${n} min`,
  hoursLong: (n) => `${n} h`,
  oClock: (n) => `${String(n).padStart(2, "0")}:00`,

  vehicle: "Vehicle",
  back: "Back to the list",
  close: "Close",
  opened: "Began",
  detected: "Detected",
  updated: "Updated",
  position: "Began at",
  vehicleNow: "Vehicle now",
  timeline: "Timeline",
  raisedTo: (levelName) => `Raised to ${levelName.toLowerCase()}`,
  loweredTo: (levelName) => `Lowered to ${levelName.toLowerCase()}`,
  openedAs: (levelName) => `Opened, ${levelName.toLowerCase()}`,
  actions: {
    opened: "Opened",
    joined: "New signal joined",
    raised: "Raised",
    lowered: "Lowered",
    answered: "Answered",
    accepted: "Accepted",
    assigned: "Assigned",
    returned: "Handed back",
    reassigned: "Given to another",
    supervised: "Watched from above",
    signed: "Signed for",
    departed: "Departed",
    on_scene: "On scene",
    contained: "Contained",
    feedback: "Reported back",
    closed: "Closed",
    rated: "Rated",
    reopened: "Opened again",
    undone: "Last step taken back",
    linked: "Linked",
    absorbed: "Took another in",
    split: "Cut apart",
    clocked: "Clock started",
    warned: "Time is running out",
    breached: "Overdue",
    escalated: "Passed on",
  },
  goals: {
    arrival: "Arrival",
    signing: "Signing",
    containment: "Containment",
    station: "Station patrols",
    district: "District forces",
    city: "City units",
  },
  leftFor: (goal, time) => `${goal} · ${time} left`,
  overdueBy: (goal, time) => `${goal} · ${time} overdue`,
  detector: "Detector",
  signedDefault: "Signed for on the console",
  remarkMissing: "A remark is needed.",
  outcomeMissing: "Choose an outcome.",
  tooManyTries: "Too many attempts; wait a little and try again.",
  evidence: "Evidence",
  numbers: "Numbers",
  noEvidence: "No evidence attached.",
  detailFailed: "The details could not be read.",
  sign: "Sign for it",
  steps: { departed: "Departed", on_scene: "On scene", contained: "Contained" },
  undo: "Undo",
  signing: "Signing…",
  closeIncident: "Close incident",
  closing: "Closing…",
  ownerSays: "The owner says",
  itsMe: "It's me",
  itsMeHint: "The owner says it is them: closes the incident as a false alarm.",
  itsMeTitle: "The owner says it is them",
  itsMePlaceholder: "e.g. the owner rang: lent to a brother",
  itsStolen: "Stolen",
  itsStolenHint: "The owner says stolen: raises it to red at once.",
  word: {
    mine: "Owner: it's me",
    stolen: "Owner: stolen",
    confirmed: "Confirmed by the police",
  },
  policeSays: "The police say",
  itsConfirmed: "Confirmed",
  itsConfirmedHint: "The police confirm it: raises it to red at once; from then on only closing ends it.",
  answering: "Recording…",
  lowerIncident: "Lower",
  lowering: "Lowering…",
  chooseLevel: "Lower to",
  levelMissing: "Choose a level.",
  lowerPlaceholder: "e.g. a lorry of ours carries it",
  chooseOutcome: "Outcome",
  reason: "Remark",
  reasonPlaceholder: "e.g. found in Cangshuipu, confirmed by the owner",
  cancel: "Cancel",
  signHint: "Signing says that somebody is dealing with it.",
  closedWith: (text) => `Closed: ${text}`,

  speed: "Speed",
  heading: "Heading",
  fixAge: "Fix",
  armedLabel: "Guard",
  armedYes: "Armed",
  armedNo: "Not armed",
  statusWord: ["Unknown", "Parked", "Moving"],
  speedUnit: (n) => `${n} km/h`,
  unknown: "unknown",
  staleFix: "Old fix",
  openIncident: "Show the incident",

  waitingForFix: "Waiting for the first fix…",
  positionsFailed: "Vehicle positions cannot be updated at the moment",
  mapMissing: "This browser cannot draw the map (no WebGL). The incident list still works.",
  map: "Map of vehicles",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  wholeArea: "Show the whole area",
  legend: "Legend",
  legendParked: "Parked",
  legendMoving: "Moving",
  legendArmed: "Armed",
  legendStale: "Fix older than 10 min",

  signInTitle: "Sign in",
  signInHelp: "Enter the access token. The service shows it when it first starts.",
  token: "Access token",
  signIn: "Sign in",
  signingIn: "Signing in…",
  badToken: "This token is wrong or no longer valid.",
  tokenMissing: "Enter the token.",
  signInUnreachable: "The server cannot be reached. Try again shortly.",

  errorOf: (text) => `Not done: ${text}`,
  errorUnreachable: "The server cannot be reached; nothing was saved",
};

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
