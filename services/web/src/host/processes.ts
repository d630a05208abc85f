/** The busiest processes of a host, from a live sample, in the order asked for. */
import type { LiveSample } from "../live/frames";

export interface ProcessLine {
  pid: number;
  name: string;
  cpu_percent: number | null;
  memory_percent: number | null;
  resident_bytes: number | null;
  threads_count: number | null;
}

export type ProcessColumn = keyof ProcessLine;

/** Returns the processes in a sample. */
export function readProcesses(sample: LiveSample): ProcessLine[] {
  const { columns, rows } = sample.data;
  return rows.map(
    (row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])) as unknown as ProcessLine,
  );
}

/** Returns the processes sorted: text from A, numbers from the highest, or the other way round. */
export function sortProcesses(lines: readonly ProcessLine[], column: ProcessColumn, reversed: boolean): ProcessLine[] {
  const sign = reversed ? -1 : 1;
  return [...lines].sort((a, b) => {
    const order = column === "name" ? a.name.localeCompare(b.name, "en") : (b[column] ?? -1) - (a[column] ?? -1);
    return sign * order || a.pid - b.pid;
  });
}
