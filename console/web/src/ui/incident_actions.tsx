/** What somebody does about an incident: sign for it, or close it with an outcome and a remark. */

import { useEffect, useState } from "preact/hooks";
import * as api from "../api";
import { ApiError } from "../api";
import { OUTCOMES, type Incident, type Outcome } from "../model";
import * as state from "../state";

export function Actions({
  incident,
  onChanged,
}: {
  incident: Incident;
  onChanged: (incident: Incident) => void;
}) {
  const words = state.words.value;
  const [busy, setBusy] = useState<"sign" | "close" | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [closing, setClosing] = useState(false);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [remark, setRemark] = useState("");

  useEffect(() => {
    setError(null);
    setClosing(false);
    setOutcome(null);
    setRemark("");
  }, [incident.id]);

  if (incident.state === "closed") return null;

  const act = async (what: "sign" | "close", work: () => Promise<Incident>): Promise<void> => {
    setBusy(what);
    setError(null);
    try {
      onChanged(await work());
      setClosing(false);
    } catch (problem) {
      setError(
        problem instanceof ApiError && problem.status !== 0
          ? words.errorOf(problem.message)
          : words.errorUnreachable,
      );
    }
    setBusy(null);
  };
  const onClose = (event: Event): void => {
    event.preventDefault();
    if (outcome === null) setError(words.outcomeMissing);
    else if (remark.trim() === "") setError(words.remarkMissing);
    else void act("close", () => api.close(incident.id, outcome, remark.trim()));
  };
  const shownError = error !== null && (
    <p class="error" role="alert">
      {error}
    </p>
  );
  if (closing) {
    return (
      <form class="close-form" onSubmit={onClose} noValidate>
        <fieldset>
          <legend>{words.chooseOutcome}</legend>
          <div class="outcomes">
            {OUTCOMES.map((one) => (
              <label key={one}>
                <input
                  type="radio"
                  name="outcome"
                  value={one}
                  checked={outcome === one}
                  onChange={() => setOutcome(one)}
                />
                <span>{words.outcome[one]}</span>
              </label>
            ))}
          </div>
        </fieldset>
        <label class="remark">
          {words.reason}
          <textarea
            rows={2}
            maxLength={1000}
            placeholder={words.reasonPlaceholder}
            value={remark}
            onInput={(event) => setRemark(event.currentTarget.value)}
          />
        </label>
        <div class="buttons">
          <button type="submit" class="button primary" disabled={busy !== null}>
            {busy === "close" ? words.closing : words.closeIncident}
          </button>
          <button type="button" class="button" onClick={() => setClosing(false)}>
            {words.cancel}
          </button>
        </div>
        {shownError}
      </form>
    );
  }
  return (
    <div class="actions">
      <div class="buttons">
        {incident.state === "reported" && (
          <button
            type="button"
            class="button primary"
            disabled={busy !== null}
            title={words.signHint}
            onClick={() => void act("sign", () => api.sign(incident.id, words.signedDefault))}
          >
            {busy === "sign" ? words.signing : words.sign}
          </button>
        )}
        <button
          type="button"
          class="button"
          disabled={busy !== null}
          onClick={() => {
            setError(null);
            setClosing(true);
          }}
        >
          {words.closeIncident}…
        </button>
      </div>
      {shownError}
    </div>
  );
}
