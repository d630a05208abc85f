/** What a compare page compares: it stands in the address, like the range. */
import type { Family, Gauge } from "../api/types";

export const HOSTS_MAX = 10;

export interface Selection {
  family: string;
  column: string;
  hosts: string[];
  /** Value of the family's first label to compare; null compares all, as far as lines can be told apart. */
  label: string | null;
}

export type SelectionQuery = { family: string; column: string; hosts: string } & ({ label: string } | object);

/** Returns what a query selects; a family or gauge that does not exist gives way to the first that does. */
export function parseSelection(query: Record<string, unknown>, families: readonly Family[]): Selection {
  const comparable = comparableFamilies(families);
  const family = comparable.find(({ name }) => name === query.family) ?? comparable[0];
  const column = family?.gauges.find(({ name }) => name === query.column) ?? firstGauge(family);
  return {
    family: family?.name ?? "",
    column: column?.name ?? "",
    hosts: parseHosts(query.hosts),
    label: typeof query.label === "string" ? query.label : null,
  };
}

/** Returns the query that names a selection. */
export function selectionQuery({ family, column, hosts, label }: Selection): SelectionQuery {
  return { family, column, hosts: formatHosts(hosts), ...(label !== null && { label }) };
}

/** Returns hosts as one text; a comma in a name, which is possible, does not part it. */
export function formatHosts(hosts: readonly string[]): string {
  return hosts.map((host) => host.replaceAll("%", "%25").replaceAll(",", "%2C")).join(",");
}

function parseHosts(text: unknown): string[] {
  if (typeof text !== "string") return [];
  const names = text.split(",").filter((name) => name !== "");
  return [...new Set(names.map((name) => name.replaceAll("%2C", ",").replaceAll("%25", "%")))].slice(0, HOSTS_MAX);
}

/** Families whose rows live for minutes have no past to compare. */
export function comparableFamilies(families: readonly Family[]): Family[] {
  return families.filter((family) => !family.churning);
}

/** Returns the gauge that a family is first known by. */
export function firstGauge(family: Family | undefined): Gauge | undefined {
  return family?.gauges.find(({ name }) => name === family.headline[0]) ?? family?.gauges[0];
}

/** Returns the distinct hosts of a ranking, in its order: a host with several label sets stands in it several times. */
export function rankedHosts(top: readonly { host: string }[], count: number): string[] {
  return [...new Set(top.map(({ host }) => host))].slice(0, count);
}

/** Returns the hosts after one was chosen or given up; beyond the most a chart can tell apart nothing is added. */
export function toggled(hosts: readonly string[], host: string): string[] {
  if (hosts.includes(host)) return hosts.filter((name) => name !== host);
  return hosts.length < HOSTS_MAX ? [...hosts, host] : [...hosts];
}
