/** The answers of the API by name, taken from its generated schema. */
import type { paths } from "./schema";

type Answer<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { "application/json": infer Body } } } };
}
  ? Body
  : never;

export type Host = Answer<"/api/v1/hosts">["hosts"][number];
export type HostDetail = Answer<"/api/v1/hosts/{host}">;
export type Inventory = NonNullable<HostDetail["inventory"]>;
export type Family = Answer<"/api/v1/families">["families"][number];
export type Gauge = Family["gauges"][number];
export type FamilyName = paths["/api/v1/metrics/{family}"]["get"]["parameters"]["path"]["family"];
export type ProcessRow = Answer<"/api/v1/metrics/processes">["processes"][number];
export type Health = Answer<"/api/v1/health">;
export type Storage = NonNullable<Health["storage"]>;
export type StreamUnread = NonNullable<Health["unread"]>[number];
export type Delivery = Answer<"/api/v1/hosts/{host}/delivery">;
export type Top = Answer<"/api/v1/metrics/{family}/top">;
export type Alert = Answer<"/api/v1/alerts">["alerts"][number];
export type AlertLevel = Alert["level"];
export type AlertEvent = Answer<"/api/v1/alerts/history">["events"][number];
export type Incident = Answer<"/api/v1/alerts/{incident}">;
export type KeptRule = Answer<"/api/v1/rules">["rules"][number];
export type AlertRule = NonNullable<KeptRule["rule"]>;
export type Override = AlertRule["overrides"][number];
export type KeptSilence = Answer<"/api/v1/silences">["silences"][number];
export type AlertSilence = NonNullable<KeptSilence["silence"]>;
export type Recurrence = NonNullable<AlertSilence["recurrence"]>;
export type KeptRouting = Answer<"/api/v1/routes">;
export type AlertRouting = NonNullable<KeptRouting["routing"]>;
export type AlertRoute = AlertRouting["routes"][number];
export type Escalation = AlertRouting["escalations"][number];
export type RuleLevel = AlertRoute["levels"][number];
export type Weekday = AlertRoute["weekdays"][number];
export type Backtest = paths["/api/v1/rules/backtest"]["post"]["responses"][200]["content"]["application/json"];
export type ChannelTest =
  paths["/api/v1/channels/{name}/test"]["post"]["responses"][200]["content"]["application/json"];
export type Aggregate = "avg" | "min" | "max";
export type Level = "raw" | "1m" | "5m" | "1h";

export interface Series {
  source: string;
  labels: Record<string, string | number>;
  values: Record<string, (number | null)[]>;
}

/** One family over time, whichever it is; the schema describes each family's columns. */
export interface MetricRange {
  time: string[];
  series: Series[];
}

/** A range as the API answered it: how finely, and for which instants. */
export interface RangeAnswer extends MetricRange {
  start: string;
  end: string;
  resolution: Level;
  step_seconds: number | null;
  series: (Series & { host: string })[];
}

/** What every failed request answers. */
export interface Problem {
  status: number;
  code: string;
  detail: string;
  field: string | null;
  request_id: string;
  problems?: { field: string | null; detail: string }[];
}
