/** Routes and policy as their form holds them, and back: they are one value. */
import type { AlertRoute, AlertRouting, Escalation, RuleLevel, Weekday } from "../api/types";
import { amountText, parseAmount } from "../forms/amounts";
import { globRows, linesText, parseGlobRows, parseLines, type GlobRow } from "../forms/lines";
import { WEEKDAYS } from "../silences/draft";

export const LEVELS: readonly RuleLevel[] = ["warning", "critical"];
export const ROUTES_MAX = 100;
export const ESCALATIONS_MAX = 10;

export interface RouteDraft {
  /** Tells rows apart while they come and go. */
  key: number;
  before: AlertRoute | null;
  channels: string;
  levels: RuleLevel[];
  rules: string;
  hosts: string;
  tags: GlobRow[];
  weekdays: Weekday[];
  from: string;
  until: string;
  zone: string;
}

export interface EscalationDraft {
  key: number;
  before: Escalation | null;
  after: string;
  channels: string;
  levels: RuleLevel[];
}

export interface RoutingDraft {
  routes: RouteDraft[];
  window: string;
  resend: string;
  escalations: EscalationDraft[];
}

export interface RoutingProblem {
  field:
    "channels" | "rules" | "hosts" | "tags" | "levels" | "weekdays" | "hours" | "zone" | "window" | "resend" | "after";
  /** Which route or step, from 1. */
  route?: number;
  step?: number;
}

let keys = 0;

export function newRoute(zone: string): RouteDraft {
  return {
    key: ++keys,
    before: null,
    channels: "",
    levels: [...LEVELS],
    rules: "*",
    hosts: "*",
    tags: [],
    weekdays: [...WEEKDAYS],
    from: "0",
    until: "24",
    zone,
  };
}

export function newEscalation(): EscalationDraft {
  return { key: ++keys, before: null, after: "15m", channels: "", levels: [...LEVELS] };
}

/** Returns the form of routes and policy. */
export function toDraft(routing: AlertRouting): RoutingDraft {
  return {
    routes: routing.routes.map((route) => ({
      key: ++keys,
      before: route,
      channels: linesText(route.channels),
      levels: LEVELS.filter((level) => route.levels.includes(level)),
      rules: linesText(route.rules),
      hosts: linesText(route.hosts),
      tags: globRows(route.tags),
      weekdays: WEEKDAYS.filter((day) => route.weekdays.includes(day)),
      from: String(route.hours[0]),
      until: String(route.hours[1]),
      zone: route.zone,
    })),
    window: amountText(routing.window_seconds, "span"),
    resend: amountText(routing.resend_every_seconds, "span"),
    escalations: routing.escalations.map((escalation) => ({
      key: ++keys,
      before: escalation,
      after: amountText(escalation.after_seconds, "span"),
      channels: linesText(escalation.channels),
      levels: LEVELS.filter((level) => escalation.levels.includes(level)),
    })),
  };
}

/** Returns routes and policy of a form, changed from what was read, and the fields that cannot be understood. */
export function fromDraft(
  draft: RoutingDraft,
  before: AlertRouting,
): { routing: AlertRouting; problems: RoutingProblem[] } {
  const problems: RoutingProblem[] = [];
  function seconds(text: string, problem: RoutingProblem): number {
    const parsed = parseAmount(text, "span");
    if (parsed !== null && !Number.isNaN(parsed)) return parsed;
    problems.push(problem);
    return 0;
  }
  const routes = draft.routes.map((route, index) => routeOf(route, index + 1, problems));
  const escalations = draft.escalations.map((step, index) => {
    const channels = parseLines(step.channels, step.before?.channels);
    if (channels.length === 0) problems.push({ field: "channels", step: index + 1 });
    if (step.levels.length === 0) problems.push({ field: "levels", step: index + 1 });
    const after = seconds(step.after, { field: "after", step: index + 1 });
    return { ...step.before, after_seconds: after, channels, levels: step.levels };
  });
  // The API takes steps in the order of their times.
  escalations.sort((one, other) => one.after_seconds - other.after_seconds);
  const window = seconds(draft.window, { field: "window" });
  const resend = draft.resend.trim() === "" ? 0 : seconds(draft.resend, { field: "resend" });
  const routing = { ...before, routes, escalations, window_seconds: window, resend_every_seconds: resend };
  return { routing, problems };
}

function routeOf(draft: RouteDraft, number: number, problems: RoutingProblem[]): AlertRoute {
  const { before } = draft;
  const need = (field: RoutingProblem["field"], holds: boolean): void => {
    if (!holds) problems.push({ field, route: number });
  };
  const channels = parseLines(draft.channels, before?.channels);
  const rules = parseLines(draft.rules, before?.rules);
  const hosts = parseLines(draft.hosts, before?.hosts);
  const tags = parseGlobRows(draft.tags, before?.tags);
  const hours: [number, number] = [hourOf(draft.from), hourOf(draft.until)];
  need("channels", channels.length > 0);
  need("rules", rules.length > 0);
  need("hosts", hosts.length > 0);
  need("tags", tags.problem === null);
  need("levels", draft.levels.length > 0);
  need("weekdays", draft.weekdays.length > 0);
  need("hours", !hours.some(Number.isNaN) && hours[0] !== hours[1]);
  need("zone", draft.zone.trim() !== "");
  const said = { channels, rules, hosts, tags: tags.globs, levels: draft.levels, weekdays: draft.weekdays };
  return { ...before, ...said, hours, zone: draft.zone.trim() };
}

function hourOf(text: string): number {
  return /^\d{1,2}$/.test(text.trim()) && Number(text) <= 24 ? Number(text) : Number.NaN;
}
