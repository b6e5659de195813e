/** The map with what floats on it: controls, legend, the card of a vehicle. */

import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { isOpen } from "../feed";
import type { Vehicle } from "../fleet";
import { clock, steadyS, type Live } from "../live";
import { MapUnavailableError, MapView, type Place } from "../map/map_view";
import { LEVELS } from "../model";
import { drawing, NOTHING } from "../pursuit";
import { PURSUIT_WORDS } from "../pursuit_words";
import * as state from "../state";
import { STALE_AFTER_S } from "../time";
import { Icon, LevelMark, VehicleMark } from "./marks";
import { PursuitNote, usePursuitDrawing } from "./pursuit_note";
import { Ago } from "./text";
import { LostBanner } from "./top_bar";

interface MapPanelProps {
  live: Live;
  onSelect: (id: string) => void;
  /** Pixels at the bottom that the list covers on a narrow screen. */
  covered: () => number;
}

export function MapPanel({ live, onSelect, covered }: MapPanelProps) {
  const words = state.words.value;
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<MapView | null>(null);

  useEffect(() => {
    if (host.current === null) return;
    let map: MapView;
    try {
      map = new MapView(host.current, look(), live.fleet, { now: () => clock.now(), steady: steadyS });
    } catch (error) {
      if (!(error instanceof MapUnavailableError)) throw error;
      state.mapMissing.value = true;
      return;
    }
    view.current = map;
    window.vehicleguard = {
      draw: map.counts,
      known: () => live.fleet.known,
      project: (lon, lat) => map.project(lon, lat),
    };
    const place = (): void => map.setData(live.places, state.status.value?.bounds ?? null, covered());
    live.onPlaces = place;
    live.onFleet = () => map.setFleet(live.fleet);
    place();
    map.onPointer(
      (vehicle) => {
        state.hovered.value = vehicle;
        map.setPointing(vehicle !== null);
      },
      (vehicle) => {
        state.pinned.value = vehicle;
      },
    );
    return () => {
      live.onPlaces = live.onFleet = () => undefined;
      view.current = null;
      map.destroy();
    };
  }, [live]);

  useSignalEffect(() => {
    const next = look();
    view.current?.setLook(next);
    view.current?.label(state.words.value.map);
  });
  useSignalEffect(() => {
    state.followFleet();
    view.current?.setFleet(live.fleet);
    const red: Place[] = [];
    if (state.link.value === "live") {
      for (const incident of state.feed.value.values())
        if (incident.level === "red" && isOpen(incident))
          red.push(live.fleet.byId(incident.vehicle_id) ?? incident);
    }
    view.current?.setPulses(red);
    const selected = state.feed.value.get(state.selectedId.value ?? "");
    const vehicle = selected === undefined ? null : live.fleet.byId(selected.vehicle_id);
    view.current?.select(selected ?? state.pinned.value, vehicle);
  });
  useSignalEffect(() => {
    const selected = state.feed.peek().get(state.selectedId.value ?? "");
    if (selected === undefined) return;
    const vehicle = live.fleet.byId(selected.vehicle_id);
    view.current?.fly(vehicle === null ? [selected] : [selected, vehicle], covered());
  });

  usePursuitDrawing((pursuit, now) => {
    const words = PURSUIT_WORDS[state.language.value];
    view.current?.setPursuit(pursuit === null ? NOTHING : drawing(pursuit, now, words));
  });

  const bare = state.fleetTick.value > 0 && live.fleet.known === 0;
  return (
    <section class="map" aria-label={words.map} data-link={state.link.value}>
      <div class="map-host" ref={host} />
      {state.mapMissing.value ? (
        <p class="map-missing" role="status">
          {words.mapMissing}
        </p>
      ) : (
        <>
          <div class="map-tools">
            <MapButton name="plus" label={words.zoomIn} onClick={() => view.current?.zoomBy(1)} />
            <MapButton name="minus" label={words.zoomOut} onClick={() => view.current?.zoomBy(-1)} />
            <MapButton name="target" label={words.wholeArea} onClick={() => view.current?.showAll(covered())} />
          </div>
          <Legend />
          {state.credits.value.length > 0 && (
            <p class="credits">{state.credits.value.join(" · ")}</p>
          )}
          <VehicleCard live={live} onSelect={onSelect} />
          <PursuitNote />
        </>
      )}
      <LostBanner />
      {state.link.value !== "lost" && bare && <p class="map-note">{words.waitingForFix}</p>}
      {state.link.value === "live" && state.positionsFailing.value && (
        <p class="map-note">{words.positionsFailed}</p>
      )}
    </section>
  );
}

function look() {
  const status = state.status.value;
  return {
    theme: state.theme.value,
    language: state.language.value,
    tiles: status?.tiles ?? null,
    attribution: status?.tiles_attribution ?? null,
  };
}

function MapButton(props: { name: "plus" | "minus" | "target"; label: string; onClick: () => void }) {
  return (
    <button type="button" class="tool" aria-label={props.label} title={props.label} onClick={props.onClick}>
      <Icon name={props.name} />
    </button>
  );
}

function Legend() {
  const words = state.words.value;
  return (
    <details class="legend">
      <summary>{words.legend}</summary>
      <ul>
        {[...LEVELS].reverse().map((level) => (
          <li key={level}>
            <LevelMark level={level} size={18} /> {words.levelAlarm[level]}
          </li>
        ))}
        <li><VehicleMark kind="moving" /> {words.legendMoving}</li>
        <li><VehicleMark kind="parked" /> {words.legendParked}</li>
        <li><VehicleMark kind="armed" /> {words.legendArmed}</li>
        <li><VehicleMark kind="stale" /> {words.legendStale}</li>
      </ul>
    </details>
  );
}

function VehicleCard({ live, onSelect }: { live: Live; onSelect: (id: string) => void }) {
  const words = state.words.value;
  state.followFleet();
  const chosen = state.hovered.value ?? state.pinned.value;
  const vehicle = chosen === null ? null : (live.fleet.byId(chosen.id) ?? chosen);
  if (vehicle === null) return null;
  const incident = [...state.feed.value.values()].find(
    (one) => one.vehicle_id === vehicle.id && isOpen(one),
  );
  const stale = state.now.value - vehicle.t > STALE_AFTER_S;
  return (
    <div class="vehicle-card">
      <p class="vehicle-title">
        {incident !== undefined && <LevelMark level={incident.level} size={18} />}
        <b class="plate">{vehicle.id}</b>
        <span class="soft">{words.statusWord[vehicle.status]}</span>
        {state.pinned.value !== null && state.hovered.value === null && (
          <button
            type="button"
            class="tool small"
            aria-label={words.close}
            onClick={() => (state.pinned.value = null)}
          >
            <Icon name="close" size={16} />
          </button>
        )}
      </p>
      <dl>
        <div>
          <dt>{words.speed}</dt>
          <dd>{Number.isNaN(vehicle.speedMps) ? words.unknown : words.speedUnit((vehicle.speedMps * 3.6).toFixed(0))}</dd>
        </div>
        <div>
          <dt>{words.heading}</dt>
          <dd>{headingText(vehicle)}</dd>
        </div>
        <div>
          <dt>{words.fixAge}</dt>
          <dd class={stale ? "old" : ""}>
            <Ago t={vehicle.t} />
            {stale && ` · ${words.staleFix}`}
          </dd>
        </div>
        <div>
          <dt>{words.armedLabel}</dt>
          <dd>{vehicle.armed ? words.armedYes : words.armedNo}</dd>
        </div>
      </dl>
      {incident !== undefined && (
        <button type="button" class="button" onClick={() => onSelect(incident.id)}>
          {words.openIncident}
        </button>
      )}
    </div>
  );
}

function headingText(vehicle: Vehicle): string {
  const { unknown } = state.words.value;
  return Number.isNaN(vehicle.headingDeg) ? unknown : `${Math.round(vehicle.headingDeg) % 360}°`;
}
