/** The console's HTTP API.  Every call raises `ApiError`; its `status` is 0 when nobody answered. */

import type { Incident, IncidentDetail, Level, Outcome, Status, Step, Town, Word } from "./model";
import type { Pursuit } from "./pursuit";
import { readPositions, type Positions } from "./positions";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** Where the API is: beside the page, wherever a proxy put it. */
const ROOT = "api/v1/";

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(new URL(ROOT + path, document.baseURI), {
      credentials: "same-origin",
      cache: "no-store",
      ...init,
    });
  } catch (error) {
    throw new ApiError(0, error instanceof Error ? error.message : String(error));
  }
  if (!response.ok) throw new ApiError(response.status, await complaint(response));
  return response;
}

/** The server's words about what went wrong, from RFC 9457 problem details or FastAPI's `detail`. */
async function complaint(response: Response): Promise<string> {
  const fallback = `${response.status} ${response.statusText}`.trim();
  try {
    const body: unknown = await response.json();
    if (typeof body === "object" && body !== null) {
      for (const key of ["detail", "title", "error", "message"]) {
        const text = (body as Record<string, unknown>)[key];
        if (typeof text === "string" && text !== "") return text;
      }
    }
  } catch {
    // Not JSON: the status line is all there is to say.
  }
  return fallback;
}

async function json<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await ask(path, init);
  try {
    return (await response.json()) as T;
  } catch {
    throw new ApiError(response.status, "the answer is not JSON");
  }
}

async function post<T>(path: string, body: unknown): Promise<T> {
  return json<T>(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

export async function session(): Promise<void> {
  await ask("session");
}

export async function signIn(token: string): Promise<void> {
  // Header values are Latin-1: anything else cannot be a token, and fetch would raise on it.
  if (!/^[\x20-\x7e]+$/.test(token)) throw new ApiError(401, "not a token");
  await ask("session", { method: "POST", headers: { Authorization: `Bearer ${token}` } });
}

export async function signOut(): Promise<void> {
  await ask("session", { method: "DELETE" });
}

export async function incidents(
  cursor: string | null,
): Promise<{ items: Incident[]; next: string | null; seq: number }> {
  const query = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
  return json(`incidents?limit=100${query}`);
}

export async function incident(id: string): Promise<IncidentDetail> {
  return json(`incidents/${encodeURIComponent(id)}`);
}

/** Where the vehicle of an open red incident can be. */
export async function pursuit(id: string): Promise<Pursuit> {
  return json(`incidents/${encodeURIComponent(id)}/pursuit`);
}

export async function sign(id: string, reason: string): Promise<Incident> {
  return post(`incidents/${encodeURIComponent(id)}/sign`, { reason });
}

export async function step(id: string, name: Step): Promise<Incident> {
  return post(`incidents/${encodeURIComponent(id)}/steps`, { step: name, by: "tap" });
}

export async function undo(id: string): Promise<Incident> {
  return post(`incidents/${encodeURIComponent(id)}/undo`, {});
}

export async function close(id: string, outcome: Outcome, reason: string): Promise<Incident> {
  return post(`incidents/${encodeURIComponent(id)}/close`, { reason, outcome });
}

export async function answer(id: string, word: Word, reason?: string): Promise<Incident> {
  return post(`incidents/${encodeURIComponent(id)}/answer`, { word, reason });
}

export async function lower(id: string, level: Level, reason: string): Promise<Incident> {
  return post(`incidents/${encodeURIComponent(id)}/lower`, { level, reason });
}

export async function status(): Promise<Status> {
  return json("status");
}

/** A collection's `attribution` (a foreign member of RFC 7946): whom the map has to name. */
export function attributionOf(collection: GeoJSON.FeatureCollection): string | null {
  const { attribution } = collection as { attribution?: unknown };
  return typeof attribution === "string" && attribution !== "" ? attribution : null;
}

export async function zones(): Promise<GeoJSON.FeatureCollection> {
  return json("zones");
}

export async function towns(): Promise<{ towns: Town[]; attribution: string | null }> {
  const collection = await json<GeoJSON.FeatureCollection>("towns");
  const found: Town[] = [];
  for (const feature of collection.features) {
    if (feature.geometry.type !== "Point") continue;
    const [lon, lat] = feature.geometry.coordinates;
    const { name_zh: zh, name_en: en } = (feature.properties ?? {}) as Record<string, unknown>;
    if (lon === undefined || lat === undefined) continue;
    if (typeof en !== "string" && typeof zh !== "string") continue;
    const nameZh = typeof zh === "string" ? zh : null;
    found.push({ lon, lat, name_zh: nameZh, name_en: typeof en === "string" ? en : (nameZh ?? "") });
  }
  return { towns: found, attribution: attributionOf(collection) };
}

/** Vehicles that changed after `since`, and the revision to ask for next. */
export async function positions(
  since: number,
): Promise<{ revision: number; positions: Positions }> {
  const response = await ask(`vehicles/positions?since=${since}`);
  const revision = Number(response.headers.get("X-Revision") ?? Number.NaN);
  if (!Number.isFinite(revision)) throw new ApiError(response.status, "X-Revision is missing");
  return { revision, positions: readPositions(await response.arrayBuffer()) };
}
