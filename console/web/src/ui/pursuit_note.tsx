/** Follows the pursuit of the incident that is selected, and says in words what the map draws. */

import { computed, signal, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import * as api from "../api";
import { isOpen } from "../feed";
import { distanceText } from "../places";
import { age, OUTLINED, type Pursuit } from "../pursuit";
import { compassPoint, PURSUIT_WORDS } from "../pursuit_words";
import * as state from "../state";

const EVERY_MS = 3000;

/** The newest pursuit that was read; of another incident it is as good as none. */
const read = signal<Pursuit | null>(null);
/** The selected incident, while it is one that is pursued. */
const wanted = computed(() => {
  const selected = state.feed.value.get(state.selectedId.value ?? "");
  return selected?.level === "red" && isOpen(selected) ? selected.id : null;
});

export const pursuit = computed(() =>
  read.value !== null && read.value.incident_id === wanted.value ? read.value : null,
);

/** Ask for the pursuit again and again, as long as there is one to ask for. */
function usePursuit(): void {
  const id = wanted.value;
  useEffect(() => {
    if (id === null) return;
    let stopped = false;
    const ask = async (): Promise<void> => {
      if (document.hidden) return;
      try {
        const answer = await api.pursuit(id);
        if (!stopped) read.value = answer;
      } catch {
        // Closed in between, or nobody answered: the feed and the link's banner say so.
        if (!stopped) read.value = null;
      }
    };
    void ask();
    const timer = window.setInterval(() => void ask(), EVERY_MS);
    return () => {
      stopped = true;
      window.clearInterval(timer);
    };
  }, [id]);
}

/** Calls `draw` with every change of the pursuit, of its age and of the language. */
export function usePursuitDrawing(draw: (pursuit: Pursuit | null, now: number) => void): void {
  useSignalEffect(() => {
    const shown = pursuit.value;
    draw(shown, shown === null ? 0 : state.now.value);
  });
}

export function PursuitNote() {
  usePursuit();
  const shown = pursuit.value;
  if (shown === null) return null;
  const words = PURSUIT_WORDS[state.language.value];
  const { direction_deg: direction, direction_within_deg: within, last_seen: seen } = shown;
  const way =
    direction === null || within >= 180
      ? words.anyWay
      : words.going(compassPoint(direction, words), Math.round(within));
  return (
    <section class="pursuit-note" aria-label={words.title}>
      <p>
        <b>{words.lastSeen(age(shown, state.now.value))}</b>
        {seen.camera !== null && ` · ${words.byPlate(seen.camera)}`} · {way}
      </p>
      <ul>
        {shown.sectors
          .filter((sector) => sector.probability >= OUTLINED)
          .map((sector) => (
            <li key={sector.horizon_s}>
              {words.within(sector.horizon_s / 60, distanceText(sector.outer_m, state.words.value))}
            </li>
          ))}
      </ul>
      <p class="soft">{words.claim}</p>
    </section>
  );
}
