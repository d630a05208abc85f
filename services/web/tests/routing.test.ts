/** Routes and policy in their form and back, the names of channels, and what refusals mean. */
import { describe, expect, it } from "vitest";
import { ApiError, UnreachableError } from "../src/api/client";
import type { AlertRouting } from "../src/api/types";
import { administers, operates } from "../src/auth/roles";
import { isChannelName, parseUrls } from "../src/channels/names";
import { fromDraft, newEscalation, newRoute, toDraft, type RouteDraft } from "../src/channels/routing";
import { refusalOf } from "../src/forms/refusal";

const routing: AlertRouting = {
  v: 1,
  routes: [
    {
      channels: ["ops", " odd "],
      levels: ["critical"],
      rules: ["disk*"],
      hosts: ["db-*"],
      tags: { team: ["db"] },
      weekdays: ["sat", "sun"],
      hours: [22, 6],
      zone: "Asia/Seoul",
    },
  ],
  window_seconds: 300,
  resend_every_seconds: 0,
  escalations: [{ after_seconds: 900.5, channels: ["boss"], levels: ["warning", "critical"] }],
};

it("routes that nobody touched are what they were", () => {
  const later = { ...routing, ...{ quiet: true } };
  expect(fromDraft(toDraft(later), later)).toEqual({ routing: later, problems: [] });
});

it("steps are sent in the order of their times", () => {
  const draft = toDraft(routing);
  draft.escalations.push({ ...newEscalation(), after: "5m", channels: "first" });
  expect(fromDraft(draft, routing).routing.escalations.map((step) => step.after_seconds)).toEqual([300, 900.5]);
});

describe("what a route lacks is told with its number", () => {
  it.each<[Partial<RouteDraft>, string[]]>([
    [{ channels: "ops" }, []],
    [{}, ["channels"]],
    [{ channels: "ops", rules: "", hosts: " " }, ["rules", "hosts"]],
    [{ channels: "ops", tags: [{ name: "", globs: "a" }] }, ["tags"]],
    [{ channels: "ops", levels: [], weekdays: [] }, ["levels", "weekdays"]],
    [{ channels: "ops", from: "6", until: "6" }, ["hours"]],
    [{ channels: "ops", from: "", until: "6" }, ["hours"]],
    [{ channels: "ops", from: "22", until: "25" }, ["hours"]],
    [{ channels: "ops", from: "22", until: "-6" }, ["hours"]],
    [{ channels: "ops", zone: "" }, ["zone"]],
  ])("%j → %j", (typed, fields) => {
    const draft = { ...toDraft(routing), routes: [{ ...newRoute("UTC"), ...typed }] };
    expect(fromDraft(draft, routing).problems).toEqual(fields.map((field) => ({ field, route: 1 })));
  });
});

it("what the policy lacks is told", () => {
  const draft = { ...toDraft(routing), window: "", resend: "often", escalations: [{ ...newEscalation(), after: "" }] };
  expect(fromDraft(draft, routing).problems).toEqual([
    { field: "channels", step: 1 },
    { field: "after", step: 1 },
    { field: "window" },
    { field: "resend" },
  ]);
  expect(fromDraft({ ...toDraft(routing), resend: " " }, routing).routing.resend_every_seconds).toBe(0);
});

it.each([
  ["ops", true],
  ["당직 <b>", true],
  ["a.b", true],
  ["", false],
  ["a/b", false],
  [".", false],
  ["..", false],
  ["x".repeat(65), false],
])("a channel may be called %j: %s", (name, expected) => {
  expect(isChannelName(name)).toBe(expected);
});

it("addresses stand one a line", () => {
  expect(parseUrls(" json://a \n\n  ntfy://b?x=1,2\n")).toEqual(["json://a", "ntfy://b?x=1,2"]);
});

it.each<[string, Error, string, string[]]>([
  ["problems", new ApiError(400, "bad_parameter", "a; b", { problems: ["a", "b"] }), "problems", ["a", "b"]],
  ["one problem", new ApiError(400, "bad_parameter", "no"), "problems", ["no"]],
  ["another revision", new ApiError(409, "conflict", "revision: …", { field: "revision" }), "stale", ["revision: …"]],
  ["too many", new ApiError(409, "conflict", "There are 500"), "problems", ["There are 500"]],
  ["the bus is away", new ApiError(503, "bus_away", "away"), "away", ["away"]],
  ["no answer", new UnreachableError(), "away", []],
])("a refusal for %s means that", (_, error, kind, lines) => {
  expect(refusalOf(error)).toEqual({ kind, lines });
});

it.each([
  ["viewer", false, false],
  ["operator", true, false],
  ["admin", true, true],
  ["", false, false],
])("%s may set rules: %s, channels: %s", (role, sets, keeps) => {
  expect([operates(role), administers(role)]).toEqual([sets, keeps]);
});
