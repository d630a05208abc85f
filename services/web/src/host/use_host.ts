/** One host: what it is, its recent past and its present. */
import { computed, onScopeDispose, reactive, ref, shallowRef } from "vue";
import { ApiError, expectBody } from "../api/client";
import type { Family, FamilyName, HostDetail } from "../api/types";
import { client } from "../auth/current";
import { serverNow } from "../format/server_clock";
import type { LiveSample } from "../live/frames";
import { useStream } from "../live/use_stream";
import { GAP_INTERVALS } from "../series/gaps";
import { FamilyHistory } from "../series/history";

export const WINDOW_SECONDS = 900;
const DETAIL_MILLISECONDS = 5_000;
const RETRY_MILLISECONDS = 5_000;
const DRAW_MILLISECONDS = 100;
/** What came live may reach the database later: the recent past is asked for again after so long. */
const SETTLE_MILLISECONDS = [4_000, 20_000];
const POINTS_MAX = 1_000;

export type HistoryStatus = "loading" | "loaded" | "unavailable";

/** Returns the host's state and series, kept current until the component is gone. */
export function useHost(host: string, families: readonly Family[]) {
  const detail = shallowRef<HostDetail | null>(null);
  const missing = ref(false);
  const processes = shallowRef<LiveSample | null>(null);
  const histories = new Map(
    families.map((family) => [family.name, new FamilyHistory(family.labels.map((l) => l.name))]),
  );
  const byName = new Map(families.map((family) => [family.name, family]));
  const wanted = new Map<string, Set<string>>();
  const revisions = reactive<Record<string, number>>({});
  const statuses = reactive<Record<string, HistoryStatus>>({});
  const timers = new Set<number>();

  function later(callback: () => void, milliseconds: number): void {
    const timer = window.setTimeout(() => {
      timers.delete(timer);
      callback();
    }, milliseconds);
    timers.add(timer);
  }

  /** The host's own rhythm, where its inventory tells. */
  function intervalSeconds(family: string): number {
    return detail.value?.inventory?.intervals[family] ?? byName.get(family)?.interval_seconds ?? 1;
  }

  const changed = new Set<string>();
  function noteChange(family: string): void {
    if (changed.size === 0) later(drawChanged, DRAW_MILLISECONDS);
    changed.add(family);
  }

  function drawChanged(): void {
    const oldest = serverNow() - (WINDOW_SECONDS + 60) * 1000;
    for (const family of changed) {
      histories.get(family)?.trim(oldest);
      revisions[family] = (revisions[family] ?? 0) + 1;
    }
    changed.clear();
  }

  async function load(family: string, gauges: readonly string[]): Promise<void> {
    if (gauges.length === 0) return;
    try {
      const query = { host: [host], start: `-${WINDOW_SECONDS}s`, columns: gauges.join(","), points_max: POINTS_MAX };
      // The schema lists the families of the build; the page draws whichever the API names.
      const params = { path: { family: family as FamilyName }, query };
      histories.get(family)?.addRange(await expectBody(client.GET("/api/v1/metrics/{family}", { params })));
      statuses[family] = "loaded";
      noteChange(family);
    } catch (error) {
      // A host that never reported this family is an answer too.
      if (error instanceof ApiError && error.status === 404) {
        statuses[family] = "loaded";
        return;
      }
      statuses[family] = "unavailable";
      later(() => void load(family, gauges), RETRY_MILLISECONDS);
    }
  }

  /** Asks for the past of gauges that a panel shows; what comes live is kept anyway. */
  function want(family: string, gauges: readonly string[]): void {
    const known = wanted.get(family) ?? new Set<string>();
    wanted.set(family, known);
    const fresh = gauges.filter((gauge) => !known.has(gauge));
    fresh.forEach((gauge) => known.add(gauge));
    statuses[family] ??= "loading";
    void load(family, fresh);
  }

  function reload(): void {
    for (const [family, gauges] of wanted) void load(family, [...gauges]);
  }

  let settling = false;
  function recover(): void {
    if (settling) return;
    settling = true;
    reload();
    SETTLE_MILLISECONDS.forEach((wait) => later(reload, wait));
    later(() => (settling = false), Math.min(...SETTLE_MILLISECONDS));
  }

  function onSamples(samples: LiveSample[]): void {
    for (const sample of samples) {
      if (sample.host !== host) continue;
      if (byName.get(sample.type)?.churning) processes.value = sample;
      const history = histories.get(sample.type);
      if (history === undefined || byName.get(sample.type)?.churning) continue;
      const before = history.newest;
      if (!history.addSample(sample)) continue;
      const jump = history.newest - before;
      if (before > 0 && jump > intervalSeconds(sample.type) * GAP_INTERVALS * 1000) recover();
      noteChange(sample.type);
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

  const poll = window.setInterval(() => void describe(), DETAIL_MILLISECONDS);
  onScopeDispose(() => {
    window.clearInterval(poll);
    timers.forEach((timer) => window.clearTimeout(timer));
  });
  useStream({ hosts: [host], types: families.map((family) => family.name) }, { onSamples, onMissed: recover });
  void describe();
  later(reload, SETTLE_MILLISECONDS[0] ?? 0);

  const newest = computed(() => {
    // Reading the revisions makes this follow the live samples.
    const live = Object.keys(revisions).map((family) => (revisions[family] ? (histories.get(family)?.newest ?? 0) : 0));
    const listed = detail.value?.last_sample_time;
    const newestTime = Math.max(0, ...live, listed ? Date.parse(listed) : 0);
    return newestTime === 0 ? null : newestTime;
  });
  return { detail, missing, processes, histories, revisions, statuses, newest, intervalSeconds, want };
}
