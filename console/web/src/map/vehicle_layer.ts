/**
 * Every vehicle of the fleet in two draw calls: the ordinary ones below the map's names, those with an
 * incident above them.
 *
 * The vertex buffer is written only when the fleet changed; between two fixes the graphics card moves
 * the points by itself, and only at zooms where that can be seen.
 */

import type { CustomLayerInterface, CustomRenderMethodInput, Map as MapLibre } from "maplibre-gl";
import { STRIDE, type Fleet } from "../fleet";
import { STALE_AFTER_S } from "../time";
import type { Palette } from "./palette";
import { FRAGMENT, VERTEX } from "./vehicle_shader";

/** Seconds that a vehicle takes on the screen from its last fix to the new one. */
const GLIDE_S = 0.9;
/** Below this zoom a move between two fixes is a pixel or two. */
const GLIDE_FROM_ZOOM = 12;

export interface Scene {
  fleet: Fleet;
  palette: Palette;
  /** Epoch seconds on the server's clock. */
  now: () => number;
  /** Seconds on the page's steady clock, on which arrivals are noted. */
  steady: () => number;
  reducedMotion: () => boolean;
}

/** What the layer did, for whoever wants to know whether it keeps up. */
export interface DrawCounts {
  frames: number;
  drawCalls: number;
  /** Vehicles drawn in the last frame. */
  drawn: number;
  uploads: number;
}

/** Radius of a parked vehicle's dot in CSS pixels. */
export function dotRadius(zoom: number): number {
  const share = Math.max(0, Math.min(1, (zoom - 8) / 7));
  return 1.1 + share + 4.2 * share * share;
}

interface Resources {
  program: WebGLProgram;
  vertices: WebGLBuffer;
  order: WebGLBuffer;
  array: WebGLVertexArrayObject;
  uniform: (name: string) => WebGLUniformLocation | null;
}

export class VehicleLayers {
  readonly ordinary: CustomLayerInterface;
  readonly raised: CustomLayerInterface;
  readonly counts: DrawCounts = { frames: 0, drawCalls: 0, drawn: 0, uploads: 0 };

  #resources: Resources | null = null;
  #map: MapLibre | null = null;
  #uploaded = -1;
  #uploadedFleet: Fleet | null = null;
  #changedAtS = -Infinity;
  readonly #matrix = new Float32Array(16);

  constructor(private readonly scene: () => Scene) {
    this.ordinary = {
      id: "vehicles",
      type: "custom",
      onAdd: (map, gl) => {
        this.#map = map;
        this.#resources = create(gl);
        this.#uploaded = -1;
      },
      onRemove: (_map, gl) => {
        if (this.#resources !== null) destroy(gl, this.#resources);
        this.#resources = null;
      },
      render: (gl, input) => {
        this.counts.frames += 1;
        this.counts.drawn = 0;
        this.#upload(gl);
        this.#draw(gl, input, 0, this.scene().fleet.raisedFrom);
      },
    };
    this.raised = {
      id: "vehicles-raised",
      type: "custom",
      render: (gl, input) => {
        const { fleet } = this.scene();
        this.#draw(gl, input, fleet.raisedFrom, fleet.order.length);
        this.#keepMoving();
      },
    };
  }

  #upload(gl: WebGL2RenderingContext): void {
    const { fleet, steady } = this.scene();
    const resources = this.#resources;
    if (resources === null) return;
    if (this.#uploadedFleet === fleet && this.#uploaded === fleet.version) return;
    gl.bindVertexArray(resources.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, resources.vertices);
    gl.bufferData(gl.ARRAY_BUFFER, fleet.vertices, gl.DYNAMIC_DRAW);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, resources.order);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, fleet.order, gl.DYNAMIC_DRAW);
    gl.bindVertexArray(null);
    this.#uploaded = fleet.version;
    this.#uploadedFleet = fleet;
    this.#changedAtS = steady();
    this.counts.uploads += 1;
  }

  #draw(
    gl: WebGL2RenderingContext,
    input: CustomRenderMethodInput,
    from: number,
    to: number,
  ): void {
    const resources = this.#resources;
    const map = this.#map;
    if (resources === null || map === null || to <= from) return;
    const { fleet, palette, now, steady } = this.scene();
    const zoom = map.getZoom();
    const pixel = map.getPixelRatio();
    const { uniform } = resources;
    gl.useProgram(resources.program);
    gl.bindVertexArray(resources.array);
    gl.uniformMatrix4fv(uniform("u_matrix"), false, this.#fromOrigin(input, fleet));
    gl.uniform1f(uniform("u_now"), steady());
    gl.uniform1f(uniform("u_glide"), this.#glides() ? GLIDE_S : 0);
    gl.uniform1f(uniform("u_fix_now"), now() - fleet.epoch);
    gl.uniform1f(uniform("u_stale"), STALE_AFTER_S);
    gl.uniform1f(uniform("u_radius"), dotRadius(zoom) * pixel);
    gl.uniform1f(uniform("u_pixel"), pixel);
    gl.uniform1f(uniform("u_alpha"), Math.max(0.5, Math.min(0.95, 0.5 + (zoom - 8) / 8)));
    gl.uniform1f(uniform("u_ring"), Math.max(0, Math.min(1, zoom - 11.5)));
    const { unknown, parked, moving, levels } = palette;
    gl.uniform3fv(uniform("u_colours[0]"), [unknown, parked, moving, ...levels].flat());
    gl.uniform3fv(uniform("u_armed"), [...palette.armed]);
    gl.uniform3fv(uniform("u_outline"), [...palette.outline]);
    gl.drawElements(gl.POINTS, to - from, gl.UNSIGNED_INT, from * Uint32Array.BYTES_PER_ELEMENT);
    gl.bindVertexArray(null);
    this.counts.drawCalls += 1;
    this.counts.drawn += to - from;
  }

  /** The map's matrix moved to the fleet's origin in 64 bits, and only then cut to 32. */
  #fromOrigin(input: CustomRenderMethodInput, fleet: Fleet): Float32Array {
    const world = input.defaultProjectionData.mainMatrix;
    const { originX: x, originY: y } = fleet;
    this.#matrix.set(world);
    for (let i = 0; i < 4; i += 1) {
      this.#matrix[12 + i] =
        (world[i] ?? 0) * x + (world[4 + i] ?? 0) * y + (world[12 + i] ?? 0);
    }
    return this.#matrix;
  }

  #glides(): boolean {
    return (
      !this.scene().reducedMotion() && (this.#map?.getZoom() ?? 0) >= GLIDE_FROM_ZOOM
    );
  }

  #keepMoving(): void {
    if (this.#glides() && this.scene().steady() - this.#changedAtS < GLIDE_S)
      this.#map?.triggerRepaint();
  }
}

function create(gl: WebGL2RenderingContext): Resources {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(type);
    if (shader === null) throw new Error("vehicle layer: the graphics context is lost");
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true && !gl.isContextLost())
    throw new Error(`vehicle layer: ${gl.getProgramInfoLog(program) ?? "the program does not link"}`);
  const vertices = gl.createBuffer();
  const order = gl.createBuffer();
  const array = gl.createVertexArray();
  gl.bindVertexArray(array);
  gl.bindBuffer(gl.ARRAY_BUFFER, vertices);
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, order);
  const stride = STRIDE * Float32Array.BYTES_PER_ELEMENT;
  gl.enableVertexAttribArray(0);
  gl.vertexAttribPointer(0, 4, gl.FLOAT, false, stride, 0);
  gl.enableVertexAttribArray(1);
  gl.vertexAttribPointer(1, 4, gl.FLOAT, false, stride, stride / 2);
  gl.bindVertexArray(null);
  const known = new Map<string, WebGLUniformLocation | null>();
  const uniform = (name: string): WebGLUniformLocation | null => {
    let location = known.get(name);
    if (location === undefined) {
      location = gl.getUniformLocation(program, name);
      known.set(name, location);
    }
    return location;
  };
  return { program, vertices, order, array, uniform };
}

function destroy(gl: WebGL2RenderingContext, resources: Resources): void {
  gl.deleteProgram(resources.program);
  gl.deleteBuffer(resources.vertices);
  gl.deleteBuffer(resources.order);
  gl.deleteVertexArray(resources.array);
}
