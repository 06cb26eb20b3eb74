import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { xdsPacket } from "../src/conformance.js";
import {
  Cea608CueExporter,
  Cea608Decoder,
  type Cea608Frame,
  type Cea608Report,
  type Cea608ScheduledCue,
  Cea608Scheduler,
  type Cea608SchedulerOptions,
  cueText,
  decodePair,
  encodePopOn,
  type FrameRate,
  LineSlots,
  screenText,
} from "../src/index.js";

const AT_30: FrameRate = { numerator: 30, denominator: 1 };
const RATES: readonly FrameRate[] = [24, 25, 30, 50, 60].flatMap((n) => [
  { numerator: n, denominator: 1 },
  { numerator: n * 1000, denominator: 1001 },
]);

interface Run {
  readonly frames: readonly Cea608Frame[];
  readonly reports: readonly Cea608Report[];
}

function run(cues: readonly Cea608ScheduledCue[], options: Cea608SchedulerOptions): Run {
  const scheduler = new Cea608Scheduler(options);
  for (const cue of cues) scheduler.push(cue);
  const frames: Cea608Frame[] = [];
  while (!scheduler.done) {
    frames.push(scheduler.pull());
    if (frames.length > 20_000) throw new Error("the scheduler does not come to an end");
  }
  return { frames, reports: frames.flatMap((frame) => frame.reports) };
}

/** Frames in which a command leaves, its doubles left out. */
function sent(frames: readonly Cea608Frame[], command: string, field = 1): number[] {
  const found: number[] = [];
  let last = 0;
  for (const { frame, slots } of frames) {
    for (const slot of slots) {
      if (slot.field !== field || slot.word === 0x8080) continue;
      const code = decodePair(slot.word);
      if (slot.word === last) {
        last = 0;
        continue;
      }
      last = code.type === "text" ? 0 : slot.word;
      if (code.type === "misc" && code.command === command) found.push(frame);
    }
  }
  return found;
}

const seconds = (start: number, end: number, ...lines: string[]): Cea608ScheduledCue => ({
  start: start * 1000,
  end: end * 1000,
  lines,
});

describe("Cea608Scheduler", () => {
  test("a pop-on caption appears in the frame of its start and goes in the frame of its end", () => {
    const { frames, reports } = run([seconds(2, 4, "Hello, world")], { frameRate: AT_30 });
    expect(sent(frames, "EOC")).toEqual([60]);
    expect(sent(frames, "EDM")).toEqual([120]);
    expect(reports).toEqual([]);
  });

  test("a caption that follows at once needs no erasure", () => {
    const cues = [seconds(2, 4, "One"), seconds(4, 6, "Two"), seconds(6.05, 8, "Three")];
    const { frames } = run(cues, { frameRate: AT_30 });
    expect(sent(frames, "EOC")).toEqual([60, 120, 182]);
    expect(sent(frames, "EDM")).toEqual([240]);
  });

  test("controls are doubled on field 1 and not on field 2, unless wanted", () => {
    const count = (options: Partial<Cea608SchedulerOptions>, service: "CC1" | "CC3"): number => {
      const { frames } = run([{ ...seconds(2, 3, "Hi"), service }], {
        frameRate: AT_30,
        ...options,
      });
      const words = frames.flatMap(({ slots }) => slots.map(({ word }) => word));
      return words.filter((word) => word !== 0x8080).length;
    };
    // RCL ENM PAC TO Hi EOC EDM: "Hi" in the middle stands at column 15.
    expect(count({}, "CC1")).toBe(13);
    expect(count({}, "CC3")).toBe(7);
    expect(count({ redundantControls: "always" }, "CC3")).toBe(13);
    expect(count({ redundantControls: "never" }, "CC1")).toBe(7);
  });

  test("an erasure that falls into the next load comes in its frame, and the load begins earlier", () => {
    const cues = [
      seconds(2, 4, "One"),
      seconds(4.3, 6, "A caption of two rows", "that takes a while"),
    ];
    const { frames, reports } = run(cues, { frameRate: AT_30 });
    expect(sent(frames, "EDM")[0]).toBeGreaterThanOrEqual(120);
    expect(sent(frames, "EDM")[0]).toBeLessThanOrEqual(121);
    expect(sent(frames, "EOC")).toEqual([60, 129]);
    expect(reports).toEqual([]);
  });

  test("doubles are left out before a caption is late", () => {
    const text = "x".repeat(30);
    const cues = [seconds(2, 2.7, text), seconds(2.7, 4, text)];
    const { frames, reports } = run(cues, { frameRate: AT_30 });
    expect(sent(frames, "EOC")).toEqual([60, 81]);
    expect(reports).toEqual([]);
  });

  test("what does not fit is late by the minimum, reported and not dropped", () => {
    const text = "x".repeat(30);
    const cues = [seconds(2, 2.2, text), seconds(2.2, 4, text)];
    const { frames, reports } = run(cues, { frameRate: AT_30 });
    const load = encodePopOn({ lines: [text] }, { redundantControls: "never" }).length - 1;
    // The erasure of the first comes in between.
    expect(sent(frames, "EOC")).toEqual([60, 62 + load]);
    expect(reports).toEqual([
      { type: "late", cue: cues[1], lateMs: expect.closeTo(((62 + load - 66) * 1000) / 30, 6) },
    ]);
  });

  test("without look-ahead loading begins with the start, as in GStreamer", () => {
    const { frames, reports } = run([seconds(1, 3, "Hello, world")], {
      frameRate: AT_30,
      lookaheadFrames: 0,
    });
    expect(sent(frames, "RCL")).toEqual([30]);
    expect(sent(frames, "EOC")[0]).toBeGreaterThan(30);
    expect(reports.map(({ type }) => type)).toEqual(["late"]);
  });

  test("a caption with more rows than wanted becomes several that share its time", () => {
    const lines = ["one one", "two two", "six six", "ten ten", "end"];
    const { frames, reports } = run([{ start: 2000, end: 8000, lines }], {
      frameRate: AT_30,
      maxRows: 2,
    });
    expect(sent(frames, "EOC")).toEqual([
      60,
      60 + Math.round((180 * 14) / 31),
      60 + Math.round((180 * 28) / 31),
    ]);
    expect(reports).toMatchObject([{ type: "split", parts: 3 }]);
  });

  test("characters without a code are reported", () => {
    const { reports } = run([seconds(1, 2, "漢 ok")], { frameRate: AT_30 });
    expect(reports).toMatchObject([{ type: "unmappable", characters: ["漢"] }]);
  });

  test("paint-on and roll-up begin to show in the frame of the start", () => {
    for (const mode of ["paintOn", "rollUp"] as const) {
      const cues = [seconds(2, 4, "first words"), seconds(4, 6, "second words")];
      const { frames } = run(cues, { frameRate: AT_30, mode });
      const decoder = new Cea608Decoder();
      const changes: number[] = [];
      const texts: string[] = [];
      for (const { frame, slots } of frames) {
        for (const { field, word } of slots) {
          const shown = decoder.push(field, word, frame).some(({ type }) => type === "display");
          if (shown) changes.push(frame);
        }
        texts.push(screenText(decoder.screen("CC1")));
      }
      // The first roll-up line finds nothing to scroll: its letters come after CR and preamble.
      expect(changes[0]).toBe(mode === "paintOn" ? 60 : 66);
      expect(changes).toContain(120);
      expect(texts[100]).toBe("first words");
      expect(texts[160]).toBe(mode === "paintOn" ? "second words" : "first words\nsecond words");
      expect(texts.at(-1)).toBe("");
    }
  });

  test("four services at once are all on time and say what they should", () => {
    const services = ["CC1", "CC2", "CC3", "CC4"] as const;
    const cues = services.flatMap((service, i) =>
      [3, 8, 13].map((start) => ({
        ...seconds(start + i / 3, start + 3 + i / 3, `${service} says`, `${start} o'clock ♪♪ é`),
        service,
      })),
    );
    const { frames, reports } = run(cues, { frameRate: AT_30 });
    expect(reports).toEqual([]);
    const exporter = new Cea608CueExporter();
    const found = frames.flatMap(({ frame, slots }) =>
      slots.flatMap(({ field, word }) => exporter.push(field, word, (frame * 1000) / 30)),
    );
    for (const cue of cues) {
      const same = found.find(
        ({ service, start }) => service === cue.service && Math.abs(start - cue.start) < 20,
      );
      expect(same && cueText(same)).toBe(cue.lines.join("\n"));
      expect(Math.abs((same?.end ?? 0) - cue.end)).toBeLessThan(150);
    }
  });

  test("captions that come while frames are pulled are on time, too", () => {
    const scheduler = new Cea608Scheduler({ frameRate: AT_30 });
    const cues = Array.from({ length: 20 }, (_, i) =>
      seconds(3 + 2 * i, 4.5 + 2 * i, `caption ${i}`),
    );
    const frames: Cea608Frame[] = [];
    for (const cue of cues) {
      scheduler.push(cue);
      while (frames.length < (cue.start / 1000) * 30 - 15) frames.push(scheduler.pull());
    }
    while (!scheduler.done) frames.push(scheduler.pull());
    expect(sent(frames, "EOC")).toEqual(cues.map(({ start }) => (start * 30) / 1000));
    expect(frames.flatMap(({ reports }) => reports)).toEqual([]);
  });

  prop.prop([
    fc.array(xdsPacket(), { minLength: 1, maxLength: 6 }),
    fc.array(fc.tuple(fc.constantFrom("CC3", "CC4", "CC1"), fc.nat(2000)), { maxLength: 4 }),
    fc.constantFrom("popOn", "paintOn", "rollUp"),
  ])("XDS goes between the captions of field 2 and spoils none", (packets, list, mode) => {
    const scheduler = new Cea608Scheduler({ frameRate: AT_30, mode });
    for (const packet of packets) {
      scheduler.pushXds({ ...packet, data: Uint8Array.from(packet.data) });
    }
    let at = 0;
    const cues = list.map(([service, gap], i) => {
      at += gap;
      return { start: at, end: at + 1000, lines: [`caption number ${i}`], service } as const;
    });
    for (const cue of cues) scheduler.push(cue);
    const decoder = new Cea608Decoder();
    const found: unknown[] = [];
    const shown = new Set<string>();
    while (!scheduler.done) {
      for (const { field, word } of scheduler.pull().slots) {
        for (const event of decoder.push(field, word, 0)) {
          if (event.type === "issue") throw new Error(event.issue.message);
          if (event.type === "xds") found.push({ ...event.packet, data: [...event.packet.data] });
          if (event.type === "display") {
            for (const row of screenText(decoder.screen(event.service)).split("\n")) {
              shown.add(`${event.service} ${row}`);
            }
          }
        }
      }
    }
    expect(found).toEqual(packets);
    for (const { service, lines } of cues) expect(shown).toContain(`${service} ${lines[0]}`);
  });

  test("a caption without an end stays until the next one", () => {
    const open = seconds(2, Number.POSITIVE_INFINITY, "first");
    const long = {
      ...open,
      start: 4000,
      lines: ["one one", "two two", "six six", "ten ten", "end"],
    };
    const { frames, reports } = run([open, long], { frameRate: AT_30 });
    expect(sent(frames, "EOC")).toEqual([60, 120, 170]);
    expect(sent(frames, "EDM")).toEqual([]);
    expect(reports).toMatchObject([{ type: "split", parts: 2 }]);
    // Paint-on cannot take the place of what is shown without erasing it.
    const painted = run([open, seconds(4, 5, "second")], { frameRate: AT_30, mode: "paintOn" });
    expect(sent(painted.frames, "EDM")).toEqual([120, 150]);
  });

  test("frames can begin anywhere", () => {
    const scheduler = new Cea608Scheduler({ frameRate: AT_30, firstFrame: 1000 });
    expect(scheduler.pull().frame).toBe(1000);
    scheduler.push(seconds(1, 2, "long over"));
    const reports = [
      scheduler.pull(),
      ...Array.from({ length: 30 }, () => scheduler.pull()),
    ].flatMap((frame) => frame.reports);
    expect(reports).toMatchObject([{ type: "late" }]);
    expect(() => scheduler.push({ start: Number.NaN, end: 0, lines: [] })).toThrow(RangeError);
    expect(() => scheduler.push({ ...seconds(1, 2, "x"), service: "T1" as "CC1" })).toThrow(
      RangeError,
    );
  });

  const anyCue = fc.record({
    service: fc.constantFrom("CC1", "CC2", "CC3", "CC4"),
    gap: fc.integer({ min: 0, max: 1500 }),
    duration: fc.integer({ min: 0, max: 3000 }),
    length: fc.integer({ min: 1, max: 60 }),
  });

  prop.prop([
    fc.array(anyCue, { maxLength: 12 }),
    fc.constantFrom(...RATES),
    fc.constantFrom("popOn", "paintOn", "rollUp"),
    fc.constantFrom(0, 10, undefined),
  ])(
    "no caption of four services is ever lost or spoilt",
    (list, frameRate, mode, lookaheadFrames) => {
      let at = 0;
      const cues = list.map(({ service, gap, duration, length }, i) => {
        at += gap;
        const text = `${i} ${"abcdefghi ".repeat(7)}`.slice(0, length).trim();
        return { start: at, end: at + duration, lines: [text], service } as const;
      });
      const options = lookaheadFrames === undefined ? {} : { lookaheadFrames };
      const { frames } = run(cues, { frameRate, mode, ...options });
      const decoder = new Cea608Decoder();
      const seen = new Map<string, string[]>();
      for (const { field, word } of frames.flatMap(({ slots }) => slots)) {
        for (const event of decoder.push(field, word, 0)) {
          if (event.type === "issue") throw new Error(event.issue.message);
          if (event.type !== "display") continue;
          const texts = seen.get(event.service) ?? [];
          texts.push(screenText(decoder.screen(event.service)).replace(/\s+/g, ""));
          seen.set(event.service, texts);
        }
      }
      for (const { service, lines } of cues) {
        const text = lines[0].replace(/\s+/g, "");
        const rows = mode === "rollUp" ? text.slice(-10) : text;
        expect(seen.get(service)?.some((shown) => shown.endsWith(rows))).toBe(true);
      }
      for (const texts of seen.values()) expect(texts.at(-1)).toBe("");
    },
  );

  prop.prop([
    fc.constantFrom(...RATES),
    fc.constantFrom("CC1", "CC3"),
    fc.integer({ min: 3000, max: 3100 }),
    fc.constantFrom("field1", "always", "never"),
  ])(
    "the mark is in the frame nearest to the start at every rate",
    (frameRate, service, start, redundantControls) => {
      const field = service === "CC1" ? 1 : 2;
      const cue = { start, end: start + 2000, lines: ["A caption"], service } as const;
      const { frames } = run([cue], { frameRate, redundantControls });
      const [shown] = sent(frames, "EOC", field);
      const position = (start * frameRate.numerator) / (1000 * frameRate.denominator);
      const slots = new LineSlots(frameRate);
      const distances = frames
        .filter(({ frame }) => slots.fields(frame).includes(field))
        .map(({ frame }) => Math.abs(frame - position));
      expect(Math.abs((shown as number) - position)).toBe(Math.min(...distances));
    },
  );
});

describe("LineSlots", () => {
  test("fields alternate across frames", () => {
    const pattern = (n: number): string => {
      const slots = new LineSlots({ numerator: n, denominator: 1 });
      return [0, 1, 2, 3].map((frame) => slots.fields(frame).join("")).join(" ");
    };
    expect(pattern(24)).toBe("12 121 21 212");
    expect(pattern(25)).toBe("12 12 12 12");
    expect(pattern(30)).toBe("12 12 12 12");
    expect(pattern(50)).toBe("1 2 1 2");
    expect(pattern(60)).toBe("1 2 1 2");
  });

  test("a slot's frame is the one that has it", () => {
    for (const rate of RATES) {
      const slots = new LineSlots(rate);
      for (let slot = 0; slot < 500; slot++) {
        const frame = slots.frameOf(slot);
        expect(slots.first(frame)).toBeLessThanOrEqual(slot);
        expect(slots.first(frame + 1)).toBeGreaterThan(slot);
      }
    }
  });

  test("other rates have no captions", () => {
    expect(() => new LineSlots({ numerator: 48, denominator: 1 })).toThrow(RangeError);
    expect(() => new LineSlots({ numerator: 0, denominator: 0 })).toThrow(RangeError);
  });
});
