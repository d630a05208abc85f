/** One WebSocket to the API that finds its way back by itself. */
import { backoffMilliseconds } from "./backoff";
import type { Alert } from "../api/types";
import { readFrame, type LiveSample } from "./frames";

export interface Subscription {
  hosts: string[];
  types: string[];
}

export type StreamState = "connecting" | "open" | "lost";

/** The part of WebSocket that a stream uses. */
export interface Socket {
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
}

export interface StreamWiring {
  connect: () => Socket;
  token: () => string | null;
  /** Gets another token; false when there is none to be had now. */
  refresh: () => Promise<boolean>;
  later: (callback: () => void, milliseconds: number) => () => void;
  random: () => number;
  onState: (state: StreamState) => void;
  onSamples: (samples: LiveSample[]) => void;
  /** Told of alerts that changed, where the subscription names them. */
  onAlerts?: (alerts: Alert[]) => void;
  /** Something was missed: the stream was away, or the server dropped messages. */
  onMissed: () => void;
}

export const CLOSE_TOKEN_ENDED = 4401;
/** The server pings every 30 s; three silent periods mean that the connection is dead. */
const SILENCE_MILLISECONDS = 95_000;
/** A server that wants to refuse the token has done so by then, even when there is nothing to send. */
const PROOF_MILLISECONDS = 6_000;

/** A live stream with one subscription, from start() to stop(). */
export class LiveStream {
  #socket: Socket | null = null;
  #failures = 0;
  #openings = 0;
  #proven = false;
  #stopped = true;
  #cancelRetry: () => void = () => undefined;
  #cancelWatch: () => void = () => undefined;
  #cancelProof: () => void = () => undefined;

  constructor(
    private readonly subscription: Subscription,
    private readonly wiring: StreamWiring,
  ) {}

  start(): void {
    this.#stopped = false;
    this.wiring.onState("connecting");
    this.#open();
  }

  /** Tells the server of a renewed token, so that it need not end the stream when the old one expires. */
  renew(token: string): void {
    if (this.#proven) this.#socket?.send(JSON.stringify({ type: "auth", token }));
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelRetry();
    this.#drop();
  }

  #open(): void {
    const token = this.wiring.token();
    if (token === null) {
      this.#retry();
      return;
    }
    const socket = this.wiring.connect();
    this.#socket = socket;
    socket.onopen = () => {
      socket.send(JSON.stringify({ type: "auth", token }));
      socket.send(JSON.stringify({ type: "subscribe", ...this.subscription, batch: true, format: "json" }));
      this.#watch();
      this.#cancelProof = this.wiring.later(() => this.#opened(), PROOF_MILLISECONDS);
    };
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = (event) => this.#closed(event.code);
  }

  #receive(text: unknown): void {
    if (typeof text !== "string") return;
    this.#watch();
    this.#opened();
    const frame = readFrame(text);
    if (frame.samples.length > 0) this.wiring.onSamples(frame.samples);
    if (frame.alerts.length > 0) this.wiring.onAlerts?.(frame.alerts);
    if (frame.dropped > 0) this.wiring.onMissed();
  }

  /** A frame proves that the server took the token. */
  #opened(): void {
    if (this.#proven) return;
    this.#proven = true;
    this.#cancelProof();
    this.#failures = 0;
    this.#openings += 1;
    this.wiring.onState("open");
    if (this.#openings > 1) this.wiring.onMissed();
  }

  #closed(code: number): void {
    this.#drop();
    if (this.#stopped) return;
    this.#failures += 1;
    if (code === CLOSE_TOKEN_ENDED && this.#failures === 1) {
      void this.wiring.refresh().then((renewed) => {
        if (this.#stopped) return;
        if (renewed) this.#open();
        else this.#retry();
      });
      return;
    }
    this.#retry();
  }

  #retry(): void {
    this.#failures = Math.max(this.#failures, 1);
    this.wiring.onState("lost");
    const wait = backoffMilliseconds(this.#failures, this.wiring.random());
    this.#cancelRetry();
    this.#cancelRetry = this.wiring.later(() => this.#open(), wait);
  }

  #watch(): void {
    this.#cancelWatch();
    this.#cancelWatch = this.wiring.later(() => this.#closed(0), SILENCE_MILLISECONDS);
  }

  #drop(): void {
    this.#cancelWatch();
    this.#cancelProof();
    this.#proven = false;
    const socket = this.#socket;
    if (socket === null) return;
    this.#socket = null;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
