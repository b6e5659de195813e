/** One incident: what happened, and why it is believed. */

import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../api";
import type { Fleet } from "../fleet";
import { reasonOf } from "../i18n";
import type { Incident, IncidentDetail, LedgerEntry } from "../model";
import * as state from "../state";
import { Chips } from "./chips";
import { Countdown } from "./countdown";
import { Evidence } from "./evidence";
import { LastFix, Near } from "./feed_panel";
import { Actions } from "./incident_actions";
import { Icon, LevelMark } from "./marks";
import { Ago, At } from "./text";

/** Who is no person: what they do says itself who did it. */
const MACHINES: ReadonlySet<string> = new Set(["detector", "clock"]);

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
          <Countdown incident={incident} />
          {incident.word != null && <p class="soft">{words.word[incident.word]}</p>}
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
      <Chips score={incident.score ?? null} because={incident.because ?? []} />
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
        const why =
          reasonOf({ reason: entry.reason ?? "", reason_zh: entry.reason_zh }, state.language.value) ||
          (entry.kind === "joined" && signalKind !== undefined ? words.kinds[signalKind] ?? signalKind : "");
        const level = entry.level ?? null;
        return (
          <li key={entry.seq} class={level === null ? "" : `rise-${level}`}>
            <p class="entry">
              {level !== null && <LevelMark level={level} size={14} />}
              <b>{titleOf(entry)}</b>
              <span class="when"><At t={entry.t} /></span>
            </p>
            {why !== "" && <p class="soft">{why}</p>}
            {typeof entry.actor === "string" && !MACHINES.has(entry.actor) && (
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
  if (level !== null && entry.kind === "lowered") return words.loweredTo(words.level[level]);
  const action = words.actions[entry.kind] ?? entry.kind;
  return entry.outcome == null ? action : `${action} · ${words.outcome[entry.outcome]}`;
}
