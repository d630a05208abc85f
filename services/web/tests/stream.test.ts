/** The live stream finds its way back, and says when something was missed. */
import { describe, expect, it } from "vitest";
import { backoffMilliseconds } from "../src/live/backoff";
import { readFrame } from "../src/live/frames";
import { LiveStream, type Socket } from "../src/live/stream";

class FakeSocket implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  constructor(private readonly log: string[]) {}
  send(text: string): void {
    this.log.push(`send ${(JSON.parse(text) as { type: string }).type}`);
  }
  close(): void {
    this.log.push("close");
  }
}

/** A stream whose sockets, timers and news are lists. */
function begin(renewed = true) {
  const log: string[] = [];
  const sockets: FakeSocket[] = [];
  const timers: { callback: () => void; milliseconds: number }[] = [];
  const stream = new LiveStream(
    { hosts: ["*"], types: ["cpu"] },
    {
      connect: () => {
        const socket = new FakeSocket(log);
        sockets.push(socket);
        return socket;
      },
      token: () => "token",
      refresh: () => {
        log.push("refresh");
        return Promise.resolve(renewed);
      },
      later: (callback, milliseconds) => {
        const timer = { callback, milliseconds };
        timers.push(timer);
        return () => timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0);
      },
      random: () => 0,
      onState: (state) => log.push(state),
      onSamples: (samples) => log.push(`samples ${samples.length}`),
      onMissed: () => log.push("missed"),
    },
  );
  const latest = () => sockets.at(-1) as FakeSocket;
  const open = (frame = '[{"type":"ping"}]') => {
    latest().onopen?.();
    latest().onmessage?.({ data: frame });
  };
  return { stream, log, timers, latest, open };
}

const SAMPLE = '{"type":"cpu","host":"a","source":"system","time":"t","data":{"columns":[],"rows":[]}}';

it("authenticates, subscribes, and is open with the first frame", () => {
  const { stream, log, open } = begin();
  stream.start();
  open(`[${SAMPLE}]`);
  expect(log).toEqual(["connecting", "send auth", "send subscribe", "open", "samples 1"]);
});

it("comes back after a loss and says that something was missed", () => {
  const { stream, log, timers, latest, open } = begin();
  stream.start();
  open();
  log.length = 0;
  latest().onclose?.({ code: 1006 });
  expect(timers.map((timer) => timer.milliseconds)).toEqual([100]);
  timers.shift()?.callback();
  open();
  expect(log).toEqual(["close", "lost", "send auth", "send subscribe", "open", "missed"]);
});

describe("closed because the token ended", () => {
  it.each([
    [true, ["close", "refresh", "send auth", "send subscribe", "open", "missed"]],
    [false, ["close", "refresh", "lost"]],
  ])("with a new token to be had: %s", async (renewed, expected) => {
    const { stream, log, latest, open } = begin(renewed);
    stream.start();
    open();
    log.length = 0;
    latest().onclose?.({ code: 4401 });
    await Promise.resolve();
    if (renewed) open();
    expect(log).toEqual(expected);
  });
});

it("tells the server of a renewed token", () => {
  const { stream, log, open } = begin();
  stream.start();
  open();
  stream.renew("fresh");
  expect(log.at(-1)).toBe("send auth");
});

it("asks for what the server dropped", () => {
  const { stream, log, open } = begin();
  stream.start();
  open('[{"type":"gap","dropped":3}]');
  expect(log.at(-1)).toBe("missed");
});

it("gives up a connection that says nothing for three pings", () => {
  const { stream, log, timers, open } = begin();
  stream.start();
  open();
  timers.find((timer) => timer.milliseconds === 95_000)?.callback();
  expect(log.slice(-2)).toEqual(["close", "lost"]);
});

it("stays closed once stopped", () => {
  const { stream, log, timers, open } = begin();
  stream.start();
  open();
  stream.stop();
  expect([log.at(-1), timers.length]).toEqual(["close", 0]);
});

describe("the wait before the next attempt", () => {
  it.each([
    [0, 0, 100],
    [0, 1, 500],
    [1, 1, 1_000],
    [4, 1, 8_000],
    [5, 1, 15_000],
    [500, 1, 15_000],
    [500, 0, 100],
    [2, 0.5, 1_050],
  ])("after %s failures with chance %s is %s ms", (failures, random, milliseconds) => {
    expect(backoffMilliseconds(failures, random)).toBe(milliseconds);
  });
});

describe("a frame", () => {
  it.each([
    [SAMPLE, 1, 0],
    [`[${SAMPLE},${SAMPLE}]`, 2, 0],
    [`[${SAMPLE},{"type":"gap","dropped":2}]`, 1, 2],
    ['{"type":"ping"}', 0, 0],
    ['[null,1,"x",{}]', 0, 0],
  ])("%s holds %s samples and tells of %s dropped", (text, samples, dropped) => {
    const frame = readFrame(text);
    expect([frame.samples.length, frame.dropped]).toEqual([samples, dropped]);
  });
});
