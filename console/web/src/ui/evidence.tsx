/** One signal of an incident: what it says in words, what it came to, and its numbers. */

import { evidenceText } from "../evidence";
import { reasonOf } from "../i18n";
import type { Signal } from "../model";
import * as state from "../state";
import { Chips } from "./chips";
import { At } from "./text";

/** Said by chips or by the sentence above the numbers. */
const SHOWN = new Set(["score", "because", "level"]);

export function Evidence({ signal }: { signal: Signal }) {
  const words = state.words.value;
  const { score, because } = signal.evidence;
  const why = reasonOf(
    { reason: signal.reason ?? "", reason_zh: signal.reason_zh },
    state.language.value,
  );
  return (
    <div class="evidence">
      <p class="entry">
        <b>{words.kinds[signal.kind] ?? signal.kind}</b>
        <span class="when"><At t={signal.t} /></span>
      </p>
      {why !== "" && why !== words.kinds[signal.kind] && <p>{why}</p>}
      <Chips
        score={typeof score === "number" ? score : null}
        because={Array.isArray(because) ? because.map(String) : []}
      />
      <details open={why === ""}>
        <summary>{words.numbers}</summary>
        <dl>
          <div>
            <dt>{words.strength}</dt>
            <dd>
              <meter min={0} max={1} value={signal.strength} /> {Math.round(signal.strength * 100)}%
            </dd>
          </div>
          {Object.entries(signal.evidence)
            .filter(([key]) => !SHOWN.has(key))
            .map(([key, value]) => (
              <div key={key}>
                <dt>{words.evidenceKeys[key] ?? key}</dt>
                <dd>{key === "episode" && typeof value === "number" ? <At t={value} /> : evidenceText(key, value, words)}</dd>
              </div>
            ))}
        </dl>
      </details>
    </div>
  );
}
