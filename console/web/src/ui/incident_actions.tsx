/** What somebody does about an incident: sign for it, file what is said of it, lower or close it. */

import { useEffect, useState } from "preact/hooks";
import * as api from "../api";
import { ApiError } from "../api";
import { nextStep } from "../clock";
import { isOpen } from "../feed";
import { LEVELS, OUTCOMES, type Incident, type Level, type Outcome, type Step } from "../model";
import * as state from "../state";
import { Choices } from "./choices";

type Form = "close" | "mine" | "lower";
type Doing = Form | "sign" | "stolen" | "confirmed" | "undo" | Step;
/** For so long a tap can be taken back; the server allows a few seconds more. */
const UNDO_S = 55;

const STEPPING: ReadonlySet<Doing> = new Set<Doing>(["sign", "departed", "on_scene", "contained"]);

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
  const [form, setForm] = useState<Form | null>(null);
  const [level, setLevel] = useState<Level | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [remark, setRemark] = useState("");
  const [steppedAt, setSteppedAt] = useState<number | null>(null);

  useEffect(() => {
    setError(null);
    setForm(null);
    setLevel(null);
    setOutcome(null);
    setRemark("");
    setSteppedAt(null);
  }, [incident.id]);

  if (!isOpen(incident)) return null;

  const act = async (what: Doing, work: () => Promise<Incident>): Promise<void> => {
    setBusy(what);
    setError(null);
    try {
      onChanged(await work());
      setForm(null);
      setSteppedAt(STEPPING.has(what) ? state.now.value : null);
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
    else if (form === "lower" && level === null) setError(words.levelMissing);
    else if (why === "") setError(words.remarkMissing);
    else if (form === "mine") void act("mine", () => api.answer(incident.id, "mine", why));
    else if (form === "lower" && level !== null)
      void act("lower", () => api.lower(incident.id, level, why));
    else if (outcome !== null) void act("close", () => api.close(incident.id, outcome, why));
  };
  const next = nextStep(incident);
  const undoable = steppedAt !== null && state.now.value - steppedAt < UNDO_S;
  const lower = LEVELS.slice(0, LEVELS.indexOf(incident.level));
  const show = (wanted: Form): void => {
    setError(null);
    setLevel(null);
    setForm(wanted);
  };
  const shownError = error !== null && (
    <p class="error" role="alert">
      {error}
    </p>
  );
  if (form !== null) {
    return (
      <form class="close-form" onSubmit={onSubmit} noValidate>
        {form === "mine" && <p>{words.itsMeTitle}</p>}
        {form === "close" && (
          <Choices
            legend={words.chooseOutcome}
            choices={OUTCOMES}
            names={words.outcome}
            chosen={outcome}
            onChoose={setOutcome}
          />
        )}
        {form === "lower" && (
          <Choices
            legend={words.chooseLevel}
            choices={lower}
            names={words.level}
            chosen={level}
            onChoose={setLevel}
          />
        )}
        <label class="remark">
          {words.reason}
          <textarea
            rows={2}
            maxLength={1000}
            placeholder={
              {
                close: words.reasonPlaceholder,
                mine: words.itsMePlaceholder,
                lower: words.lowerPlaceholder,
              }[form]
            }
            value={remark}
            onInput={(event) => setRemark(event.currentTarget.value)}
          />
        </label>
        <div class="buttons">
          <button type="submit" class="button primary" disabled={busy !== null}>
            {form === "lower"
              ? busy === null ? words.lowerIncident : words.lowering
              : busy === null ? words.closeIncident : words.closing}
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
        {next !== null && (
          <button
            type="button"
            class="button primary"
            disabled={busy !== null}
            onClick={() => void act(next, () => api.step(incident.id, next))}
          >
            {words.steps[next]}
          </button>
        )}
        {undoable && (
          <button
            type="button"
            class="button"
            disabled={busy !== null}
            onClick={() => void act("undo", () => api.undo(incident.id))}
          >
            {words.undo}
          </button>
        )}
        {lower.length > 0 && (
          <button
            type="button"
            class="button"
            disabled={busy !== null}
            onClick={() => show("lower")}
          >
            {words.lowerIncident}…
          </button>
        )}
        <button
          type="button"
          class="button"
          disabled={busy !== null}
          onClick={() => show("close")}
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
              onClick={() => show("mine")}
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
      <div class="owner" role="group" aria-label={words.policeSays}>
        <span class="soft">{words.policeSays}</span>
        <div class="buttons">
          <button
            type="button"
            class="button danger"
            disabled={busy !== null || (incident.word === "confirmed" && incident.level === "red")}
            title={words.itsConfirmedHint}
            onClick={() => void act("confirmed", () => api.answer(incident.id, "confirmed"))}
          >
            {busy === "confirmed" ? words.answering : words.itsConfirmed}
          </button>
        </div>
      </div>
      {shownError}
    </div>
  );
}
