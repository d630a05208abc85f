/** Silences at the API. */
import { expectBody } from "../api/client";
import type { KeptSilence } from "../api/types";
import { client } from "../auth/current";
import { arranged } from "./arrange";
import type { SilenceBody } from "./draft";

const PAGE_SILENCES = 500;

/** Returns every silence, also those that are over: what counts now first, then the newest. */
export async function listSilences(signal: AbortSignal): Promise<KeptSilence[]> {
  const silences: KeptSilence[] = [];
  let cursor: string | null = null;
  do {
    const more: { cursor?: string } = cursor === null ? {} : { cursor };
    const query = { limit: PAGE_SILENCES, over: true, ...more };
    const page: { silences: KeptSilence[]; next_cursor: string | null } = await expectBody(
      client.GET("/api/v1/silences", { params: { query }, signal }),
    );
    silences.push(...page.silences);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return arranged(silences);
}

/** Makes a silence, or replaces the one that was read unless another revision stands there by now. */
export async function saveSilence(body: SilenceBody, kept: KeptSilence | null): Promise<void> {
  if (kept === null) await expectBody(client.POST("/api/v1/silences", { body }));
  else {
    const params = { path: { id: kept.id }, query: { revision: kept.revision } };
    await expectBody(client.PUT("/api/v1/silences/{id}", { params, body }));
  }
}

export async function endSilence({ id, revision }: KeptSilence): Promise<void> {
  await expectBody(client.DELETE("/api/v1/silences/{id}", { params: { path: { id }, query: { revision } } }));
}
