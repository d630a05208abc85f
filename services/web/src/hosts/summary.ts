/** A host's row in the table of hosts, and how live samples change it. */
import type { Host } from "../api/types";
import type { Cell, LiveSample } from "../live/frames";

export interface HostRow {
  host: string;
  state: "live" | "silent";
  /** Time of the newest sample in milliseconds, null when none is known. */
  newest: number | null;
  cpu: number | null;
  memory: number | null;
  disk: number | null;
  mount: string | null;
  receive: number | null;
  transmit: number | null;
  /** Whether two machines say that they are this host. */
  duplicate: boolean;
}

/** The families that the table needs of the live stream. */
export const SUMMARY_FAMILIES = ["cpu", "memory", "disk", "network"];
const LOOPBACK = "lo";

/** Returns the row of a host as the API describes it. */
export function toRow(host: Host): HostRow {
  const { summary } = host;
  return {
    host: host.host,
    state: host.state,
    newest: host.last_sample_time === null ? null : Date.parse(host.last_sample_time),
    cpu: summary.cpu_percent,
    memory: summary.memory_percent,
    disk: summary.disk_percent,
    mount: summary.disk_mount,
    receive: summary.receive_bytes_per_second,
    transmit: summary.transmit_bytes_per_second,
    duplicate: host.duplicate,
  };
}

/** Returns the row after a live sample, by the same rules by which the API sums a host up. */
export function withSample(row: HostRow, sample: LiveSample): HostRow {
  const time = Date.parse(sample.time);
  // What the stream begins with is current, not new: it may be the last word of a host that fell silent.
  const isNew = time > (row.newest ?? 0);
  return { ...row, ...(isNew && { state: "live" as const, newest: time }), ...changes(sample) };
}

function changes(sample: LiveSample): Partial<HostRow> {
  const { rows } = sample.data;
  const cell = reader(sample.data.columns);
  switch (sample.type) {
    case "cpu":
      return { cpu: cell.number(rows[0], "total_percent") };
    case "memory":
      return { memory: cell.number(rows[0], "used_percent") };
    case "disk": {
      const fullest = rows.reduce<Cell[] | undefined>(
        (best, row) =>
          best === undefined || (cell.number(row, "used_percent") ?? 0) > (cell.number(best, "used_percent") ?? 0)
            ? row
            : best,
        undefined,
      );
      const mount = cell.of(fullest, "mount");
      return { disk: cell.number(fullest, "used_percent"), mount: typeof mount === "string" ? mount : null };
    }
    case "network": {
      const links = rows.filter((row) => cell.of(row, "interface") !== LOOPBACK);
      const sum = (column: string) =>
        links.length === 0 ? null : links.reduce((total, row) => total + (cell.number(row, column) ?? 0), 0);
      return { receive: sum("receive_bytes_per_second"), transmit: sum("transmit_bytes_per_second") };
    }
    default:
      return {};
  }
}

function reader(columns: readonly string[]) {
  const of = (row: Cell[] | undefined, column: string): Cell => row?.[columns.indexOf(column)] ?? null;
  const number = (row: Cell[] | undefined, column: string): number | null => {
    const cell = of(row, column);
    return typeof cell === "number" ? cell : null;
  };
  return { of, number };
}
