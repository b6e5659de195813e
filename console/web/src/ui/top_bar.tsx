/** The bar above everything: what this is, whether it is live, and how the run is doing. */

import { LEVELS } from "../model";
import * as state from "../state";
import { ago, clockTime } from "../time";
import { Icon, LevelMark } from "./marks";

export function TopBar({ onSignOut }: { onSignOut: () => void }) {
  const words = state.words.value;
  const light = state.theme.value === "light";
  return (
    <header class="top">
      <div class="brand">
        <img src="./favicon.svg" alt="" width="28" height="28" />
        <h1>{words.product}</h1>
      </div>
      {state.status.value?.simulated === true && (
        <p class="simulated" title={words.simulatedLong}>
          {words.simulated}
        </p>
      )}
      <Lamp />
      <Counters />
      <div class="tools">
        <button
          type="button"
          class="tool language"
          aria-label={words.otherLanguageName}
          title={words.otherLanguageName}
          onClick={() => state.setLanguage(state.language.value === "zh" ? "en" : "zh")}
        >
          {words.otherLanguage}
        </button>
        <button
          type="button"
          class="tool"
          aria-label={light ? words.themeToDark : words.themeToLight}
          title={light ? words.themeToDark : words.themeToLight}
          onClick={() => state.setTheme(light ? "dark" : "light")}
        >
          <Icon name={light ? "moon" : "sun"} />
        </button>
        <button
          type="button"
          class="tool"
          aria-label={words.signOut}
          title={words.signOut}
          onClick={onSignOut}
        >
          <Icon name="out" />
        </button>
      </div>
    </header>
  );
}

/** A lag below this is what a healthy run has; above, the lamp says so. */
const LAG_WORTH_SAYING_MS = 5000;

export function Lamp() {
  const words = state.words.value;
  const status = state.status.value;
  const link = state.link.value;
  let kind: string = link;
  let plain = {
    connecting: words.connecting,
    live: words.live,
    reconnecting: words.reconnecting,
    lost: words.lost,
  }[link];
  let text = plain;
  if (link === "live" && status !== null) {
    if (status.broker === "down") {
      kind = "warn";
      plain = text = words.brokerDown;
    } else if (status.lag_ms !== null) {
      const seconds = (status.lag_ms / 1000).toFixed(1);
      const behind = status.lag_ms > LAG_WORTH_SAYING_MS;
      if (behind) kind = "warn";
      text = behind ? words.behind(seconds) : words.liveLag(seconds);
    }
  }
  return (
    <p class="lamp" data-link={kind}>
      <span class="bulb" aria-hidden="true" />
      {/* Numbers that change every second are for the eye; what is said aloud changes with the state. */}
      <span class="lamp-text" aria-hidden="true">
        {text}
      </span>
      <span class="unseen" role="status">
        {plain}
      </span>
    </p>
  );
}

/** Across the map while the connection is lost: old data must not look like news. */
export function LostBanner() {
  const words = state.words.value;
  if (state.link.value !== "lost") return null;
  const heard = state.heardAt.value;
  const now = state.now.value;
  return (
    <div class="lost-banner">
      <p class="unseen" role="alert">
        {words.lost}
      </p>
      <p aria-hidden="true">
        {heard === null
          ? `${words.apiDown} — ${words.apiDownHelp}`
          : words.lostSince(clockTime(heard, now, words.htmlLang), ago(now - heard, words))}
      </p>
    </div>
  );
}

function Counters() {
  const words = state.words.value;
  const status = state.status.value;
  const number = (value: number | undefined, digits = 0): string =>
    value === undefined
      ? "–"
      : value.toLocaleString(words.htmlLang, { maximumFractionDigits: digits });
  return (
    <dl class="counters">
      <div class="levels">
        <dt class="unseen">{words.openByLevel}</dt>
        {[...LEVELS].reverse().map((level) => {
          const count = status?.open_incidents[level] ?? 0;
          return (
            <dd key={level} class={`count-${level}`} data-zero={count === 0} title={words.levelAlarm[level]}>
              <LevelMark level={level} size={18} />
              <span class="unseen">{words.levelAlarm[level]}</span>
              <b>{status === null ? "–" : number(count)}</b>
            </dd>
          );
        })}
      </div>
      <div class="plain">
        <dt>{words.vehicles}</dt>
        <dd>{number(status?.vehicles)}</dd>
      </div>
      <div class="plain">
        <dt>{words.fixesPerSecond}</dt>
        <dd>{number(status?.fixes_per_s)}</dd>
      </div>
      <div class="plain" data-bad={(status?.rejects_total ?? 0) > 0}>
        <dt>{words.rejects}</dt>
        <dd>{number(status?.rejects_total)}</dd>
      </div>
    </dl>
  );
}
