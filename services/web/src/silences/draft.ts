/** A silence as its form holds it, and back. */
import type { AlertSilence, Recurrence, Weekday } from "../api/types";
import { amountText, parseAmount } from "../forms/amounts";
import { linesText, parseLines } from "../forms/lines";

export const WEEKDAYS: readonly Weekday[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** From now for so long; from and until; or windows that come again. */
export const WAYS = ["span", "period", "windows"] as const;
export type Way = (typeof WAYS)[number];

export interface SilenceDraft {
  hosts: string;
  rules: string;
  reason: string;
  way: Way;
  span: string;
  /** Local times of the reader, as an input of them holds them; empty is none. */
  start: string;
  end: string;
  weekdays: Weekday[];
  clock: string;
  length: string;
  zone: string;
}

export interface SilenceProblem {
  field: "hosts" | "rules" | "reason" | "span" | "start" | "end" | "weekdays" | "clock" | "length" | "zone";
}

export interface SilenceBody {
  hosts: string[];
  rules: string[];
  reason: string;
  start?: string;
  end: string | null;
  recurrence: Recurrence | null;
}

export const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/;

/** Returns an empty form. */
export function newDraft(zone: string): SilenceDraft {
  return {
    hosts: "*",
    rules: "*",
    reason: "",
    way: "span",
    span: "2h",
    start: "",
    end: "",
    weekdays: ["sun"],
    clock: "02:00",
    length: "2h",
    zone,
  };
}

/** Returns the form of a silence. */
export function toDraft(silence: AlertSilence, zone: string): SilenceDraft {
  const { recurrence } = silence;
  return {
    ...newDraft(zone),
    hosts: linesText(silence.hosts),
    rules: linesText(silence.rules),
    reason: silence.reason,
    way: recurrence === null ? "period" : "windows",
    start: localText(silence.start),
    end: silence.end === null ? "" : localText(silence.end),
    ...(recurrence !== null && {
      weekdays: WEEKDAYS.filter((day) => recurrence.weekdays.includes(day)),
      clock: recurrence.start,
      length: amountText(recurrence.minutes * 60, "span"),
      zone: recurrence.zone,
    }),
  };
}

/** Returns what the API is sent, and the fields that it cannot be made of. */
export function fromDraft(
  draft: SilenceDraft,
  before: AlertSilence | null,
  now: number,
): { body: SilenceBody; problems: SilenceProblem[] } {
  const problems: SilenceProblem[] = [];
  const need = (field: SilenceProblem["field"], holds: boolean): void => {
    if (!holds) problems.push({ field });
  };
  const hosts = parseLines(draft.hosts, before?.hosts);
  const rules = parseLines(draft.rules, before?.rules);
  const reason = draft.reason.trim();
  need("hosts", hosts.length > 0);
  need("rules", rules.length > 0);
  need("reason", reason !== "");
  const said = { hosts, rules, reason };

  if (draft.way === "span") {
    const seconds = parseAmount(draft.span, "span");
    const lasts = seconds !== null && seconds > 0 && seconds < 1e10;
    need("span", lasts);
    // What has begun keeps its beginning: who was silenced since when stays known.
    const start = before !== null && Date.parse(before.start) <= now ? { start: before.start } : {};
    const end = new Date(now + (lasts ? seconds : 0) * 1000).toISOString();
    return { body: { ...said, ...start, end, recurrence: null }, problems };
  }
  const start = instantOf(draft.start, before?.start ?? null);
  const end = instantOf(draft.end, before?.end ?? null);
  need("start", start !== undefined);
  need("end", end !== undefined && (end !== null || draft.way === "windows"));
  const lasting = { ...(typeof start === "string" && { start }), end: end ?? null };
  const recurrence = draft.way === "windows" ? recurrenceOf(draft, need) : null;
  return { body: { ...said, ...lasting, recurrence }, problems };
}

function recurrenceOf(draft: SilenceDraft, need: (field: SilenceProblem["field"], holds: boolean) => void): Recurrence {
  const seconds = parseAmount(draft.length, "span") ?? Number.NaN;
  need("weekdays", draft.weekdays.length > 0);
  need("clock", CLOCK.test(draft.clock));
  need("length", seconds >= 60 && seconds % 60 === 0);
  need("zone", draft.zone.trim() !== "");
  return { weekdays: draft.weekdays, start: draft.clock, minutes: seconds / 60, zone: draft.zone.trim() };
}

/** Returns the instant of a local time, null for none, undefined for what is no time; unchanged it is as it was. */
function instantOf(text: string, before: string | null): string | null | undefined {
  if (before !== null && text === localText(before)) return before;
  if (text.trim() === "") return null;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

/** Returns an instant as an input of local times holds it, to the second. */
export function localText(instant: string): string {
  const time = new Date(instant);
  const two = (number: number): string => String(number).padStart(2, "0");
  const day = `${String(time.getFullYear()).padStart(4, "0")}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day}T${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

/** Returns a weekday's short name in a language. */
export function weekdayName(day: Weekday, language: string): string {
  // The first of January 2024 was a Monday.
  const date = Date.UTC(2024, 0, 1 + WEEKDAYS.indexOf(day));
  return new Intl.DateTimeFormat(language, { weekday: "short", timeZone: "UTC" }).format(date);
}

/** Returns the names of time zones that the browser knows. */
export function zoneNames(): string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
}

export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
