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
      });
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
});
