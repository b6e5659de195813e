/** Small texts that tick with the clock. */

import * as state from "../state";
import { ago, clockTime } from "../time";

/** How long ago; only this text changes each second, not what stands around it. */
export function Ago({ t }: { t: number }) {
  return <>{ago(state.now.value - t, state.words.value)}</>;
}

/** An instant as the reader's clock shows it, with its machine form. */
export function At({ t }: { t: number }) {
  const language = state.words.value.htmlLang;
  return (
    <time dateTime={new Date(t * 1000).toISOString()}>{clockTime(t, state.now.value, language)}</time>
  );
}
