/** The form of whoever comes without a session. */

import { useRef, useState } from "preact/hooks";
import * as api from "../api";
import { ApiError } from "../api";
import * as state from "../state";

export function SignIn() {
  const words = state.words.value;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);

  const submit = async (): Promise<void> => {
    const token = field.current?.value.trim() ?? "";
    if (token === "") {
      setError(words.tokenMissing);
      field.current?.focus();
      return;
    }
    setBusy(true);
    setError(null);
    try {
      await api.signIn(token);
      state.access.value = "signed-in";
    } catch (problem) {
      const code = problem instanceof ApiError ? problem.status : 0;
      setError(
        code === 401 || code === 403
          ? words.badToken
          : code === 429
            ? words.tooManyTries
            : words.signInUnreachable,
      );
      field.current?.select();
    }
    setBusy(false);
  };
  return (
    <main class="door">
      <form
        class="door-card"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <img src="./favicon.svg" alt="" width="56" height="56" />
        <h1>{words.product}</h1>
        <p class="soft" id="token-help">
          {words.signInHelp}
        </p>
        <label for="token">{words.token}</label>
        <input
          id="token"
          ref={field}
          type="password"
          autocomplete="current-password"
          spellcheck={false}
          autofocus
          aria-describedby="token-help"
          aria-invalid={error !== null}
        />
        {error !== null && (
          <p class="error" role="alert">
            {error}
          </p>
        )}
        <button type="submit" class="button primary" disabled={busy}>
          {busy ? words.signingIn : words.signIn}
        </button>
        <LanguageLink />
      </form>
    </main>
  );
}

/** While nobody answers: say so, and that the page goes on trying. */
export function Unreachable() {
  const words = state.words.value;
  const asking = state.access.value === "asking";
  return (
    <main class="door">
      <div class="door-card" role="status">
        <img src="./favicon.svg" alt="" width="56" height="56" />
        <h1>{words.product}</h1>
        <p>{asking ? words.connecting : words.apiDown}</p>
        {!asking && <p class="soft">{words.apiDownHelp}</p>}
        <LanguageLink />
      </div>
    </main>
  );
}

function LanguageLink() {
  const words = state.words.value;
  return (
    <button
      type="button"
      class="link"
      onClick={() => state.setLanguage(state.language.value === "zh" ? "en" : "zh")}
    >
      {words.otherLanguage}
    </button>
  );
}
