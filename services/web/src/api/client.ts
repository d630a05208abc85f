/** The typed client of the API, and what a failed request means. */
import createClient from "openapi-fetch";
import type { paths } from "./schema";
import { noteServerDate } from "../format/server_clock";
import type { Problem } from "./types";

/** What a refusal may say beside its words. */
export interface Told {
  /** Which parameter or field is at fault. */
  field?: string | null;
  /** Everything that is wrong with a body that is looked at as a whole. */
  problems?: readonly string[];
  retryAfterSeconds?: number | null;
}

/** A request that the API refused, with its own words. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly told: Told = {},
  ) {
    super(detail);
    this.name = "ApiError";
  }
}

/** A request that got no answer: the network or the API is away, and trying again later is right. */
export class UnreachableError extends Error {
  constructor() {
    super("the API does not answer");
    this.name = "UnreachableError";
  }
}

/** Too many requests: asking again later is right. */
const BUSY_STATUS = 429;

/** Returns whether the API refused for good: the same request, sent again, would be refused again. */
export function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== BUSY_STATUS;
}

export type Fetch = (request: Request) => Promise<Response>;

export interface Access {
  /** The access token to use now, or null when nobody is signed in. */
  token: () => string | null;
  /** Gets another access token; false when the session has ended. */
  refresh: () => Promise<boolean>;
  /** Told whether the API answered at all. */
  onReachable: (reachable: boolean) => void;
}

/** Returns a fetch that signs requests, and signs them once more after a refresh when the token was refused. */
export function signedFetch(access: Access, send: Fetch): Fetch {
  async function sendSigned(request: Request): Promise<Response> {
    const token = access.token();
    if (token !== null) request.headers.set("Authorization", `Bearer ${token}`);
    try {
      const response = await send(request);
      noteServerDate(response.headers.get("Date"));
      access.onReachable(!isGatewayStatus(response.status));
      return response;
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      access.onReachable(false);
      throw new UnreachableError();
    }
  }
  return async (request) => {
    const again = request.clone();
    const response = await sendSigned(request);
    if (response.status !== 401 || !(await access.refresh())) return response;
    return sendSigned(again);
  };
}

/** A proxy in front of the API answers these when the API behind it is away. */
function isGatewayStatus(status: number): boolean {
  return status === 502 || status === 504;
}

export type Client = ReturnType<typeof createClient<paths, "application/json">>;

/** Returns the client of the API on the page's own origin. */
export function buildClient(access: Access): Client {
  const send = signedFetch(access, (request) => fetch(request));
  return createClient<paths, "application/json">({
    baseUrl: window.location.origin,
    fetch: send,
    headers: { Accept: "application/json" },
  });
}

interface Answered<Body> {
  data?: Body;
  error?: unknown;
  response: Response;
}

/** Returns the body of an answer; throws ApiError when it is a refusal. */
export async function expectBody<Body>(request: Promise<Answered<Body>>): Promise<Body> {
  const { data, error, response } = await request;
  if (response.ok) return data as Body;
  throw toApiError(response, error);
}

function toApiError(response: Response, body: unknown): ApiError {
  const problem = (typeof body === "object" && body !== null ? body : {}) as Partial<Problem>;
  const seconds = Number(response.headers.get("Retry-After"));
  return new ApiError(response.status, problem.code ?? "unknown", problem.detail ?? `HTTP ${response.status}`, {
    field: problem.field ?? null,
    problems: problem.problems?.map(({ detail }) => detail) ?? [],
    retryAfterSeconds: seconds > 0 ? seconds : null,
  });
}
