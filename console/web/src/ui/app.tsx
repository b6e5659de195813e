/** The page: the door, or the map with the list beside it (below it on narrow screens). */

import { useSignalEffect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import * as api from "../api";
import { incidentFragment, incidentInFragment } from "../fragment";
import { Live } from "../live";
import * as state from "../state";
import { DetailPanel } from "./detail_panel";
import { FeedPanel } from "./feed_panel";
import { MapPanel } from "./map_panel";
import { Icon } from "./marks";
import { SignIn, Unreachable } from "./sign_in";
import { TopBar } from "./top_bar";

export function App() {
  useSignalEffect(() => {
    document.documentElement.lang = state.words.value.htmlLang;
    document.documentElement.dataset["theme"] = state.theme.value;
    document.title = `${state.words.value.product} · ${state.words.value.incidents}`;
  });
  switch (state.access.value) {
    case "signed-in":
      return <Console />;
    case "signed-out":
      return <SignIn />;
    default:
      return <Unreachable />;
  }
}

function Console() {
  const words = state.words.value;
  const live = useMemo(() => new Live(), []);
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    live.start();
    return () => {
      live.stop();
      state.forget();
    };
  }, [live]);
  useEffect(() => {
    const onPop = (): void => {
      state.selectedId.value = incidentInFragment(location.hash);
    };
    onPop();
    window.addEventListener("popstate", onPop);
    return () => window.removeEventListener("popstate", onPop);
  }, []);

  const select = (id: string): void => {
    if (state.selectedId.value !== id)
      history.pushState({ from: "list" }, "", incidentFragment(id));
    state.selectedId.value = id;
    if (state.sheet.value === "peek") state.sheet.value = "half";
  };
  const back = (): void => {
    const id = state.selectedId.value;
    if ((history.state as { from?: string } | null)?.from === "list") history.back();
    else history.replaceState(null, "", location.pathname + location.search);
    state.selectedId.value = null;
    requestAnimationFrame(() => {
      const card = id === null ? null : document.querySelector(`.card[data-incident="${CSS.escape(id)}"]`);
      if (card instanceof HTMLElement) card.focus({ preventScroll: false });
    });
  };
  const signOut = async (): Promise<void> => {
    try {
      await api.signOut();
    } finally {
      state.access.value = "signed-out";
    }
  };
  const covered = (): number => {
    const narrow = window.matchMedia("(max-width: 820px)").matches;
    return narrow ? (panel.current?.getBoundingClientRect().height ?? 0) : 0;
  };

  const selected = state.feed.value.get(state.selectedId.value ?? "");
  const selectedId = selected?.id;
  useEffect(() => {
    if (selectedId !== undefined && panel.current !== null) panel.current.scrollTop = 0;
  }, [selectedId]);
  return (
    <div class="console" data-link={state.link.value}>
      <a class="skip" href="#feed" onClick={(event) => { event.preventDefault(); panel.current?.focus(); }}>
        {words.skipToFeed}
      </a>
      <TopBar onSignOut={() => void signOut()} />
      <MapPanel live={live} onSelect={select} covered={covered} />
      <main class="panel" id="feed" tabIndex={-1} ref={panel} data-sheet={state.sheet.value}>
        <SheetHandle />
        {selected === undefined ? (
          <FeedPanel fleet={() => live.fleet} onSelect={select} onOlder={() => live.older()} />
        ) : (
          <DetailPanel
            incident={selected}
            fleet={() => live.fleet}
            onBack={back}
            onChanged={(incident) => live.learn(incident)}
          />
        )}
      </main>
      <p class="unseen" role="alert" aria-live="assertive">
        {state.announcement.value}
      </p>
    </div>
  );
}

/** On narrow screens the list lies over the map; a press pulls it up, and down again at the top. */
function SheetHandle() {
  const words = state.words.value;
  const sheet = state.sheet.value;
  const next = { peek: "half", half: "full", full: "peek" } as const;
  return (
    <button
      type="button"
      class="sheet-handle"
      aria-label={sheet === "full" ? words.collapseSheet : words.expandSheet}
      aria-expanded={sheet !== "peek"}
      onClick={() => (state.sheet.value = next[sheet])}
    >
      <span class="grip" aria-hidden="true" />
      <Icon name="chevron" size={16} />
    </button>
  );
}
