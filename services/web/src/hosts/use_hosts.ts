/** All hosts: listed by the API, kept current by the live stream. */
import { onScopeDispose, ref, shallowRef } from "vue";
import { expectBody } from "../api/client";
import type { Alert, Host } from "../api/types";
import { client } from "../auth/current";
import type { LiveSample } from "../live/frames";
import { useStream } from "../live/use_stream";
import { SUMMARY_FAMILIES, toRow, withSample, type HostRow } from "./summary";

const PAGE_HOSTS = 500;
/** The API decides who is silent; it is asked this often. */
const LIST_MILLISECONDS = 10_000;
/** However fast samples come, the table is drawn once a second. */
const DRAW_MILLISECONDS = 1_000;

/** What else the page's one stream is for. */
export interface AlertListener {
  onAlerts: (alerts: Alert[]) => void;
  onMissed: () => void;
}

/** Returns the rows of all hosts, and whether they were loaded at least once; the listener is told of alerts. */
export function useHosts(listener: AlertListener) {
  const rows = shallowRef<HostRow[]>([]);
  const loaded = ref(false);
  const problem = ref<unknown>(null);
  const known = new Map<string, HostRow>();
  let dirty = false;

  function draw(): void {
    if (!dirty) return;
    dirty = false;
    rows.value = [...known.values()];
  }

  function take(hosts: Host[]): void {
    const listed = new Set(hosts.map((host) => host.host));
    for (const name of known.keys()) if (!listed.has(name)) known.delete(name);
    for (const host of hosts) {
      const row = toRow(host);
      const before = known.get(host.host);
      // A live sample may have overtaken the answer.
      known.set(host.host, (before?.newest ?? 0) > (row.newest ?? 0) && before ? { ...before, state: row.state } : row);
    }
    dirty = true;
    draw();
  }

  async function list(): Promise<void> {
    try {
      take(await listHosts());
      loaded.value = true;
      problem.value = null;
    } catch (error) {
      problem.value = error;
    }
  }

  function onSamples(samples: LiveSample[]): void {
    for (const sample of samples) {
      if (!SUMMARY_FAMILIES.includes(sample.type)) continue;
      const row = known.get(sample.host);
      if (row === undefined) continue;
      known.set(sample.host, withSample(row, sample));
      dirty = true;
    }
  }

  const timers = [
    window.setInterval(draw, DRAW_MILLISECONDS),
    window.setInterval(() => void list(), LIST_MILLISECONDS),
  ];
  onScopeDispose(() => timers.forEach((timer) => window.clearInterval(timer)));
  function onMissed(): void {
    void list();
    listener.onMissed();
  }

  useStream(
    { hosts: ["*"], types: [...SUMMARY_FAMILIES, "alert"] },
    { onSamples, onMissed, onAlerts: listener.onAlerts },
  );
  void list();
  return { rows, loaded, problem };
}

/** Returns every host, page after page. */
export async function listHosts(): Promise<Host[]> {
  const hosts: Host[] = [];
  let cursor: string | null = null;
  do {
    const query: { limit: number; cursor?: string } = { limit: PAGE_HOSTS, ...(cursor === null ? {} : { cursor }) };
    const page: { hosts: Host[]; next_cursor: string | null } = await expectBody(
      client.GET("/api/v1/hosts", { params: { query } }),
    );
    hosts.push(...page.hosts);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return hosts;
}
