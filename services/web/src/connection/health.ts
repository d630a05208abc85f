/** Watches the health of the services while somebody is signed in. */
import { onScopeDispose, watch } from "vue";
import { expectBody } from "../api/client";
import type { Health } from "../api/types";
import { client, sessionState } from "../auth/current";
import { connection } from "./state";

const PERIOD_MILLISECONDS = 5_000;

/** Keeps what `connection` says of bus, streams, database and storage current for as long as the calling component lives. */
export function watchHealth(): void {
  let stopped = false;
  let timer = 0;
  async function look(): Promise<void> {
    if (sessionState.value.status === "signed-in" && document.visibilityState === "visible") {
      await expectBody(client.GET("/api/v1/health"))
        .then(note)
        .catch(() => undefined);
    }
    window.clearTimeout(timer);
    if (!stopped) timer = window.setTimeout(() => void look(), PERIOD_MILLISECONDS);
  }
  watch(
    () => sessionState.value.status,
    () => {
      window.clearTimeout(timer);
      void look();
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    stopped = true;
    window.clearTimeout(timer);
  });
}

function note(health: Health): void {
  const down = new Set(
    (health.components ?? []).filter((component) => component.status !== "ok").map((component) => component.name),
  );
  connection.bus = down.has("bus") ? "down" : "ok";
  connection.database = down.has("database") ? "down" : "ok";
  connection.storage = health.storage ?? null;
  connection.unread = health.unread ?? [];
}
