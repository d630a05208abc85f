/** Who is signed in: the access token lives here, in memory only, and is renewed before it expires. */

export interface Grant {
  access_token: string;
  expires_in_seconds: number;
  username: string;
  role: string;
}

export interface SessionState {
  status: "unknown" | "signed-out" | "signed-in";
  username: string;
  role: string;
}

/** Why signing in failed; `retryAfterSeconds` is set when attempts are limited. */
export class SignInError extends Error {
  constructor(
    readonly reason: "wrong" | "limited" | "unreachable" | "other",
    detail: string,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(detail);
    this.name = "SignInError";
  }
}

export interface Surroundings {
  fetch: (input: string, init: RequestInit) => Promise<Response>;
  /** Calls back after so many milliseconds; returns what cancels it. */
  later: (callback: () => void, milliseconds: number) => () => void;
  /** Runs one task at a time, across tabs where the browser can. */
  exclusively: <T>(task: () => Promise<T>) => Promise<T>;
  onChange: (state: SessionState) => void;
}

const BASE = "/api/v1/auth";
const CLIENT_HEADER = { "X-Vitalwire-Client": "web" };
const SIGNED_OUT: SessionState = { status: "signed-out", username: "", role: "" };
const RENEW_BEFORE_SECONDS = 60;
const RETRY_MILLISECONDS = 5_000;

/** The session of this page. */
export class Session {
  #token: string | null = null;
  #renewal: Promise<boolean> | null = null;
  #cancelTimer: () => void = () => undefined;
  #state: SessionState = { status: "unknown", username: "", role: "" };

  constructor(private readonly surroundings: Surroundings) {}

  get state(): SessionState {
    return this.#state;
  }

  get token(): string | null {
    return this.#token;
  }

  /** Signs in; throws SignInError. */
  async signIn(username: string, password: string): Promise<void> {
    const body = JSON.stringify({ username, password });
    let response: Response;
    try {
      response = await this.#post("login", { "Content-Type": "application/json" }, body);
    } catch {
      throw new SignInError("unreachable", "the API does not answer");
    }
    if (!response.ok) throw await toSignInError(response);
    this.#take((await response.json()) as Grant);
  }

  /** Gets a fresh access token from the refresh cookie; false when the session has ended or the API is away. */
  refresh(): Promise<boolean> {
    // Refresh tokens are used once: two requests with the same one would end the session.
    this.#renewal ??= this.surroundings
      .exclusively(() => this.#renew())
      .finally(() => {
        this.#renewal = null;
      });
    return this.#renewal;
  }

  /** Ends the session here and at the API. */
  async signOut(): Promise<void> {
    const headers = { ...CLIENT_HEADER, Authorization: `Bearer ${this.#token ?? ""}` };
    try {
      await this.#post("logout", headers);
    } finally {
      this.forget();
    }
  }

  /** Drops what is known of the session, as after a sign-out in another tab. */
  forget(): void {
    this.#token = null;
    this.#cancelTimer();
    this.#change(SIGNED_OUT);
  }

  async #renew(): Promise<boolean> {
    let response: Response;
    try {
      response = await this.#post("refresh", CLIENT_HEADER);
    } catch {
      this.#retryLater();
      return false;
    }
    if (response.ok) {
      this.#take((await response.json()) as Grant);
      return true;
    }
    // Only a refusal ends the session; an API that is ill is asked again.
    if (response.status === 401 || response.status === 400 || response.status === 403) this.forget();
    else this.#retryLater();
    return false;
  }

  #retryLater(): void {
    this.#cancelTimer();
    this.#cancelTimer = this.surroundings.later(() => void this.refresh(), RETRY_MILLISECONDS);
  }

  #take(grant: Grant): void {
    this.#token = grant.access_token;
    this.#cancelTimer();
    const seconds = Math.max(grant.expires_in_seconds - RENEW_BEFORE_SECONDS, grant.expires_in_seconds / 2);
    this.#cancelTimer = this.surroundings.later(() => void this.refresh(), seconds * 1000);
    this.#change({ status: "signed-in", username: grant.username, role: grant.role });
  }

  #change(state: SessionState): void {
    this.#state = state;
    this.surroundings.onChange(state);
  }

  #post(route: string, headers: Record<string, string>, body?: string): Promise<Response> {
    const init: RequestInit = { method: "POST", headers, credentials: "same-origin" };
    return this.surroundings.fetch(`${BASE}/${route}`, body === undefined ? init : { ...init, body });
  }
}

async function toSignInError(response: Response): Promise<SignInError> {
  if (response.status === 401) return new SignInError("wrong", "wrong user name or password");
  if (response.status === 429) {
    const seconds = Number(response.headers.get("Retry-After"));
    return new SignInError("limited", "too many attempts", seconds > 0 ? seconds : null);
  }
  const problem = (await response.json().catch(() => ({}))) as { detail?: string };
  return new SignInError("other", problem.detail ?? `HTTP ${response.status}`);
}
