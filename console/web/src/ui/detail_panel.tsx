/** One incident: what happened, why it is believed, and what somebody does about it. */

import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../api";
import { ApiError } from "../api";
import type { Fleet } from "../fleet";
import { explain } from "../i18n";
import {
  OUTCOMES,
  type Incident,
  type IncidentDetail,
  type LedgerEntry,
  type Outcome,
  type Signal,
} from "../model";
import * as state from "../state";
import { LastFix, Near } from "./feed_panel";
import { Icon, LevelMark } from "./marks";
import { Ago, At } from "./text";

interface DetailPanelProps {
  incident: Incident;
  fleet: () => Fleet;
  onBack: () => void;
  onChanged: (incident: Incident) => void;
}

export function DetailPanel({ incident, fleet, onBack, onChanged }: DetailPanelProps) {
  const words = state.words.value;
  const [detail, setDetail] = useState<IncidentDetail | null>(null);
  const [failed, setFailed] = useState(false);
  const title = useRef<HTMLHeadingElement>(null);

  useEffect(() => title.current?.focus(), [incident.id]);
  useEffect(() => {
    let current = true;
    api.incident(incident.id).then(
      (found) => {
        if (!current) return;
        setDetail(found);
        setFailed(false);
      },
      () => {
        if (current) setFailed(true);
      },
    );
    return () => {
      current = false;
    };
  }, [incident.id, incident.seq]);

  state.followFleet();
  const vehicle = fleet().byId(incident.vehicle_id);
  const known = detail?.id === incident.id ? detail : null;
  return (
    <section class="detail" aria-labelledby="detail-title" data-incident={incident.id}>
      <div class="detail-head">
        <button type="button" class="tool" aria-label={words.back} title={words.back} onClick={onBack}>
          <Icon name="back" />
        </button>
        <LevelMark level={incident.level} size={28} />
        <div>
          <h2 id="detail-title" class="plate" tabIndex={-1} ref={title}>
            {incident.vehicle_id}
          </h2>
          <p>
            <span class={`level level-${incident.level}`}>{words.levelAlarm[incident.level]}</span>
            <span class={`state state-${incident.state}`}>
              {words.state[incident.state]}
              {incident.outcome !== null && ` · ${words.outcome[incident.outcome]}`}
            </span>
          </p>
        </div>
      </div>
      <dl class="facts">
        <div>
          <dt>{words.opened}</dt>
          <dd>
            <At t={incident.t_opened} /> <span class="soft"><Ago t={incident.t_opened} /></span>
          </dd>
        </div>
        <div>
          <dt>{words.detected}</dt>
          <dd>
            <At t={incident.t_detected} />
          </dd>
        </div>
        <div class="wide">
          <dt>{words.position}</dt>
          <dd>
            <Near lon={incident.lon} lat={incident.lat} />{" "}
            <Coordinates lon={incident.lon} lat={incident.lat} />
          </dd>
        </div>
        <div class="wide">
          <dt>{words.vehicleNow}</dt>
          <dd>
            {vehicle !== null && (
              <>
                <Near lon={vehicle.lon} lat={vehicle.lat} />{" "}
                <Coordinates lon={vehicle.lon} lat={vehicle.lat} />
                <br />
                {words.statusWord[vehicle.status]}
                {Number.isNaN(vehicle.speedMps)
                  ? ""
                  : ` · ${words.speedUnit((vehicle.speedMps * 3.6).toFixed(0))}`}
                {" · "}
              </>
            )}
            <LastFix vehicleId={incident.vehicle_id} fleet={fleet} />
          </dd>
        </div>
      </dl>
      <Actions incident={incident} onChanged={onChanged} />
      {failed && <p class="error" role="alert">{words.detailFailed}</p>}
      <h3>{words.timeline}</h3>
      <Timeline incident={incident} detail={known} />
      <h3>{words.evidence}</h3>
      {known === null ? (
        !failed && <p class="soft">{words.loading}</p>
      ) : known.signal_details.length === 0 ? (
        <p class="soft">{words.noEvidence}</p>
      ) : (
        known.signal_details.map((signal) => <Evidence key={signal.id} signal={signal} />)
      )}
    </section>
  );
}

function Coordinates({ lon, lat }: { lon: number; lat: number }) {
  return (
    <span class="soft number">
      {lat.toFixed(5)}, {lon.toFixed(5)}
    </span>
  );
}

function Actions({
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

/** The ledger's entries, or as long as they are not there the levels that the incident reached. */
function Timeline({ incident, detail }: { incident: Incident; detail: IncidentDetail | null }) {
  const words = state.words.value;
  const entries: LedgerEntry[] =
    detail?.events ??
    incident.history.map((rise, i) => ({
      ...rise,
      seq: i,
      kind: i === 0 ? "opened" : "raised",
    }));
  const kindOf = new Map(detail?.signal_details.map((signal) => [signal.id, signal.kind]));
  return (
    <ol class="timeline">
      {[...entries].reverse().map((entry) => {
        const signalKind = entry.signal == null ? undefined : kindOf.get(entry.signal);
        const reason = entry.reason ?? (entry.kind === "joined" ? signalKind : undefined);
        const why = reason === undefined || reason === "" ? null : explain(reason, words);
        const level = entry.level ?? null;
        return (
          <li key={entry.seq} class={level === null ? "" : `rise-${level}`}>
            <p class="entry">
              {level !== null && <LevelMark level={level} size={14} />}
              <b>{titleOf(entry)}</b>
              <span class="when"><At t={entry.t} /></span>
            </p>
            {why !== null && (
              <p class="soft">{[why.kind, why.text].filter((part) => part !== null && part !== "").join(" · ")}</p>
            )}
            {typeof entry.actor === "string" && entry.actor !== "detector" && (
              <p class="soft">{entry.actor}</p>
            )}
          </li>
        );
      })}
    </ol>
  );
}

function titleOf(entry: LedgerEntry): string {
  const words = state.words.value;
  const level = entry.level ?? null;
  if (level !== null && entry.kind === "opened") return words.openedAs(words.level[level]);
  if (level !== null && entry.kind === "raised") return words.raisedTo(words.level[level]);
  const action = words.actions[entry.kind] ?? entry.kind;
  return entry.outcome == null ? action : `${action} · ${words.outcome[entry.outcome]}`;
}

function Evidence({ signal }: { signal: Signal }) {
  const words = state.words.value;
  return (
    <div class="evidence">
      <p class="entry">
        <b>{words.kinds[signal.kind] ?? signal.kind}</b>
        <span class="when"><At t={signal.t} /></span>
      </p>
      <dl>
        <div>
          <dt>{words.strength}</dt>
          <dd>
            <meter min={0} max={1} value={signal.strength} /> {Math.round(signal.strength * 100)}%
          </dd>
        </div>
        {Object.entries(signal.evidence).map(([key, value]) => (
          <div key={key}>
            <dt>{words.evidenceKeys[key] ?? key}</dt>
            <dd>{key === "episode" && typeof value === "number" ? <At t={value} /> : evidenceText(key, value)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** A value of the evidence; the unit stands at the end of its key. */
function evidenceText(key: string, value: unknown): string {
  const words = state.words.value;
  if (Array.isArray(value)) return value.map((one) => evidenceText("", one)).join(words.comma);
  if (typeof value === "number") {
    if (key.endsWith("_mps")) return words.speedUnit((value * 3.6).toFixed(0));
    if (key.endsWith("_m")) return words.metres(Math.round(value));
    return value.toLocaleString(words.htmlLang);
  }
  if (typeof value === "string") return words.evidenceValues[value] ?? value;
  return JSON.stringify(value);
}
