/** Values of a family's first label on the chosen hosts, such as their mount points. */
import { onScopeDispose, ref, shallowRef, watch } from "vue";
import { isRefusal } from "../api/client";
import type { Labels } from "../series/history";
import type { TimeRange } from "../range/time_range";

export interface LabelQuestion {
  family: string;
  /** Null where the family has none. */
  label: string | null;
  /** A gauge that every row of the family has. */
  column: string;
  hosts: readonly string[];
  range: TimeRange;
}

export interface LabelValues {
  family: string;
  hosts: readonly string[];
  values: string[];
  /** Whether nothing of the hosts is current, so that the range alone told. */
  past: boolean;
}

export interface LabelSurroundings {
  current: (asked: LabelQuestion, label: string, signal: AbortSignal) => Promise<string[]>;
  past: (asked: LabelQuestion, label: string, signal: AbortSignal) => Promise<string[]>;
  /** Calls back after so long; returns how to call it off. */
  later: (callback: () => void, milliseconds: number) => () => void;
}

const RETRY_MILLISECONDS = 5_000;

/** Returns the values in natural order and whose they are, null until they are known; and whether asking fails. */
export function keepLabelValues(question: () => LabelQuestion | null, around: LabelSurroundings) {
  const known = shallowRef<LabelValues | null>(null);
  const failed = ref(false);
  let running = new AbortController();
  let callOff = (): void => undefined;

  function stop(): void {
    callOff();
    running.abort();
  }

  function take({ family, hosts }: LabelQuestion, values: string[], past: boolean): void {
    known.value = { family, hosts, values: distinct(values), past };
    failed.value = false;
  }

  async function load(asked: LabelQuestion, label: string): Promise<void> {
    stop();
    const { signal } = (running = new AbortController());
    try {
      const current = await around.current(asked, label, signal);
      const past = current.length === 0;
      const values = past ? await around.past(asked, label, signal) : current;
      if (!signal.aborted) take(asked, values, past);
    } catch (error) {
      if (!signal.aborted) fail(asked, label, error);
    }
  }

  function fail(asked: LabelQuestion, label: string, error: unknown): void {
    if (isRefusal(error)) {
      // The chart asks for the same hosts, and says why they are refused.
      take(asked, [], true);
      return;
    }
    known.value = null;
    failed.value = true;
    callOff = around.later(() => void load(asked, label), RETRY_MILLISECONDS);
  }

  watch(
    () => JSON.stringify(question()),
    () => {
      stop();
      const asked = question();
      failed.value = false;
      // What one range told says nothing of another; what is current stays until more is known.
      if (asked?.family !== known.value?.family || known.value?.past) known.value = null;
      if (asked === null) return;
      if (asked.label === null) take(asked, [], false);
      else void load(asked, asked.label);
    },
    { immediate: true },
  );
  onScopeDispose(stop);
  return { known, failed };
}

/** Returns the cells of a column; nothing of tables without it. */
export function cellsOf(
  tables: readonly { columns: readonly string[]; rows: readonly (readonly (string | number | null)[])[] }[],
  label: string,
): string[] {
  const cells = tables.flatMap(({ columns, rows }) => rows.map((row) => row[columns.indexOf(label)]));
  return cells.filter((cell) => cell !== undefined && cell !== null).map(String);
}

/** Returns what a label says in each series. */
export function labelsOf(series: readonly { labels: Labels }[], label: string): string[] {
  return series.flatMap(({ labels }) => (labels[label] === undefined ? [] : [String(labels[label])]));
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}
