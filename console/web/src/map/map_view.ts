/** The map on the page: owns MapLibre, its layers and the markers of what is urgent or selected. */

import { Map as MapLibre, Marker, ScaleControl, setWorkerUrl } from "maplibre-gl";
import type { GeoJSONSource, LngLatBoundsLike, StyleSpecification } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { Fleet, Vehicle } from "../fleet";
import type { Language } from "../i18n";
import { basemap, boundsOf, FIRST_LABEL_LAYER, NO_DATA, type BasemapData } from "./basemap";
import { PALETTES, type Theme } from "./palette";
import { PURSUIT_SOURCE } from "./pursuit_layer";
import { dotRadius, VehicleLayers, type DrawCounts } from "./vehicle_layer";

// The worker is a file of our own, so that the content security policy need not allow blob:.
setWorkerUrl(new URL(workerUrl, document.baseURI).href);

/** More pulsing rings than this tell nobody where to look. */
const MOST_PULSES = 24;

export interface MapLook {
  theme: Theme;
  language: Language;
  tiles: string | null;
  attribution: string | null;
}

export interface MapClocks {
  now: () => number;
  steady: () => number;
}

export interface Place {
  lon: number;
  lat: number;
}

export class MapUnavailableError extends Error {}

export class MapView {
  readonly #map: MapLibre;
  readonly #vehicles: VehicleLayers;
  readonly #motion = window.matchMedia("(prefers-reduced-motion: reduce)");
  #fleet: Fleet;
  #look: MapLook;
  #data: BasemapData = NO_DATA;
  #ready = false;
  #home: LngLatBoundsLike | null = null;
  #pulses: Marker[] = [];
  #selection: Marker | null = null;

  /** Raises `MapUnavailableError` where the browser has no WebGL 2. */
  constructor(container: HTMLElement, look: MapLook, fleet: Fleet, clocks: MapClocks) {
    this.#look = look;
    this.#fleet = fleet;
    this.#vehicles = new VehicleLayers(() => ({
      fleet: this.#fleet,
      palette: PALETTES[this.#look.theme],
      now: clocks.now,
      steady: clocks.steady,
      reducedMotion: () => this.#motion.matches,
    }));
    if (document.createElement("canvas").getContext("webgl2") === null)
      throw new MapUnavailableError("no WebGL 2");
    try {
      this.#map = new MapLibre({
        container,
        style: this.#style(),
        center: [112.36, 28.55],
        zoom: 8,
        minZoom: 3,
        maxZoom: 19,
        maxPitch: 0,
        attributionControl: { compact: true },
        dragRotate: false,
        pitchWithRotate: false,
        renderWorldCopies: false,
        fadeDuration: 150,
      });
    } catch (error) {
      throw new MapUnavailableError(error instanceof Error ? error.message : String(error));
    }
    this.#map.touchZoomRotate.disableRotation();
    this.#map.keyboard.disableRotation();
    this.#map.addControl(new ScaleControl({ maxWidth: 110 }), "bottom-left");
    this.#map.on("load", () => {
      this.#ready = true;
      this.#addVehicles();
      this.#setData();
    });
  }

  get counts(): DrawCounts {
    return this.#vehicles.counts;
  }

  destroy(): void {
    this.#map.remove();
  }

  setFleet(fleet: Fleet): void {
    this.#fleet = fleet;
    this.#map.triggerRepaint();
  }

  setData(
    data: BasemapData,
    bounds: [number, number, number, number] | null,
    covered: number,
  ): void {
    this.#data = data;
    this.#setData();
    const home = boundsOf(data) ?? bounds;
    if (home === null) return;
    const first = this.#home === null;
    this.#home = home;
    if (first) this.showAll(covered, false);
  }

  /** Theme, language and tiles.  Layers are changed in place: a new style would blink. */
  setLook(look: MapLook): void {
    const tilesChanged = look.tiles !== this.#look.tiles;
    this.#look = look;
    if (!this.#ready) {
      this.#map.setStyle(this.#style(), { diff: false });
      return;
    }
    if (tilesChanged) {
      this.#map.setStyle(this.#style(), { diff: false });
      void this.#map.once("styledata", () => {
        this.#addVehicles();
        this.#setData();
      });
      return;
    }
    for (const layer of this.#style().layers) {
      for (const [name, value] of Object.entries(layer.paint ?? {}))
        this.#map.setPaintProperty(layer.id, name as never, value as never);
      if (layer.type === "symbol")
        this.#map.setLayoutProperty(layer.id, "text-field", layer.layout?.["text-field"]);
    }
  }

  /** Fit everything into what `covered` pixels at the bottom leave free. */
  showAll(covered: number, animate = true): void {
    if (this.#home === null) return;
    const padding = { top: 28, left: 28, right: 76, bottom: 28 + covered };
    this.#map.fitBounds(this.#home, { padding, animate: animate && !this.#motion.matches });
  }

  zoomBy(steps: number): void {
    this.#map.easeTo({ zoom: this.#map.getZoom() + steps, duration: this.#motion.matches ? 0 : 200 });
  }

  /** Red rings that pulse (where the reader allows motion) around what is most urgent. */
  setPulses(places: readonly Place[]): void {
    const wanted = places.slice(0, MOST_PULSES);
    while (this.#pulses.length > wanted.length) this.#pulses.pop()?.remove();
    wanted.forEach((place, i) => {
      let marker = this.#pulses[i];
      if (marker === undefined) {
        marker = new Marker({ element: element("pulse") }).setLngLat([place.lon, place.lat]);
        marker.addTo(this.#map);
        this.#pulses.push(marker);
      }
      marker.setLngLat([place.lon, place.lat]);
    });
  }

  /** Mark where an incident began, where its vehicle is now, and the way between them. */
  select(began: Place | null, now: Place | null): void {
    const at = now ?? began;
    if (at === null) {
      this.#selection?.remove();
      this.#selection = null;
    } else {
      this.#selection ??= new Marker({ element: element("selection") })
        .setLngLat([at.lon, at.lat])
        .addTo(this.#map);
      this.#selection.setLngLat([at.lon, at.lat]);
    }
    this.#route(began, now);
  }

  /** What is drawn of a pursuit (`drawing` of `../pursuit`). */
  setPursuit(drawn: GeoJSON.FeatureCollection): void {
    void this.#source(PURSUIT_SOURCE)?.setData(drawn);
  }

  fly(places: readonly Place[], bottomPadding: number): void {
    const [first, ...rest] = places;
    if (first === undefined) return;
    let [w, s, e, n] = [first.lon, first.lat, first.lon, first.lat];
    for (const { lon, lat } of rest)
      [w, s, e, n] = [Math.min(w, lon), Math.min(s, lat), Math.max(e, lon), Math.max(n, lat)];
    this.#map.fitBounds([w, s, e, n], {
      padding: { top: 80, left: 60, right: 96, bottom: 70 + bottomPadding },
      maxZoom: 14,
      duration: this.#motion.matches ? 0 : 900,
    });
  }

  /** Tell `over` which vehicle lies under the pointer, and `click` which one was chosen. */
  onPointer(over: (vehicle: Vehicle | null) => void, click: (vehicle: Vehicle | null) => void): void {
    // Looked up once a frame, for where the pointer is by then: of a fast hand the last place
    // counts, not the first.
    let last: { lng: number; lat: number } | null = null;
    let pending = false;
    this.#map.on("mousemove", (event) => {
      last = event.lngLat;
      if (pending) return;
      pending = true;
      requestAnimationFrame(() => {
        pending = false;
        over(last === null ? null : this.#pick(last, 4));
      });
    });
    this.#map.on("mouseout", () => {
      last = null;
      over(null);
    });
    this.#map.on("click", (event) => click(this.#pick(event.lngLat, 14)));
  }

  /** Where a place lies on the canvas now, in CSS pixels from its top left corner. */
  project(lon: number, lat: number): [number, number] {
    const { x, y } = this.#map.project([lon, lat]);
    return [x, y];
  }

  setPointing(pointing: boolean): void {
    this.#map.getCanvas().style.cursor = pointing ? "pointer" : "";
  }

  resize(): void {
    this.#map.resize();
  }

  label(text: string): void {
    this.#map.getCanvas().setAttribute("aria-label", text);
  }

  #pick(at: { lng: number; lat: number }, slackPx: number): Vehicle | null {
    const zoom = this.#map.getZoom();
    const worldPx = 512 * 2 ** zoom;
    return this.#fleet.pick(at.lng, at.lat, (dotRadius(zoom) * 1.5 + slackPx) / worldPx);
  }

  #style(): StyleSpecification {
    const { theme, language, tiles, attribution } = this.#look;
    return basemap(this.#data, { palette: PALETTES[theme], language, tiles, attribution });
  }

  #addVehicles(): void {
    if (this.#map.getLayer("vehicles") !== undefined) return;
    this.#map.addLayer(this.#vehicles.ordinary, FIRST_LABEL_LAYER);
    this.#map.addLayer(this.#vehicles.raised);
  }

  #setData(): void {
    if (!this.#ready) return;
    void this.#source("areas")?.setData(this.#data.areas);
    void this.#source("corridors")?.setData(this.#data.corridors);
    void this.#source("county-labels")?.setData(this.#data.countyLabels);
    void this.#source("town-labels")?.setData(this.#data.townLabels);
  }

  #route(began: Place | null, now: Place | null): void {
    const features: GeoJSON.Feature[] =
      began === null || now === null
        ? []
        : [
            {
              type: "Feature",
              properties: {},
              geometry: { type: "Point", coordinates: [began.lon, began.lat] },
            },
            {
              type: "Feature",
              properties: {},
              geometry: {
                type: "LineString",
                coordinates: [
                  [began.lon, began.lat],
                  [now.lon, now.lat],
                ],
              },
            },
          ];
    void this.#source("route")?.setData({ type: "FeatureCollection", features });
  }

  #source(id: string): GeoJSONSource | undefined {
    return this.#ready ? this.#map.getSource<GeoJSONSource>(id) : undefined;
  }
}

function element(className: string): HTMLElement {
  const made = document.createElement("div");
  made.className = className;
  made.setAttribute("aria-hidden", "true");
  return made;
}
