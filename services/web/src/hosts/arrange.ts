/** Searching, sorting and paging of the table of hosts. */
import type { HostRow } from "./summary";

export const COLUMNS = ["state", "host", "cpu", "memory", "disk", "receive", "transmit", "newest"] as const;
export type SortColumn = (typeof COLUMNS)[number];

export interface Sorting {
  column: SortColumn;
  direction: "ascending" | "descending";
}

export const PAGE_ROWS = 100;

/** Returns the sorting after a click on a column: names begin at A, numbers at the highest. */
export function nextSorting(sorting: Sorting, column: SortColumn): Sorting {
  if (sorting.column !== column) {
    return { column, direction: column === "host" || column === "state" ? "ascending" : "descending" };
  }
  return { column, direction: sorting.direction === "ascending" ? "descending" : "ascending" };
}

/** Returns the rows whose host contains every word of the search, in the order asked for; what is unknown stands last. */
export function arrange(rows: readonly HostRow[], search: string, sorting: Sorting): HostRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = rows.filter((row) => words.every((word) => row.host.includes(word)));
  const sign = sorting.direction === "ascending" ? 1 : -1;
  return found.sort((a, b) => {
    const left = a[sorting.column];
    const right = b[sorting.column];
    if (left === null || right === null) {
      if (left !== right) return left === null ? 1 : -1;
    } else if (left !== right) {
      const order =
        typeof left === "number" && typeof right === "number"
          ? left - right
          : compareNames(String(left), String(right));
      if (order !== 0) return sign * order;
    }
    return compareNames(a.host, b.host);
  });
}

const names = new Intl.Collator("en", { numeric: true });

function compareNames(a: string, b: string): number {
  return names.compare(a, b);
}
