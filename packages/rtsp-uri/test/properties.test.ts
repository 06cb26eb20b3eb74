import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type PresentationInput,
  redirectTarget,
  resolvePresentation,
  resolveReference,
  type SetupAction,
  SetupPlan,
  splitUri,
} from "../src/index.js";

// One seed an input: composing 10^5 inputs out of arbitraries would take longer than what is tested.
const INPUTS = 100_000;

class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** Integer from 0 to `below` - 1 (mulberry32). */
  next(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.next(values.length)] as T;
  }
}

const TOKENS = [
  ..."abc/?#@:;=&%*.[] ",
  "//",
  "..",
  "./",
  "/../",
  "rtsp://",
  "rtspt://",
  "RTSPS://",
  "http://",
  "u:s3cret@",
  "h",
  "10.0.0.5:554",
  "[fe80::1%25eth0]",
  "trackID=1",
  "\r\n",
  "\t",
  "\0",
  "\u007f",
  "\u00e9",
  "\u65e5",
  "%2e%2E",
  "?ch=1",
  "\r\nX: y",
];

function text(random: Random): string | undefined {
  if (random.next(4) === 0) return undefined;
  let value = "";
  for (let n = random.next(6); n > 0; n--) value += random.pick(TOKENS);
  return value;
}

const REQUESTS = [
  "rtsp://u:s3cret@cam.example:8554/a/b?ch=1",
  "rtspt://cam.example:8554/a/b/",
  "rtsp://u:s3cret@x@cam.example:8554",
  "RTSPS://cam.example:8554?x#f",
];

function input(random: Random): PresentationInput {
  return {
    requestUri: random.pick(REQUESTS),
    contentBase: text(random),
    contentLocation: text(random),
    sessionControl: text(random),
    mediaControls: Array.from({ length: random.next(3) }, () => text(random)),
  };
}

function expectWireForm(uri: string): void {
  for (let i = 0; i < uri.length; i++) {
    const code = uri.charCodeAt(i);
    if (code <= 0x20 || code === 0x7f || code > 0xff)
      throw new Error(`${code} in ${JSON.stringify(uri)}`);
  }
  const { scheme = "", authority, fragment } = splitUri(uri);
  if (authority === undefined || authority.includes("@")) throw new Error(`credentials in ${uri}`);
  if (fragment !== undefined) throw new Error(`fragment in ${uri}`);
  if (/^rtsps?[uth]$/i.test(scheme)) throw new Error(`transport scheme in ${uri}`);
}

describe("10^5 random presentations", () => {
  const seeds = fc.integer();

  test("no wire string has CR, LF, space or credentials; candidates are distinct", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = new Random(seed);
        const result = resolvePresentation(input(random), {
          prefer: random.pick(["rfc", "concat"]),
        });
        expectWireForm(result.requestUri);
        expectWireForm(result.base);
        expectWireForm(result.aggregate);
        for (const { uri } of result.aggregates) expectWireForm(uri);
        for (const { setup, candidates } of result.media) {
          if (setup !== undefined) expectWireForm(setup);
          for (const { uri } of candidates) expectWireForm(uri);
          if (new Set(candidates.map(({ uri }) => uri)).size !== candidates.length) {
            throw new Error("duplicate");
          }
        }
      }),
      { numRuns: INPUTS },
    );
  });

  test("a plan ends, never repeats a refused request, and never leaves the host", () => {
    const options = {
      credentials: "available",
      transports: 2,
      maxSetups: 30,
      require: true,
    } as const;
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = new Random(seed);
        const presentation = resolvePresentation(input(random));
        const plan = new SetupPlan(presentation, options);
        let last: SetupAction | undefined;
        let mayRepeat = false;
        let steps = 0;
        while (plan.action.type !== "play" && plan.action.type !== "failed") {
          if (++steps > 60) throw new Error("no end");
          const { action } = plan;
          if (action.type === "setup") {
            if (!mayRepeat && JSON.stringify(action) === JSON.stringify(last)) {
              throw new Error(`twice in a row: ${action.uri}`);
            }
            last = action;
            const location = text(random);
            const outcome = random.next(10);
            const status = random.pick([
              200, 200, 302, 400, 401, 404, 454, 461, 500, 503, 505, 551,
            ]);
            const freshChallenge = random.next(4) === 0;
            // A fresh nonce changes what is sent, though not the action.
            mayRepeat = status === 401 && freshChallenge;
            if (outcome === 0) {
              const next = plan.report({ type: random.pick(["closed", "timeout", "malformed"]) });
              mayRepeat = next.type === "reconnect" && next.delayMs > 0;
            } else plan.report({ type: "response", status, location, freshChallenge });
          } else if (action.type === "redirect") {
            expectWireForm(action.uri);
            if (!/^rtsps?:\/\/cam\.example(?::|\/|\?|$)/.test(action.uri))
              throw new Error(action.uri);
            last = undefined;
            plan.report({ type: "described", presentation });
          } else if (action.type === "wait") plan.report({ type: "waited" });
          else plan.report({ type: "described", presentation });
        }
        if (plan.attempts.length > 30) throw new Error("budget");
      }),
      { numRuns: INPUTS },
    );
  });

  test("resolution never fails, and a resolved URI resolves to itself", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = new Random(seed);
        const base = random.pick(REQUESTS);
        const reference = text(random) ?? "";
        const once = resolveReference(base, reference);
        if (splitUri(once).authority === undefined) return;
        const twice = resolveReference(base, once);
        // An empty reference and a query alone keep the base path as it is, so its dot segments go only now.
        if (once !== twice) throw new Error(`${once} became ${twice}`);
      }),
      { numRuns: INPUTS },
    );
  });

  test("a redirect target is an RTSP URL in wire form, or there is none", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const target = redirectTarget("rtsps://cam.example/x", text(new Random(seed)));
        if (target !== undefined) expectWireForm(target.uri);
      }),
      { numRuns: 10_000 },
    );
  });

  test("long values take linear time", () => {
    for (const unit of ["../", "./", "/", "a/../", "@", "[", "%", ":", "?", " ", "a", "//"]) {
      const value = unit.repeat(50_000);
      const mediaControls = [value, `a${value}`];
      const uris = resolvePresentation({
        requestUri: "rtsp://h/x",
        contentBase: value,
        mediaControls,
      });
      expect(uris.media).toHaveLength(2);
    }
  });
});
