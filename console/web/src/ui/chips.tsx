/** What an incident's evidence came to, as small chips: its score and the kinds of evidence. */

import * as state from "../state";

export function Chips({ score, because }: { score: number | null; because: readonly string[] }) {
  const words = state.words.value;
  if (score === null && because.length === 0) return null;
  return (
    <span class="chips">
      {score !== null && <span class="chip chip-score">{words.score(score.toFixed(1))}</span>}
      {because.map((kind) => (
        <span key={kind} class="chip">
          {words.because[kind] ?? kind}
        </span>
      ))}
    </span>
  );
}
