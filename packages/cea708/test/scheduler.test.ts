import { describe, expect, test } from "vitest";
import {
  CaptionScheduler,
  type CaptionSchedulerOptions,
  CDP_FRAME_RATES,
  CdpWriter,
  type Cue,
  CueReader,
  ccCountOf,
  createCue,
  cueText,
  decodeCdp,
  frameOfMs,
  msOfFrame,
  parseMarkup,
  type SchedulerEvent,
} from "../src/index.js";

/** Schedule cues, carry them as CDPs, and read them back. */
function roundTrip(
  cues: readonly Cue[],
  options: CaptionSchedulerOptions,
  serviceNumber = 1,
): { cues: Cue[]; events: SchedulerEvent[]; frames: Uint8Array[] } {
  const scheduler = new CaptionScheduler(options);
  const writer = new CdpWriter({ frameRate: options.frameRate });
  const reader = new CueReader({ serviceNumber });
  const events: SchedulerEvent[] = [];
  const frames: Uint8Array[] = [];
  const back: Cue[] = [];
  let next = 0;
  const end = Math.max(...cues.map((cue) => cue.endMs)) + 1000;
  let time = 0;
  while (scheduler.pending > 0 || time < end) {
    while (next < cues.length && (cues[next] as Cue).startMs < scheduler.inputHorizonMs) {
      scheduler.push(cues[next++] as Cue, serviceNumber);
    }
    const { ccData, events: happened, frame } = scheduler.pull();
    events.push(...happened);
    frames.push(ccData);
    time = msOfFrame(frame, options.frameRate);
    const { cdp, issues } = decodeCdp(writer.write(ccData), 0, { mode: "strict" });
    expect(issues).toEqual([]);
    back.push(...reader.push(cdp.ccData as Uint8Array, time));
    if (frames.length > 100_000) throw new Error("does not end");
  }
  back.push(...reader.flush(msOfFrame(scheduler.nextFrame, options.frameRate)));
  expect(reader.decoder.issues).toEqual([]);
  expect(reader.decoder.tripletIssues).toEqual([]);
  return { cues: back.sort((a, b) => a.startMs - b.startMs), events, frames };
}

const film: readonly Cue[] = [
  createCue({ startMs: 1000, endMs: 3000, text: "Hello, world" }),
  createCue({ startMs: 3000, endMs: 4500, text: "Back to back\nin two rows" }),
  createCue({ startMs: 4000, endMs: 6000, text: "♪ overlapping ♪" }),
  createCue({ startMs: 6083, endMs: 7000, text: "¿Qué? naïve, Øre, œuvre, ™…" }),
  createCue({
    startMs: 7000,
    endMs: 9000,
    text: "x",
    placement: { vertical: "top", align: "left" },
  }),
];

describe("CaptionScheduler", () => {
  for (const { frameRate } of CDP_FRAME_RATES) {
    const name = `${frameRate.numerator}/${frameRate.denominator}`;
    test(`pop-on at ${name}: every cue is on screen from the nearest frame to the nearest frame`, () => {
      const { cues, events, frames } = roundTrip(film, { frameRate });
      expect(cues.map(cueText)).toEqual(film.map(cueText));
      cues.forEach((cue, index) => {
        const sent = film[index] as Cue;
        expect(frameOfMs(cue.startMs, frameRate)).toBe(frameOfMs(sent.startMs, frameRate));
        expect(frameOfMs(cue.endMs, frameRate)).toBe(frameOfMs(sent.endMs, frameRate));
        const { vertical, align } = sent.placement;
        expect(cue.placement).toMatchObject({ vertical, align, position: undefined });
      });
      // The caption that overlaps another one stands above it; the others are where captions are.
      expect(cues.map((cue) => cue.placement.line !== undefined)).toEqual([
        false,
        false,
        true,
        false,
        false,
      ]);
      for (const event of events) expect(event).toMatchObject({ lateFrames: 0 });
      for (const frame of frames) expect(frame.length).toBe(3 * ccCountOf(frameRate));
    });

    test(`paint-on at ${name}: text appears from the frame nearest to its start`, () => {
      const { cues } = roundTrip(
        film,
        { frameRate, services: [{ serviceNumber: 9, mode: "paint-on" }] },
        9,
      );
      expect(cues.map(cueText)).toEqual(film.map(cueText));
      cues.forEach((cue, index) => {
        const sent = film[index] as Cue;
        const late = frameOfMs(cue.startMs, frameRate) - frameOfMs(sent.startMs, frameRate);
        expect(late).toBeGreaterThanOrEqual(0);
        expect(late).toBeLessThanOrEqual(1);
      });
    });

    test(`roll-up at ${name}: each cue is a line that scrolls in`, () => {
      const { cues, events } = roundTrip(film, {
        frameRate,
        services: [{ serviceNumber: 1, mode: "roll-up", rollUpRows: 3, rollUpTimeoutMs: 500 }],
      });
      expect(cues.map(cueText)).toEqual(film.map(cueText));
      cues.forEach((cue, index) => {
        const sent = film[index] as Cue;
        expect(frameOfMs(cue.startMs, frameRate)).toBe(frameOfMs(sent.startMs, frameRate));
      });
      expect(events.filter((event) => event.kind === "shown")).toHaveLength(film.length);
    });
  }

  test("keeps italics, underline and colours", () => {
    const { lines } = parseMarkup(
      'plain <i>slanted</i> <u>under</u> <font color="#ffff00">yellow <i>both</i></font>.',
      "srt",
    );
    const styled = { ...(film[0] as Cue), lines };
    const { cues } = roundTrip([styled], { frameRate: { numerator: 30, denominator: 1 } });
    expect(cues[0]?.lines).toEqual(lines);
  });

  test("keeps positions, to the grid", () => {
    const frameRate = { numerator: 25, denominator: 1 };
    const placements = [
      { vertical: "top", align: "right", line: 20, position: 80 },
      { vertical: "middle", align: "left", line: 50, position: 12 },
      { vertical: "bottom", align: "center", line: 60, position: 40 },
    ] as const;
    const sent = placements.map((placement, index) =>
      createCue({ startMs: 1000 + 1000 * index, endMs: 1900 + 1000 * index, text: "x", placement }),
    );
    const { cues } = roundTrip(sent, { frameRate });
    cues.forEach((cue, index) => {
      const { vertical, align, line, position } = placements[index] as (typeof placements)[number];
      expect(cue.placement).toMatchObject({ vertical, align });
      expect(Math.abs((cue.placement.line as number) - line)).toBeLessThan(0.6);
      expect(Math.abs((cue.placement.position as number) - position)).toBeLessThan(0.3);
    });
  });

  test("says what it had to change: characters without a code, cues of too many rows", () => {
    const frameRate = { numerator: 30, denominator: 1 };
    const tall = createCue({
      startMs: 1000,
      endMs: 4000,
      text: "one\ntwo\nthree\nfour\nfive\nsix",
    });
    const foreign = createCue({ startMs: 5000, endMs: 6000, text: "naïve 漢 – Łódź" });
    const { cues, events } = roundTrip([tall, foreign], { frameRate });
    expect(cues.map(cueText)).toEqual(["one\ntwo\nthree", "four\nfive\nsix", "naïve _ - Lódz"]);
    expect(events.filter((event) => event.kind === "split")).toMatchObject([
      { cue: tall, parts: 2 },
    ]);
    expect(events.filter((event) => event.kind === "unmappable")).toMatchObject([
      { cue: foreign, characters: ["漢"] },
    ]);
    const shares = cues.slice(0, 2).map((cue) => cue.endMs - cue.startMs);
    expect(shares[0]).toBeCloseTo((3000 * 11) / 22, -2);
  });

  test("wraps at words, and breaks only what is longer than a row", () => {
    const frameRate = { numerator: 30, denominator: 1 };
    const text = `${"word ".repeat(12)}${"x".repeat(50)}`;
    const sent = createCue({ startMs: 1000, endMs: 3000, text });
    const services = [{ serviceNumber: 1, columns: 32 }];
    const { cues } = roundTrip([sent], { frameRate, services });
    expect(cueText(cues[0] as Cue).split("\n")).toEqual([
      "word word word word word word",
      "word word word word word word",
      "x".repeat(32),
      "x".repeat(18),
    ]);
  });

  test("a live cue that comes too late is shown as soon as it is loaded, for a readable time", () => {
    const frameRate = { numerator: 30, denominator: 1 };
    const scheduler = new CaptionScheduler({ frameRate, lookaheadMs: 0, firstFrame: 300 });
    expect(scheduler.inputHorizonMs).toBe(10_000);
    scheduler.push(createCue({ startMs: 1000, endMs: 3000, text: "late" }));
    const events: SchedulerEvent[] = [];
    for (let i = 0; i < 60; i++) events.push(...scheduler.pull().events);
    expect(events).toMatchObject([
      { kind: "shown", frame: 300, lateFrames: 270 },
      { kind: "cleared", frame: 330 },
    ]);
    expect(scheduler.pending).toBe(0);
  });

  test("a receiver that tunes in to roll-up sees the next line within the refresh time", () => {
    const frameRate = { numerator: 30, denominator: 1 };
    const scheduler = new CaptionScheduler({
      frameRate,
      services: [{ serviceNumber: 1, mode: "roll-up" }],
      refreshMs: 500,
    });
    for (let i = 0; i < 6; i++) {
      scheduler.push(createCue({ startMs: i * 1000, endMs: i * 1000 + 900, text: `line ${i}` }));
    }
    const reader = new CueReader();
    const seen: string[] = [];
    for (let frame = 0; frame < 200; frame++) {
      const { ccData } = scheduler.pull();
      if (frame >= 40) seen.push(...reader.push(ccData, frame * 33).map(cueText));
    }
    seen.push(...reader.flush(7000).map(cueText));
    expect(seen).toEqual(["line 2", "line 3", "line 4", "line 5"]);
  });

  test("refuses what it cannot do", () => {
    expect(() => new CaptionScheduler({ frameRate: { numerator: 15, denominator: 1 } })).toThrow(
      RangeError,
    );
    const frameRate = { numerator: 30, denominator: 1 };
    expect(() => new CaptionScheduler({ frameRate, services: [{ serviceNumber: 64 }] })).toThrow(
      RangeError,
    );
    const scheduler = new CaptionScheduler({ frameRate });
    expect(() => scheduler.push(film[0] as Cue, 2)).toThrow(RangeError);
    expect(() => scheduler.push({ ...(film[0] as Cue), startMs: Number.NaN })).toThrow(RangeError);
  });
});
