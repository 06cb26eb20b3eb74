import { afterAll, describe, expect, test } from "vitest";
import { VectorTally, vectorFiles, vectorJson } from "../../../tools/testing/vectors.js";
import {
  isFormatError,
  joinConcat,
  type PresentationInput,
  resolvePresentation,
  resolveReference,
  type SetupOutcome,
  SetupPlan,
} from "../src/index.js";

interface Compliant {
  readonly requestLineUri: string;
  readonly base: string;
  readonly aggregate: string;
  readonly setup: readonly (string | null)[];
}

interface Observed {
  readonly describe: readonly string[];
  readonly setup: readonly string[];
}

interface PresentationCase extends PresentationInput {
  readonly id: string;
  readonly error?: true;
  readonly compliant: Compliant;
  readonly candidates: readonly (readonly { uri: string; rule: string }[])[];
  readonly observed?: Readonly<Record<string, Observed>>;
  readonly models?: Readonly<Record<"ffmpeg" | "live555", readonly string[]>>;
}

interface ReferenceCase {
  readonly ref: string;
  readonly expect: string;
}

interface RetryCase {
  readonly id: string;
  readonly server: {
    readonly requestUri: string;
    readonly contentBase?: string | null;
    readonly contentLocation?: string | null;
    readonly sessionControl?: string | null;
    readonly mediaControls: readonly (string | null)[];
    readonly acceptsOnly: string;
    readonly rejectsWith: string;
  };
  readonly expected: {
    readonly setup: readonly { media: number; uri: string; rule: string; outcome: string }[];
    readonly reconnects: number;
    readonly result: "play" | "exhausted";
  };
}

const tally = new VectorTally("rtsp-uri");
afterAll(() => tally.print());

for (const file of vectorFiles("rtsp-uri").filter((name) => name.endsWith(".json"))) {
  const content = vectorJson<unknown>("rtsp-uri", file);
  describe(file, () => {
    if (!Array.isArray(content)) {
      const { base, cases } = content as { base: string; cases: readonly ReferenceCase[] };
      test.each(cases)("$ref", ({ ref, expect: expected }) => {
        expect(resolveReference(base, ref)).toBe(expected);
        tally.add(file);
      });
      return;
    }
    for (const item of content as readonly (PresentationCase | RetryCase)[]) {
      if ("server" in item) {
        test(`${item.id}: reaches ${item.expected.result}`, () => checkRetry(file, item));
        continue;
      }
      if (item.error === true) {
        test(`${item.id}: refused`, () => {
          expect(() => resolvePresentation(item)).toThrow(
            expect.toSatisfy((error: unknown) => isFormatError(error)),
          );
          tally.add(file);
        });
        continue;
      }
      test(`${item.id}: compliant URIs and candidates`, () => checkPresentation(file, item));
      if (item.models !== undefined || item.observed !== undefined) {
        test(`${item.id}: what the peers send`, () => checkPeers(file, item));
      }
    }
  });
}

function checkPresentation(file: string, item: PresentationCase): void {
  const result = resolvePresentation(item);
  expect(result.requestUri).toBe(item.compliant.requestLineUri);
  expect(result.base).toBe(item.compliant.base);
  expect(result.aggregate).toBe(item.compliant.aggregate);
  expect(result.media.map(({ setup }) => setup ?? null)).toEqual(item.compliant.setup);
  const candidates = result.media.map((m) => m.candidates.map(({ uri, rule }) => ({ uri, rule })));
  expect(candidates).toEqual(item.candidates);
  tally.add(file, 4 + item.candidates.flat().length);
}

/** The bases of the peers: none knows Content-Location, each has its own idea of a session control. */
function checkPeers(file: string, item: PresentationCase): void {
  const { requestUri } = resolvePresentation(item);
  const base = item.contentBase ?? requestUri;
  const session = item.sessionControl ?? undefined;
  const control = (i: number): string | undefined => item.mediaControls[i] ?? undefined;

  const ffmpegBase = session?.startsWith("rtsp://") ? session : base;
  const live555Base = session === undefined || session === "*" ? base : session;
  for (const [rule, own] of [
    ["ffmpeg", ffmpegBase],
    ["live555", live555Base],
  ] as const) {
    for (const [i, expected] of (item.models?.[rule] ?? []).entries()) {
      const value = control(i);
      expect(value === undefined ? own : joinConcat(own, value, rule), `${rule} ${i}`).toBe(
        expected,
      );
      tally.add(file);
    }
  }

  const forced = Object.entries(item.observed ?? {}).find(([peer]) => peer.includes("force"));
  const gstreamerBase = session?.includes("://") ? session : base;
  for (const [i, expected] of (forced?.[1].setup ?? []).entries()) {
    const value = (control(i) ?? session ?? "").trim();
    expect(joinConcat(gstreamerBase, value, "gstreamer"), `gstreamer ${i}`).toBe(expected);
    tally.add(file);
  }
}

function checkRetry(file: string, { server, expected }: RetryCase): void {
  const presentation = resolvePresentation(server);
  const plan = new SetupPlan(presentation);
  const rejection: SetupOutcome = /^\d/.test(server.rejectsWith)
    ? { type: "response", status: Number.parseInt(server.rejectsWith, 10) }
    : { type: "closed" };
  let { action } = plan;
  for (let step = 0; action.type === "setup" || action.type === "reconnect"; step++) {
    expect(step).toBeLessThan(100);
    if (action.type === "reconnect") action = plan.report({ type: "described", presentation });
    else if (action.uri === server.acceptsOnly) {
      action = plan.report({ type: "response", status: 200 });
    } else action = plan.report(rejection);
  }
  const setup = plan.attempts.map(({ media, uri, rule, outcome }) => ({
    media,
    uri,
    rule,
    outcome,
  }));
  expect(setup).toEqual(expected.setup);
  expect(plan.reconnects).toBe(expected.reconnects);
  const result = action.type === "failed" ? action.error.code : action.type;
  expect(result).toBe(expected.result);
  tally.add(file, expected.setup.length + 2);
}
