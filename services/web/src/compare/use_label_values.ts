/** Values of a family's first label on the chosen hosts, such as their mount points. */
import { shallowRef, watch, type Ref } from "vue";
import { expectBody } from "../api/client";
import type { Family } from "../api/types";
import { client } from "../auth/current";

const LIMIT = 100;

/** Returns the values that are current on the hosts, in natural order, null until they are known. */
export function useLabelValues(family: Ref<Family | undefined>, hosts: Ref<readonly string[]>) {
  const values = shallowRef<string[] | null>(null);
  let asked = 0;

  async function load(): Promise<void> {
    const order = (asked += 1);
    const label = family.value?.labels[0]?.name;
    if (family.value === undefined || label === undefined || hosts.value.length === 0) {
      values.value = [];
      return;
    }
    const query = { host: [...hosts.value], family: family.value.name, limit: LIMIT };
    const found = await expectBody(client.GET("/api/v1/metrics/current", { params: { query } })).catch(() => null);
    if (order !== asked) return;
    const cells = (found?.current ?? []).flatMap(({ columns, rows }) => rows.map((row) => row[columns.indexOf(label)]));
    const texts = cells.filter((cell) => cell !== undefined && cell !== null).map(String);
    values.value = [...new Set(texts)].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  }

  watch(
    () => family.value?.name,
    () => (values.value = null),
  );
  watch(
    () => [family.value?.name, ...hosts.value].join("\n"),
    () => void load(),
    { immediate: true },
  );
  return values;
}
