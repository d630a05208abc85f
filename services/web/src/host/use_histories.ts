/** The recent past of every family of a host: asked of the API, continued live, mended where something was missed. */
import { onScopeDispose, reactive } from "vue";
import { expectBody, isRefusal } from "../api/client";
import type { Family, FamilyName } from "../api/types";
import { client } from "../auth/current";
import { serverNow } from "../format/server_clock";
import type { LiveSample } from "../live/frames";
import { GAP_INTERVALS } from "../series/gaps";
import { FamilyHistory } from "../series/history";

export const WINDOW_SECONDS = 900;
export type HistoryStatus = "loading" | "loaded" | "unavailable";

const RETRY_MILLISECONDS = 5_000;
const DRAW_MILLISECONDS = 100;
const MARGIN_MILLISECONDS = 60_000;
/** What came live may reach the database later: the recent past is asked for again after so long. */
const SETTLE_MILLISECONDS = [4_000, 20_000];
const POINTS_MAX = 1_000;

/** Returns timers that end with the calling component. */
function useTimers(): (callback: () => void, milliseconds: number) => void {
  const timers = new Set<number>();
  onScopeDispose(() => timers.forEach((timer) => window.clearTimeout(timer)));
  return (callback, milliseconds) => {
    const timer = window.setTimeout(() => {
      timers.delete(timer);
      callback();
    }, milliseconds);
    timers.add(timer);
  };
}

/** Returns the histories of a host's families, what each counts as drawn, and how they are fed. */
export function useHistories(host: string, families: readonly Family[], intervalSeconds: (family: string) => number) {
  const histories = new Map(
    families
      .filter((family) => !family.churning)
      .map((family) => [family.name, new FamilyHistory(family.labels.map((label) => label.name))]),
  );
  const wanted = new Map<string, Set<string>>();
  const revisions = reactive<Record<string, number>>({});
  const statuses = reactive<Record<string, HistoryStatus>>({});
  const later = useTimers();
  const changed = new Set<string>();

  function noteChange(family: string): void {
    if (changed.size === 0) later(drawChanged, DRAW_MILLISECONDS);
    changed.add(family);
  }

  function drawChanged(): void {
    const oldest = serverNow() - WINDOW_SECONDS * 1000 - MARGIN_MILLISECONDS;
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
      const refused = isRefusal(error);
      statuses[family] = refused ? "loaded" : "unavailable";
      if (!refused) later(() => void load(family, gauges), RETRY_MILLISECONDS);
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
  /** Asks for what was missed, now and once it had time to be stored. */
  function recover(): void {
    if (settling) return;
    settling = true;
    reload();
    SETTLE_MILLISECONDS.forEach((wait) => later(reload, wait));
    later(() => (settling = false), Math.min(...SETTLE_MILLISECONDS));
  }

  /** Takes a live sample; one that comes late after its neighbour means that something was missed. */
  function add(sample: LiveSample): void {
    const history = histories.get(sample.type);
    if (history === undefined) return;
    const before = history.newest;
    if (!history.addSample(sample)) return;
    const jump = history.newest - before;
    if (before > 0 && jump > intervalSeconds(sample.type) * GAP_INTERVALS * 1000) recover();
    noteChange(sample.type);
  }

  // The seam between the first answer and the first live sample closes with this.
  SETTLE_MILLISECONDS.slice(0, 1).forEach((wait) => later(reload, wait));
  return { histories, revisions, statuses, want, recover, add };
}
