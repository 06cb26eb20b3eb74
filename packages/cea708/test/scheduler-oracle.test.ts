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

interface SmallCue {
  readonly startFrame: number;
  readonly frames: number;
  readonly characters: number;
}

/** As many codes as have room. */
const ALL = Number.POSITIVE_INFINITY;

interface State {
  /** Codes sent of each cue. */
  readonly sent: readonly number[];
  /** Frame in which each was shown, -1 before. */
  readonly shown: readonly number[];
  readonly cleared: readonly boolean[];
  /** The cue whose load came first, with the reset in front; -1 before. */
  readonly first: number;
}

/**
 * Least lateness by brute force: in each frame the cues are loaded in one of `orders`, as far as the bytes go, or at
 * most one of `amounts` of codes. Compared cue by cue in order of start, in which they come on.
 */
function leastLateness(
  cues: readonly SmallCue[],
  rate: FrameRate,
  service: number,
  orders: readonly (readonly number[])[],
  amounts: readonly number[],
): number[] {
  const header = service < 7 ? 1 : 2;
  let best: number[] | undefined;
  const seen = new Set<string>();
  const visit = (frame: number, state: State): void => {
    if (state.shown.every((each) => each >= 0)) {
      const late = state.shown.map((each, index) => each - (cues[index] as SmallCue).startFrame);
      if (best === undefined || isLess(late, best)) best = late;
      return;
    }
    const key = `${frame} ${JSON.stringify(state)}`;
    if (frame > 30 || seen.has(key)) return;
    seen.add(key);
    const capacity = 2 * (ccCountOf(rate) - ntscPairsOf(rate, frame)) - 1;
    for (const order of orders) {
      for (const most of amounts) {
        visit(frame + 1, step(cues, state, frame, order, most, capacity, header));
      }
    }
  };
  visit(0, {
    sent: cues.map(() => 0),
    shown: cues.map(() => -1),
    cleared: cues.map(() => false),
    first: -1,
  });
  return best ?? [];
}

/** One frame: load in the given order, keeping room for what must change; then change it. */
function step(
  cues: readonly SmallCue[],
  state: State,
  frame: number,
  order: readonly number[],
  most: number,
  capacity: number,
  header: number,
): State {
  const sent = [...state.sent];
  const shown = [...state.shown];
  const cleared = [...state.cleared];
  let { first } = state;
  let free = capacity;
  /** Code bytes in the last block; a full one makes the next code open another. */
  let block = 31;
  const cost = (length: number): number => (block + length > 31 ? length + header : length);
  const put = (length: number): void => {
    free -= cost(length);
    block = block + length > 31 ? length : block + length;
  };
  const codesOf = (i: number): number[] => [
    ...(first === i ? [1] : []),
    7,
    ...Array<number>((cues[i] as SmallCue).characters).fill(1),
  ];
  const ending = cues.map((cue, i) => {
    const at = shown[i] as number;
    const end = Math.max(cue.startFrame + cue.frames, at + Math.min(cue.frames, 60));
    return at >= 0 && cleared[i] === false && end <= frame;
  });
  const ready = cues.map(
    (cue, i) => shown[i] === -1 && cue.startFrame <= frame && sent[i] === codesOf(i).length,
  );
  /** Captions come on in the order of their starts: none overtakes an earlier one. */
  const showable = (): number[] => {
    const waiting = ready.findIndex((each, i) => !each && shown[i] === -1);
    const until = waiting < 0 ? cues.length : waiting;
    return ready.flatMap((each, i) => (each && i < until ? [i] : []));
  };
  const switchSize = (): number => {
    const hides = ending.includes(true) ? 2 : 0;
    const shows = showable().length > 0 ? 2 : 0;
    return hides + shows > 0 ? hides + shows + 1 : 0;
  };
  /** Put a code of cue `i`, if the switch fits behind it. */
  const load = (i: number, length: number, completesDue: boolean): boolean => {
    const before = { free, block };
    if (cost(length) > free) return false;
    put(length);
    ready[i] = completesDue;
    const size = switchSize();
    if (size === 0 || cost(size) <= free) return true;
    ready[i] = false;
    ({ free, block } = before);
    return false;
  };
  let left = most;
  for (const i of order) {
    if (left > 0 && first < 0) first = i;
    const codes = codesOf(i);
    while ((sent[i] as number) < codes.length && left-- > 0) {
      const length = codes[sent[i] as number] as number;
      const due = (cues[i] as SmallCue).startFrame <= frame;
      const completes = due && (sent[i] as number) + 1 === codes.length;
      // A due caption that cannot be shown in this frame may still be completed in it.
      if (!load(i, length, completes) && !(completes && load(i, length, false))) break;
      sent[i] = (sent[i] as number) + 1;
    }
  }
  if (cost(switchSize()) > free) ready.fill(false);
  if (cost(switchSize()) <= free) {
    for (const i of showable()) shown[i] = frame;
    ending.forEach((each, i) => {
      if (each) cleared[i] = true;
    });
  }
  return { sent, shown, cleared, first };
}

function permutations(items: readonly number[]): number[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item) =>
    permutations(items.filter((each) => each !== item)).map((rest) => [item, ...rest]),
  );
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return (a[i] as number) < (b[i] as number);
  }
  return false;
}

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

const smallCue = fc.record({
  startFrame: fc.integer({ min: 0, max: 8 }),
  frames: fc.integer({ min: 1, max: 12 }),
  characters: fc.integer({ min: 1, max: 32 }),
});

describe("lateness", () => {
  property.prop(
    [
      fc.array(smallCue, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(...CDP_FRAME_RATES.map((row) => row.frameRate)),
      fc.constantFrom(1, 9),
    ],
    { numRuns: 25 },
  )(
    "is the least that loading in the order of starts could reach, and near any order's",
    (unsorted, rate, service) => {
      const cues = [...unsorted].sort((a, b) => a.startFrame - b.startFrame);
      const { events } = run(
        cues.map((cue) =>
          createCue({
            startMs: msOfFrame(cue.startFrame, rate),
            endMs: msOfFrame(cue.startFrame + cue.frames, rate),
            text: "x".repeat(cue.characters),
          }),
        ),
        rate,
        service,
      );
      const late = events
        .flatMap((event) => (event.kind === "shown" ? [event] : []))
        .sort((a, b) => a.cue.startMs - b.cue.startMs)
        .map((event) => event.lateFrames);
      const inOrder = cues.map((_, index) => index);
      expect(late).toEqual(leastLateness(cues, rate, service, [inOrder], [ALL, 0]));
      // Another order can pack the seven bytes of a definition better into the frames, which saves one frame at most.
      const best = leastLateness(cues, rate, service, permutations(inOrder), [ALL]);
      late.forEach((frames, index) => {
        expect(frames).toBeLessThanOrEqual((best[index] as number) + 1);
      });
    },
  );

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
