/** The list of incidents, newest first. */

import { useState } from "preact/hooks";
import { isOpen } from "../feed";
import type { Fleet } from "../fleet";
import { reasonOf } from "../i18n";
import type { Incident } from "../model";
import { distanceText, nearestTown, townName } from "../places";
import * as state from "../state";
import { STALE_AFTER_S } from "../time";
import { Chips } from "./chips";
import { Countdown } from "./countdown";
import { LevelMark } from "./marks";
import { Ago } from "./text";

interface FeedPanelProps {
  fleet: () => Fleet;
  onSelect: (id: string) => void;
  onOlder: () => Promise<void>;
}

export function FeedPanel({ fleet, onSelect, onOlder }: FeedPanelProps) {
  const words = state.words.value;
  const shown = state.shown.value;
  const open = [...state.feed.value.values()].filter(isOpen).length;
  return (
    <section class="feed" aria-labelledby="feed-title">
      <div class="feed-head">
        <h2 id="feed-title">{words.incidents}</h2>
        <div class="segments" role="group" aria-labelledby="feed-title">
          <button
            type="button"
            aria-pressed={state.openOnly.value}
            onClick={() => (state.openOnly.value = true)}
          >
            {words.showOpen} <span class="tally">{open}</span>
          </button>
          <button
            type="button"
            aria-pressed={!state.openOnly.value}
            onClick={() => (state.openOnly.value = false)}
          >
            {words.showAll} <span class="tally">{state.feed.value.size}</span>
          </button>
        </div>
      </div>
      {shown.length === 0 ? (
        <Empty />
      ) : (
        <ol class="cards">
          {shown.map((incident) => (
            <li key={incident.id}>
              <Card incident={incident} fleet={fleet} onSelect={onSelect} />
            </li>
          ))}
        </ol>
      )}
      {state.olderCursor.value !== null && <Older onOlder={onOlder} />}
    </section>
  );
}

function Empty() {
  const words = state.words.value;
  if (!state.feedRead.value) {
    const down = state.link.value === "lost";
    return (
      <div class="empty" role="status">
        <p>{down ? words.apiDown : words.loading}</p>
        {down && <p class="soft">{words.apiDownHelp}</p>}
      </div>
    );
  }
  return (
    <div class="empty">
      <svg class="quiet" width="44" height="44" viewBox="0 0 24 24" aria-hidden="true">
        <path d="M12 2.5 20 5.5v6c0 5-3.3 8.5-8 10.5-4.7-2-8-5.5-8-10.5v-6z" />
        <path d="m8.5 12 2.5 2.5 4.5-5" />
      </svg>
      <p>{state.openOnly.value ? words.allQuiet : words.noneYet}</p>
      <p class="soft">{words.allQuietHelp}</p>
    </div>
  );
}

function Older({ onOlder }: { onOlder: () => Promise<void> }) {
  const [error, setError] = useState(false);
  const [busy, setBusy] = useState(false);
  const words = state.words.value;
  const more = async (): Promise<void> => {
    setBusy(true);
    setError(false);
    try {
      await onOlder();
    } catch {
      setError(true);
    }
    setBusy(false);
  };
  return (
    <div class="older">
      <button type="button" class="button" disabled={busy} onClick={() => void more()}>
        {busy ? words.loading : words.older}
      </button>
      {error && <p class="error">{words.apiDown}</p>}
    </div>
  );
}

interface CardProps {
  incident: Incident;
  fleet: () => Fleet;
  onSelect: (id: string) => void;
}

function Card({ incident, fleet, onSelect }: CardProps) {
  const words = state.words.value;
  const last = incident.history.at(-1);
  const why = last === undefined ? "" : reasonOf(last, state.language.value);
  return (
    <button
      type="button"
      class={`card card-${incident.level}`}
      data-state={incident.state}
      data-incident={incident.id}
      aria-current={state.selectedId.value === incident.id}
      onClick={() => onSelect(incident.id)}
    >
      <LevelMark level={incident.level} size={26} />
      <span class="card-body">
        <span class="card-title">
          <b class="plate">{incident.vehicle_id}</b>
          <span class={`level level-${incident.level}`}>{words.levelShort[incident.level]}</span>
          <span class="when">
            <Ago t={incident.t_detected} />
          </span>
        </span>
        <span class="card-place">
          <Whereabouts incident={incident} fleet={fleet} />
        </span>
        {why !== "" && <span class="card-why">{why}</span>}
        <Chips score={incident.score ?? null} because={incident.because ?? []} />
        <span class="card-foot">
          <span class={`state state-${incident.state}`}>
            {words.state[incident.state]}
            {incident.outcome !== null && ` · ${words.outcome[incident.outcome]}`}
          </span>
          <LastFix vehicleId={incident.vehicle_id} fleet={fleet} />
          <Countdown incident={incident} />
        </span>
      </span>
    </button>
  );
}

/** Where to go: as long as the incident is open where its vehicle is, else where it began. */
function Whereabouts({ incident, fleet }: { incident: Incident; fleet: () => Fleet }) {
  state.followFleet();
  const { lon, lat } = (isOpen(incident) ? fleet().byId(incident.vehicle_id) : null) ?? incident;
  return <Near lon={lon} lat={lat} />;
}

/** The nearest town and how far it is. */
export function Near({ lon, lat }: { lon: number; lat: number }) {
  const words = state.words.value;
  const near = nearestTown(state.towns.value, lon, lat);
  if (near === null) return <>{`${lat.toFixed(4)}, ${lon.toFixed(4)}`}</>;
  const name = townName(near.town, state.language.value);
  return <>{words.near(name, distanceText(near.metres, words))}</>;
}

/** How old what is known of the vehicle is. */
export function LastFix({ vehicleId, fleet }: { vehicleId: string; fleet: () => Fleet }) {
  const words = state.words.value;
  state.followFleet();
  const vehicle = fleet().byId(vehicleId);
  if (vehicle === null) return <span class="soft">{words.noFix}</span>;
  const age = state.now.value - vehicle.t;
  const [before, after] = words.lastFix("\u0000").split("\u0000");
  return (
    <span class={age > STALE_AFTER_S ? "old" : "soft"}>
      {before}
      <Ago t={vehicle.t} />
      {after}
    </span>
  );
}
