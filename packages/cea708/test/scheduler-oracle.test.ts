// The scheduler against every possible schedule of small cases, and against overload.

import { fc, test as property } from "@fast-check/vitest";
import { Cea608Scheduler } from "@x/cea608";
import { describe, expect, test } from "vitest";
import {
  CaptionScheduler,
  CDP_FRAME_RATES,
  type Cue,
  CueReader,
  ccCountOf,
  createCue,
  cueText,
  DtvccParser,
  type FrameRate,
  msOfFrame,
  ntscPairsOf,
  type SchedulerEvent,
  splitCcData,
} from "../src/index.js";
import { leastLateness } from "./schedule-oracle.js";

/** FC_RUNS makes the comparison with the oracle a long one; a case takes it some milliseconds. */
const LONG_RUNS = process.env.FC_RUNS === undefined ? undefined : Number(process.env.FC_RUNS);

function run(
  cues: readonly Cue[],
  frameRate: FrameRate,
  serviceNumber = 1,
): { events: SchedulerEvent[]; frames: Uint8Array[] } {
  const scheduler = new CaptionScheduler({ frameRate, services: [{ serviceNumber }] });
  for (const cue of cues) scheduler.push(cue, serviceNumber);
  const events: SchedulerEvent[] = [];
  const frames: Uint8Array[] = [];
  while (scheduler.pending > 0) {
    const pulled = scheduler.pull();
    events.push(...pulled.events);
    frames.push(pulled.ccData);
    if (frames.length > 20_000) throw new Error("does not end");
  }
  return { events, frames };
}

interface SmallCue {
  readonly startFrame: number;
  readonly frames: number;
  /** Length of each row; all have the same. */
  readonly characters: number;
  readonly rows: number;
  readonly service: number;
}

const smallCues = (services: readonly number[]): fc.Arbitrary<SmallCue[]> =>
  fc
    .array(
      fc.record({
        startFrame: fc.integer({ min: 0, max: 5 }),
        frames: fc.integer({ min: 1, max: 12 }),
        characters: fc.integer({ min: 1, max: 12 }),
        rows: fc.integer({ min: 1, max: 2 }),
        service: fc.constantFrom(...services),
      }),
      { minLength: 2, maxLength: 3 },
    )
    .map((cues) =>
      cues.sort(
        (a, b) =>
          a.startFrame - b.startFrame || services.indexOf(a.service) - services.indexOf(b.service),
      ),
    );

/** The rates with the smallest frames are the ones where it matters how codes fit. */
const anyRate = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(...CDP_FRAME_RATES.map((row) => row.frameRate)) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(...CDP_FRAME_RATES.slice(5).map((row) => row.frameRate)),
  },
);

/** Lateness of each cue in frames, as the scheduler has it. */
function latenessOf(
  list: readonly SmallCue[],
  frameRate: FrameRate,
  services: readonly number[],
  lookahead = Number.POSITIVE_INFINITY,
): number[] {
  const scheduler = new CaptionScheduler({
    frameRate,
    // A little less, so that rounding makes no frame of it.
    ...(lookahead === Number.POSITIVE_INFINITY
      ? {}
      : { lookaheadMs: Math.max(0, msOfFrame(lookahead, frameRate) - 0.01) }),
    services: services.map((serviceNumber) => ({ serviceNumber })),
  });
  const cues = list.map(({ startFrame, frames, characters, rows }) =>
    createCue({
      startMs: msOfFrame(startFrame, frameRate),
      endMs: msOfFrame(startFrame + frames, frameRate),
      text: `${"x".repeat(characters)}\n`.repeat(rows),
    }),
  );
  cues.forEach((cue, i) => {
    scheduler.push(cue, list[i]?.service);
  });
  const late: number[] = [];
  while (scheduler.pending > 0) {
    for (const event of scheduler.pull().events) {
      if (event.kind === "shown") late[cues.indexOf(event.cue)] = event.lateFrames;
    }
  }
  return late;
}

describe("lateness", () => {
  for (const services of [[1], [1, 2], [63, 1]]) {
    property.prop([smallCues(services), anyRate, fc.constantFrom(Number.POSITIVE_INFINITY, 0, 2)], {
      numRuns: LONG_RUNS ?? 50,
    })(
      `services ${services}: is the least that any schedule at all can reach (oracle: all of them)`,
      (list, rate, lookahead) => {
        const late = latenessOf(list, rate, services, lookahead);
        const cues = list.map(({ service, startFrame, frames, characters, rows }) => ({
          service,
          startFrame,
          endFrame: startFrame + frames,
          // A row behind the first begins with a pen location.
          codes: Array.from({ length: rows }, (_, row) => [
            ...(row > 0 ? [3] : []),
            ...new Array<number>(characters).fill(1),
          ]).flat(),
        }));
        const capacity = (frame: number): number =>
          2 * (ccCountOf(rate) - ntscPairsOf(rate, frame)) - 1;
        const second = Math.ceil(rate.numerator / rate.denominator);
        // The oracle has to get there itself: what is known to it is a frame worse.
        const worse = late.map((frames, i) => (i === late.length - 1 ? frames + 1 : frames));
        expect(late).toEqual(leastLateness(cues, capacity, second, lookahead, worse));
      },
    );
  }

  // In the order of their starts the last of these would come a frame late: definitions do not fit where text would.
  test.each([
    {
      hertz: 60,
      services: [1],
      cues: [
        [3, 8, 18, 1],
        [3, 1, 24, 1],
        [6, 8, 8, 1],
      ],
    },
    {
      hertz: 60,
      services: [1],
      cues: [
        [2, 10, 22, 1],
        [3, 10, 20, 1],
      ],
    },
    {
      hertz: 50,
      services: [1],
      cues: [
        [2, 7, 19, 1],
        [3, 10, 20, 1],
        [3, 9, 13, 1],
      ],
    },
    {
      hertz: 60,
      services: [1, 2],
      cues: [
        [2, 1, 18, 1],
        [2, 8, 6, 2],
      ],
    },
    {
      hertz: 50,
      services: [1, 2],
      cues: [
        [2, 11, 13, 2],
        [3, 1, 23, 1],
        [3, 4, 8, 2],
      ],
    },
    {
      hertz: 50,
      services: [1, 9],
      cues: [
        [1, 10, 1, 9],
        [2, 1, 14, 1],
        [3, 7, 21, 9],
        [6, 3, 22, 1],
      ],
    },
  ])("nobody is late where another order helps: $hertz Hz, $cues", ({ hertz, services, cues }) => {
    const list = cues.map(([startFrame = 0, frames = 0, characters = 0, service = 1]) => ({
      startFrame,
      frames,
      characters,
      rows: 1,
      service,
    }));
    const late = latenessOf(list, { numerator: hertz, denominator: 1 }, services);
    expect(late).toEqual(cues.map(() => 0));
  });

  test("the second is on time, though the third pays for it", () => {
    const cue = { rows: 1, characters: 2, frames: 2 };
    const list = [
      { ...cue, startFrame: 2, frames: 5, characters: 5, rows: 2, service: 63 },
      { ...cue, startFrame: 2, service: 1 },
      { ...cue, startFrame: 3, frames: 3, characters: 8, service: 63 },
    ];
    expect(latenessOf(list, { numerator: 60, denominator: 1 }, [63, 1])).toEqual([0, 0, 1]);
  });

  test("overload: every cue is shown, in order, late ones reported, nothing dropped", () => {
    const rate = { numerator: 60, denominator: 1 };
    const cues = Array.from({ length: 40 }, (_, index) =>
      createCue({
        startMs: index * 50,
        endMs: index * 50 + 50,
        text: `${index} ${"wide ".repeat(25)}`,
      }),
    );
    const { events } = run(cues, rate);
    const shown = events.flatMap((event) => (event.kind === "shown" ? [event] : []));
    expect(shown.map((event) => event.cue)).toEqual(cues);
    expect(shown.at(-1)?.lateFrames).toBeGreaterThan(0);
  });
});

describe("several channels at once", () => {
  test("six services and four line-21 channels share the frames, all on time, and are read back", () => {
    const frameRate = { numerator: 30_000, denominator: 1001 };
    const services = [1, 2, 3, 4, 5, 63];
    const line21 = new Cea608Scheduler({ frameRate });
    const scheduler = new CaptionScheduler({
      frameRate,
      line21,
      services: services.map((serviceNumber) => ({ serviceNumber })),
    });
    const cueOf = (service: number, index: number): Cue =>
      createCue({
        startMs: 3000 + index * 2000 + service,
        endMs: 4500 + index * 2000 + service,
        text: `service ${service}\ncue ${index}`,
      });
    for (const service of services) {
      for (let index = 0; index < 5; index++) scheduler.push(cueOf(service, index), service);
    }
    for (const service of ["CC1", "CC3"] as const) {
      line21.push({ start: 3000, end: 6000, lines: ["line 21"], service });
    }
    const readers = services.map((serviceNumber) => new CueReader({ serviceNumber }));
    const found: Cue[][] = services.map(() => []);
    const pairs: [number, number] = [0, 0];
    while (scheduler.pending > 0 || !line21.done) {
      const { ccData, frame, events } = scheduler.pull();
      const time = msOfFrame(frame, frameRate);
      for (const [index, reader] of readers.entries()) {
        found[index]?.push(...reader.push(ccData, time));
      }
      for (const event of events) expect(event).toMatchObject({ lateFrames: 0 });
      const split = splitCcData(ccData);
      expect(split.cea608AfterCea708).toBe(false);
      for (const [index, bytes] of [split.field1, split.field2].entries()) {
        if (bytes.some((byte) => (byte & 0x7f) !== 0)) pairs[index as 0 | 1]++;
      }
    }
    services.forEach((service, index) => {
      expect(found[index]?.map(cueText)).toEqual(
        Array.from({ length: 5 }, (_, each) => cueText(cueOf(service, each))),
      );
    });
    expect(Math.min(...pairs)).toBeGreaterThan(5);
  });
});

describe("what it writes", () => {
  const anyCue = fc.record({
    startMs: fc.integer({ min: 0, max: 5000 }),
    length: fc.integer({ min: 0, max: 3000 }),
    text: fc.string({ unit: "grapheme", maxLength: 90 }),
    vertical: fc.constantFrom("top", "middle", "bottom"),
    align: fc.constantFrom("left", "center", "right"),
    line: fc.option(fc.integer({ min: -50, max: 150 }), { nil: undefined }),
  });
  property.prop(
    [
      fc.array(anyCue, { maxLength: 12 }),
      fc.constantFrom(...CDP_FRAME_RATES.map((row) => row.frameRate)),
      fc.constantFrom("pop-on", "paint-on", "roll-up"),
    ],
    { numRuns: 30 },
  )(
    "is one whole packet a frame at most, of constant size, whatever the cues",
    (inits, frameRate, mode) => {
      const scheduler = new CaptionScheduler({ frameRate, services: [{ serviceNumber: 1, mode }] });
      for (const { startMs, length, text, vertical, align, line } of inits) {
        const placement = { vertical, align, line };
        scheduler.push(createCue({ startMs, endMs: startMs + length, text, placement }));
      }
      const reader = new CueReader();
      for (let i = 0; scheduler.pending > 0; i++) {
        const { ccData, frame } = scheduler.pull();
        expect(ccData.length).toBe(3 * ccCountOf(frameRate));
        const parser = new DtvccParser();
        const packets = parser.push(ccData);
        expect(parser.flush()).toEqual([]);
        expect(packets.length).toBeLessThanOrEqual(1);
        reader.push(ccData, msOfFrame(frame, frameRate));
        if (i > 5000) throw new Error("does not end");
      }
      expect(reader.decoder.issues).toEqual([]);
      expect(reader.decoder.tripletIssues).toEqual([]);
    },
  );
});
