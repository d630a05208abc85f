/** One host: what it is, its recent past and its present. */
import { computed, onScopeDispose, ref, shallowRef } from "vue";
import { ApiError, expectBody } from "../api/client";
import type { Family, HostDetail } from "../api/types";
import { client } from "../auth/current";
import type { LiveSample } from "../live/frames";
import { useStream } from "../live/use_stream";
import { useHistories } from "./use_histories";

const DETAIL_MILLISECONDS = 5_000;

/** Returns the host's state and series, kept current until the component is gone. */
export function useHost(host: string, families: readonly Family[]) {
  const detail = shallowRef<HostDetail | null>(null);
  const missing = ref(false);
  const processes = shallowRef<LiveSample | null>(null);
  const byName = new Map(families.map((family) => [family.name, family]));
  const past = useHistories(host, families, intervalSeconds);

  /** The host's own rhythm, where its inventory tells. */
  function intervalSeconds(family: string): number {
    return detail.value?.inventory?.intervals[family] ?? byName.get(family)?.interval_seconds ?? 1;
  }

  function onSamples(samples: LiveSample[]): void {
    for (const sample of samples) {
      if (sample.host !== host) continue;
      if (byName.get(sample.type)?.churning) processes.value = sample;
      else past.add(sample);
    }
  }

  async function describe(): Promise<void> {
    try {
      detail.value = await expectBody(client.GET("/api/v1/hosts/{host}", { params: { path: { host } } }));
      missing.value = false;
    } catch (error) {
      missing.value = error instanceof ApiError && error.status === 404;
    }
  }

  const newest = computed(() => {
    // Reading the revisions makes this follow the live samples.
    const live = Object.entries(past.revisions).map(([family]) => past.histories.get(family)?.newest ?? 0);
    const listed = detail.value?.last_sample_time;
    const newestTime = Math.max(0, ...live, listed ? Date.parse(listed) : 0);
    return newestTime === 0 ? null : newestTime;
  });

  /** Oldest sample of any family, null until what the API keeps is known. */
  const oldest = computed(() => {
    // Reading every revision makes this follow what is added and trimmed.
    const names = Object.entries(past.revisions).map(([family]) => family);
    if (Object.values(past.statuses).includes("loading")) return null;
    const times = names.map((family) => past.histories.get(family)?.oldest ?? null).filter((time) => time !== null);
    return times.length === 0 ? null : Math.min(...times);
  });

  const poll = window.setInterval(() => void describe(), DETAIL_MILLISECONDS);
  onScopeDispose(() => window.clearInterval(poll));
  useStream({ hosts: [host], types: [...byName.keys()] }, { onSamples, onMissed: past.recover });
  void describe();
  return { ...past, detail, missing, processes, newest, oldest, intervalSeconds };
}
