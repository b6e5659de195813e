/** What somebody does about an incident: sign for it, file what its owner says, or close it. */

import { useEffect, useState } from "preact/hooks";
import * as api from "../api";
import { ApiError } from "../api";
import { OUTCOMES, type Incident, type Outcome } from "../model";
import * as state from "../state";

type Doing = "sign" | "close" | "mine" | "stolen";

export function Actions({
  incident,
  onChanged,
}: {
  incident: Incident;
  onChanged: (incident: Incident) => void;
}) {
  const words = state.words.value;
  const [busy, setBusy] = useState<Doing | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [form, setForm] = useState<"close" | "mine" | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [remark, setRemark] = useState("");

  useEffect(() => {
    setError(null);
    setForm(null);
    setOutcome(null);
    setRemark("");
  }, [incident.id]);

  if (incident.state === "closed") return null;

  const act = async (what: Doing, work: () => Promise<Incident>): Promise<void> => {
    setBusy(what);
    setError(null);
    try {
      onChanged(await work());
      setForm(null);
    } catch (problem) {
      setError(
        problem instanceof ApiError && problem.status !== 0
          ? words.errorOf(problem.message)
          : words.errorUnreachable,
      );
    }
    setBusy(null);
  };
  const onSubmit = (event: Event): void => {
    event.preventDefault();
    const why = remark.trim();
    if (form === "close" && outcome === null) setError(words.outcomeMissing);
    else if (why === "") setError(words.remarkMissing);
    else if (form === "mine") void act("mine", () => api.answer(incident.id, "mine", why));
    else if (outcome !== null) void act("close", () => api.close(incident.id, outcome, why));
  };
  const shownError = error !== null && (
    <p class="error" role="alert">
      {error}
    </p>
  );
  if (form !== null) {
    return (
      <form class="close-form" onSubmit={onSubmit} noValidate>
        {form === "mine" ? (
          <p>{words.itsMeTitle}</p>
        ) : (
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
        )}
        <label class="remark">
          {words.reason}
          <textarea
            rows={2}
            maxLength={1000}
            placeholder={form === "mine" ? words.itsMePlaceholder : words.reasonPlaceholder}
            value={remark}
            onInput={(event) => setRemark(event.currentTarget.value)}
          />
        </label>
        <div class="buttons">
          <button type="submit" class="button primary" disabled={busy !== null}>
            {busy === null ? words.closeIncident : words.closing}
          </button>
          <button type="button" class="button" onClick={() => setForm(null)}>
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
            setForm("close");
          }}
        >
          {words.closeIncident}…
        </button>
      </div>
      <div class="owner" role="group" aria-label={words.ownerSays}>
        <span class="soft">{words.ownerSays}</span>
        <div class="buttons">
          {incident.word !== "confirmed" && (
            <button
              type="button"
              class="button"
              disabled={busy !== null}
              title={words.itsMeHint}
              onClick={() => {
                setError(null);
                setForm("mine");
              }}
            >
              {words.itsMe}…
            </button>
          )}
          <button
            type="button"
            class="button danger"
            disabled={busy !== null || (incident.word === "stolen" && incident.level === "red")}
            title={words.itsStolenHint}
            onClick={() =>
              void act("stolen", () => api.answer(incident.id, "stolen"))
            }
          >
            {busy === "stolen" ? words.answering : words.itsStolen}
          </button>
        </div>
      </div>
      {shownError}
    </div>
  );
}
