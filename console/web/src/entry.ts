/** How somebody comes in: a token in the address, a session that still stands, or the form. */

import * as api from "./api";
import { ApiError } from "./api";
import { tokenInFragment } from "./fragment";
import * as state from "./state";

const RETRY_MS = 2000;

/** Decide `state.access`; while nobody answers it asks again and again. */
export async function enter(): Promise<void> {
  const token = tokenInFragment(location.hash);
  // Out of the address before anything else: histories and screenshots keep addresses.
  if (token !== null) history.replaceState(null, "", location.pathname + location.search);
  for (;;) {
    try {
      if (token === null) await api.session();
      else await api.signIn(token);
      state.access.value = "signed-in";
      return;
    } catch (error) {
      const refused = error instanceof ApiError && (error.status === 401 || error.status === 403);
      if (refused && token !== null) {
        state.access.value = (await stands()) ? "signed-in" : "signed-out";
        return;
      }
      if (refused) {
        state.access.value = "signed-out";
        return;
      }
      state.access.value = "unreachable";
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** An old token in a bookmark must not throw out whoever is signed in. */
async function stands(): Promise<boolean> {
  try {
    await api.session();
    return true;
  } catch {
    return false;
  }
}
