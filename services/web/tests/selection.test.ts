/** What is compared: in the address, and how it changes. */
import { describe, expect, it } from "vitest";
import type { Family } from "../src/api/types";
import {
  HOSTS_MAX,
  parseSelection,
  rankedHosts,
  selectionQuery,
  toggled,
  type Selection,
} from "../src/compare/selection";

function family(name: string, gauges: string[], headline: string[], churning = false): Family {
  const described = gauges.map((gauge) => ({ name: gauge, doc: "", unit: "percent", type: "float", optional: false }));
  return {
    name,
    doc: "",
    interval_seconds: 1,
    churning,
    headline,
    labels: [],
    gauges: described,
    fitted: false,
  } as Family;
}

const families = [
  family("process", ["cpu_percent"], ["cpu_percent"], true),
  family("cpu", ["user_percent", "total_percent"], ["total_percent"]),
  family("memory", ["used_percent", "free_bytes"], []),
];

describe("a selection", () => {
  it.each<[Record<string, unknown>, Selection]>([
    [{}, { family: "cpu", column: "total_percent", hosts: [], label: null }],
    [
      { family: "memory", column: "free_bytes", hosts: "a,b" },
      { family: "memory", column: "free_bytes", hosts: ["a", "b"], label: null },
    ],
    [
      { family: "memory", column: "total_percent" },
      { family: "memory", column: "used_percent", hosts: [], label: null },
    ],
    [
      { family: "process", hosts: "a,,a" },
      { family: "cpu", column: "total_percent", hosts: ["a"], label: null },
    ],
    [
      { label: "/", hosts: ["a"] },
      { family: "cpu", column: "total_percent", hosts: [], label: "/" },
    ],
  ])("%j is %j", (query, selection) => {
    expect(parseSelection(query, families)).toEqual(selection);
  });

  it.each([
    [["web-1.example.com", "web-2"], "web-1.example.com,web-2"],
    [["a,b", "50%"], "a%2Cb,50%25"],
    [["%2c", "%252C"], "%252c,%25252C"],
    [["a%2Cb"], "a%252Cb"],
  ])("of the hosts %j stands as %s, and leads back to it", (hosts, text) => {
    const selection = { family: "cpu", column: "total_percent", hosts, label: "/srv" };
    const query = selectionQuery(selection);
    expect(query.hosts).toBe(text);
    expect(parseSelection(query, families)).toEqual(selection);
  });

  it("has a limit, whatever the address says", () => {
    const hosts = Array.from({ length: 50 }, (_, index) => `h${index}`).join(",");
    expect(parseSelection({ hosts }, families).hosts).toHaveLength(HOSTS_MAX);
  });
});

it("hosts are added to the end, given up again, and never too many", () => {
  expect(toggled(["a"], "b")).toEqual(["a", "b"]);
  expect(toggled(["a", "b"], "a")).toEqual(["b"]);
  const full = Array.from({ length: HOSTS_MAX }, (_, index) => `h${index}`);
  expect(toggled(full, "one more")).toEqual(full);
  expect(toggled(full, "h0")).toHaveLength(HOSTS_MAX - 1);
});

it("a ranking names each host once, in its order", () => {
  const top = ["c", "c", "a", "b", "a"].map((host) => ({ host }));
  expect(rankedHosts(top, 2)).toEqual(["c", "a"]);
});
