/** The table of hosts: searching, sorting, and what live samples change. */
import { describe, expect, it } from "vitest";
import { arrange, nextSorting, type SortColumn } from "../src/hosts/arrange";
import { withSample, type HostRow } from "../src/hosts/summary";
import type { Cell } from "../src/live/frames";

function host(name: string, changes: Partial<HostRow> = {}): HostRow {
  const nothing = { cpu: null, memory: null, disk: null, mount: null, receive: null, transmit: null, newest: null };
  return { host: name, state: "live", duplicate: false, ...nothing, ...changes };
}

const HOSTS = [
  host("web-10", { cpu: 5 }),
  host("web-2", { cpu: 90 }),
  host("db-1"),
  host("nas", { state: "silent", cpu: 5 }),
];

describe("the table", () => {
  it.each<[string, SortColumn, "ascending" | "descending", string]>([
    ["", "host", "ascending", "db-1 nas web-2 web-10"],
    ["", "host", "descending", "web-10 web-2 nas db-1"],
    ["", "cpu", "descending", "web-2 nas web-10 db-1"],
    ["", "cpu", "ascending", "nas web-10 web-2 db-1"],
    ["", "state", "descending", "nas db-1 web-2 web-10"],
    ["WEB", "host", "ascending", "web-2 web-10"],
    ["1 web", "host", "ascending", "web-10"],
    ["mail", "host", "ascending", ""],
  ])("searched for '%s', by %s %s: %s", (search, column, direction, expected) => {
    const found = arrange(HOSTS, search, { column, direction });
    expect(found.map((row) => row.host).join(" ")).toBe(expected);
  });

  it("turns round on the second click and begins anew on another column", () => {
    const first = nextSorting({ column: "host", direction: "ascending" }, "cpu");
    expect(first).toEqual({ column: "cpu", direction: "descending" });
    expect(nextSorting(first, "cpu").direction).toBe("ascending");
    expect(nextSorting(first, "host")).toEqual({ column: "host", direction: "ascending" });
  });
});

describe("a live sample", () => {
  it.each<[string, string[], Cell[][], Partial<HostRow>]>([
    ["cpu", ["total_percent"], [[12]], { cpu: 12 }],
    ["memory", ["total_bytes", "used_percent"], [[1, 40]], { memory: 40 }],
    [
      "disk",
      ["mount", "used_percent"],
      [
        ["/", 10],
        ["/b", 70],
        ["/c", 30],
      ],
      { disk: 70, mount: "/b" },
    ],
    [
      "network",
      ["interface", "receive_bytes_per_second", "transmit_bytes_per_second"],
      [
        ["lo", 900, 900],
        ["eth0", 1, 2],
        ["eth1", 3, 4],
      ],
      { receive: 4, transmit: 6 },
    ],
    ["network", ["interface", "receive_bytes_per_second"], [["lo", 900]], { receive: null, transmit: null }],
    ["swap", ["used_percent"], [[5]], {}],
  ])("of %s changes its own columns", (type, columns, rows, changes) => {
    const sample = { type, host: "a", source: "system", time: "1970-01-01T00:00:07Z", data: { columns, rows } };
    expect(withSample(host("a", { state: "silent" }), sample)).toEqual(host("a", { newest: 7000, ...changes }));
  });
});

it("does not take the last word of a silent host for a sign of life", () => {
  const sample = {
    type: "cpu",
    host: "a",
    source: "system",
    time: "1970-01-01T00:00:07Z",
    data: { columns: [], rows: [] },
  };
  expect(withSample(host("a", { state: "silent", newest: 7000 }), sample).state).toBe("silent");
  expect(withSample(host("a", { state: "silent", newest: 6000 }), sample).state).toBe("live");
});
