/** What a rule does otherwise on some hosts, as its form holds it; what is not named stays the rule's. */
import type { Override } from "../api/types";
import { amountText, parseAmount, type Measure } from "../forms/amounts";
import { linesText, parseLines } from "../forms/lines";
import type { DraftProblem } from "./draft";

/** As the rule says, none at all, or an amount of its own. */
export type Said = "same" | "none" | "own";
export interface SaidAmount {
  said: Said;
  text: string;
}

export interface OverrideDraft {
  /** What was read, or nothing. */
  before: Override | null;
  hosts: string;
  enabled: "same" | "on" | "off";
  warning: SaidAmount;
  critical: SaidAmount;
  clear: SaidAmount;
  hold: SaidAmount;
}

export type OverrideAmount = "warning" | "critical" | "clear" | "hold";

export function newOverride(): OverrideDraft {
  const same = (): SaidAmount => ({ said: "same", text: "" });
  return { before: null, hosts: "", enabled: "same", warning: same(), critical: same(), clear: same(), hold: same() };
}

function toSaid(amount: number | null | undefined, measure: Measure): SaidAmount {
  if (amount === undefined) return { said: "same", text: "" };
  return { said: amount === null ? "none" : "own", text: amountText(amount, measure) };
}

export function toOverrideDraft(override: Override, measure: Measure): OverrideDraft {
  return {
    before: override,
    hosts: linesText(override.hosts),
    enabled: override.enabled === undefined ? "same" : override.enabled ? "on" : "off",
    warning: toSaid(override.warning, measure),
    critical: toSaid(override.critical, measure),
    clear: toSaid(override.clear, measure),
    hold: toSaid(override.for_seconds, "span"),
  };
}

/** Returns the override of a form, and adds to `problems` what cannot be understood; `number` counts from 1. */
export function overrideOf(draft: OverrideDraft, measure: Measure, number: number, problems: DraftProblem[]): Override {
  function amount(field: OverrideAmount, how: Measure): number | null | undefined {
    const { said, text } = draft[field];
    if (said !== "own") return said === "same" ? undefined : null;
    const parsed = parseAmount(text, how);
    // An own amount that is missing is no wish for none: that would take a level away unsaid.
    if (parsed !== null && !Number.isNaN(parsed)) return parsed;
    problems.push({ field, problem: how === "span" ? "span" : "number", override: number });
    return undefined;
  }
  const hosts = parseLines(draft.hosts, draft.before?.hosts);
  if (hosts.length === 0) problems.push({ field: "hosts", problem: "hosts", override: number });
  const hold = amount("hold", "span");
  return without({
    ...draft.before,
    hosts,
    enabled: draft.enabled === "same" ? undefined : draft.enabled === "on",
    warning: amount("warning", measure),
    critical: amount("critical", measure),
    clear: amount("clear", measure),
    for_seconds: hold ?? undefined,
  });
}

/** JSON leaves out what is undefined; so do comparisons then. */
function without(override: { [Field in keyof Override]: Override[Field] | undefined } & { hosts: string[] }): Override {
  return Object.fromEntries(Object.entries(override).filter(([, value]) => value !== undefined)) as unknown as Override;
}
