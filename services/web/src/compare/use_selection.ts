/** The selection of a compare page, read from and written to the address. */
import { computed } from "vue";
import { useRoute, useRouter } from "vue-router";
import type { Family } from "../api/types";
import { zoomedFrom } from "../range/use_range";
import { firstGauge, parseSelection, selectionQuery, type Selection } from "./selection";

const SELECTION_KEYS = new Set(["family", "column", "hosts", "label"]);

/** Returns what is selected, and how to change a part of it. */
export function useSelection(families: readonly Family[]) {
  const route = useRoute();
  const router = useRouter();
  const selection = computed(() => parseSelection(route.query, families));
  const family = computed(() => families.find(({ name }) => name === selection.value.family));
  const gauge = computed(() => family.value?.gauges.find(({ name }) => name === selection.value.column));

  function change(part: Partial<Selection>): void {
    const kept = Object.fromEntries(Object.entries(route.query).filter(([name]) => !SELECTION_KEYS.has(name)));
    const query = { ...kept, ...selectionQuery({ ...selection.value, ...part }) };
    void router.push({ query, state: { zoomedFrom: zoomedFrom() } });
  }

  /** Another family has other gauges and labels. */
  function changeFamily(name: string): void {
    const next = families.find((one) => one.name === name);
    change({ family: name, column: firstGauge(next)?.name ?? "", label: null });
  }
  return { selection, family, gauge, change, changeFamily };
}
