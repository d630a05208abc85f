/** The range of a page: it lives in the address, so that it can be shared, reloaded and gone back from. */
import { computed } from "vue";
import { useRoute, useRouter } from "vue-router";
import { serverNow } from "../format/server_clock";
import {
  parseRange,
  rangeQuery,
  widenedRange,
  zoomedRange,
  LIVE,
  type Preset,
  type RangeQuery,
  type TimeRange,
} from "./time_range";

const ZOOMS_MAX = 20;
const RANGE_KEYS = new Set(["range", "start", "end"]);

/** Returns the page's range, whether it was zoomed into, and the ways to another. */
export function useRange(usual: Preset = LIVE) {
  const route = useRoute();
  const router = useRouter();
  const key = computed(() => JSON.stringify(rangeQuery(parseRange(route.query, usual), usual)));
  // The query of an address is a new object after every step, even where the range stays.
  const range = computed(() => parseRange(JSON.parse(key.value) as RangeQuery, usual));
  const zoomed = computed(() => !("preset" in range.value));

  function go(query: RangeQuery, zoomedFrom: RangeQuery[] = []): void {
    const kept = Object.fromEntries(Object.entries(route.query).filter(([name]) => !RANGE_KEYS.has(name)));
    void router.push({ query: { ...kept, ...query }, state: { zoomedFrom } });
  }

  function choose(next: TimeRange): void {
    go(rangeQuery(next, usual));
  }

  function zoom(start: number, end: number): void {
    go(rangeQuery(zoomedRange(start, end)), [...zoomedFrom(), rangeQuery(range.value, usual)].slice(-ZOOMS_MAX));
  }

  /** Goes to where the zoom began, or to a range that shows more. */
  function zoomOut(): void {
    if ("preset" in range.value) return;
    const from = zoomedFrom();
    const before = from.pop();
    if (before !== undefined) go(before, from);
    else choose(widenedRange(range.value, serverNow()));
  }
  return { range, zoomed, choose, zoom, zoomOut };
}

/** Returns the ranges zoomed in from; the browser keeps them with each entry of its history, so going back finds them. */
export function zoomedFrom(): RangeQuery[] {
  const state = window.history.state as { zoomedFrom?: RangeQuery[] } | null;
  return [...(state?.zoomedFrom ?? [])];
}
