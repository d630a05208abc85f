/** The session: signing in, renewing before the end, and what ends it. */
import { describe, expect, it } from "vitest";
import { Session, SignInError } from "../src/auth/session";
import { signedFetch } from "../src/api/client";

type Step = Response | "away";

/** Answers requests from a list, and turns timers into a list of waits. */
class Surroundings {
  readonly requests: string[] = [];
  readonly headers: Record<string, string>[] = [];
  readonly states: string[] = [];
  timer: { callback: () => void; milliseconds: number } | null = null;

  constructor(private readonly steps: Step[]) {}

  fetch = (input: string, init: RequestInit): Promise<Response> => {
    this.requests.push(input.split("/").at(-1) ?? "");
    this.headers.push(init.headers as Record<string, string>);
    const step = this.steps.shift() ?? "away";
    return step === "away" ? Promise.reject(new TypeError("Failed to fetch")) : Promise.resolve(step);
  };
  later = (callback: () => void, milliseconds: number) => {
    this.timer = { callback, milliseconds };
    return () => (this.timer = null);
  };
  exclusively = <T>(task: () => Promise<T>) => task();
  onChange = (state: { status: string }) => this.states.push(state.status);
}

const grant = (token: string) =>
  Response.json({
    access_token: token,
    token_type: "Bearer",
    expires_in_seconds: 900,
    username: "ann",
    role: "viewer",
  });
const refusal = (status: number, headers = {}) => Response.json({ detail: "no" }, { status, headers });

function begin(...steps: Step[]): [Session, Surroundings] {
  const surroundings = new Surroundings(steps);
  return [new Session(surroundings), surroundings];
}

it("keeps the token and renews it a minute before its end", async () => {
  const [session, around] = begin(grant("one"), grant("two"));
  await session.signIn("ann", "secret");
  expect([session.token, session.state.username, around.timer?.milliseconds]).toEqual(["one", "ann", 840_000]);
  around.timer?.callback();
  await session.refresh();
  expect([session.token, around.requests.join(" ")]).toEqual(["two", "login refresh"]);
  expect(around.headers[1]).toEqual({ "X-Vitalwire-Client": "web" });
});

it("asks for one renewal however many need it", async () => {
  const [session, around] = begin(grant("one"));
  expect(await Promise.all([session.refresh(), session.refresh(), session.refresh()])).toEqual([true, true, true]);
  expect(around.requests).toEqual(["refresh"]);
});

describe("a renewal", () => {
  it.each<[string, Step, string, string | null, number | undefined]>([
    ["refused with 401", refusal(401), "signed-in signed-out", null, undefined],
    ["answered with 503", refusal(503), "signed-in", "one", 5_000],
    ["without an answer", "away", "signed-in", "one", 5_000],
  ])("%s leaves the session %s", async (_, step, states, token, wait) => {
    const [session, around] = begin(grant("one"), step);
    await session.signIn("ann", "secret");
    expect(await session.refresh()).toBe(false);
    expect([around.states.join(" "), session.token, around.timer?.milliseconds]).toEqual([states, token, wait]);
  });
});

describe("signing in", () => {
  it.each<[Step, string, number | null]>([
    [refusal(401), "wrong", null],
    [refusal(429, { "Retry-After": "42" }), "limited", 42],
    [refusal(429), "limited", null],
    [refusal(503), "other", null],
    ["away", "unreachable", null],
  ])("that fails says why", async (step, reason, seconds) => {
    const [session] = begin(step);
    const error: unknown = await session.signIn("ann", "x").catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(SignInError);
    expect(error).toMatchObject({ reason, retryAfterSeconds: seconds });
  });
});

it("ends here even when the API is away at sign-out", async () => {
  const [session, around] = begin(grant("one"), "away");
  await session.signIn("ann", "secret");
  await session.signOut().catch(() => undefined);
  expect([session.token, around.states.at(-1), around.timer]).toEqual([null, "signed-out", null]);
});

it("signs a request again after its token was refused", async () => {
  const tokens = ["old", "new"];
  const seen: (string | null)[] = [];
  const send = (request: Request) => {
    seen.push(request.headers.get("Authorization"));
    return Promise.resolve(new Response(null, { status: seen.length === 1 ? 401 : 200 }));
  };
  const refresh = () => {
    tokens.shift();
    return Promise.resolve(true);
  };
  const signed = signedFetch({ token: () => tokens[0] ?? null, refresh, onReachable: () => undefined }, send);
  expect((await signed(new Request("http://page.test/api"))).status).toBe(200);
  expect(seen).toEqual(["Bearer old", "Bearer new"]);
});
