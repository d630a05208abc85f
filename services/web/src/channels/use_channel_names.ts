/** The names of channels, for those who may know them. */
import { computed } from "vue";
import { expectBody } from "../api/client";
import { client, sessionState } from "../auth/current";
import { administers } from "../auth/roles";
import { useLoaded } from "../forms/use_loaded";

export async function listChannels(signal: AbortSignal): Promise<string[]> {
  return (await expectBody(client.GET("/api/v1/channels", { signal }))).channels.map(({ name }) => name);
}

/** Returns the names that a form may offer; none until they are known, and none to whoever may not read them. */
export function useChannelNames() {
  const { body } = useLoaded((signal) =>
    administers(sessionState.value.role) ? listChannels(signal) : Promise.resolve([]),
  );
  return computed(() => body.value ?? []);
}
