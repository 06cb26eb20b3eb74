import { afterAll, describe, expect, test } from "vitest";
import {
  fromHex,
  toHex,
  VectorTally,
  vectorBytes,
  vectorFiles,
  vectorJson,
} from "../../../tools/testing/vectors.js";
import {
  type Cea608Cue,
  Cea608CueExporter,
  type Cea608Decoder,
  type Cea608Row,
  Cea608Scheduler,
  characterOfCode,
  cueText,
  Cea608Decoder as Decoder,
  decodeXdsContent,
  decodeXdsPacket,
  encodePopOn,
  encodeXdsContent,
  encodeXdsPacket,
  formatScc,
  GstTextTo608,
  mapText,
  millisecondsOfFrame,
  parseScc,
  type SccFile,
  screenRows,
  type XdsClass,
  type XdsContent,
  XdsParser,
} from "../src/index.js";

const FOLDER = "cea708";
const files = vectorFiles(FOLDER);
const tally = new VectorTally("cea608");
const named = (pattern: RegExp): string[] => files.filter((file) => pattern.test(file));

afterAll(() => tally.print());

describe("scc", () => {
  interface Line {
    readonly timecode: string;
    readonly pairs: number;
    readonly frame: number;
    readonly start_s: number;
    readonly cc1: Record<string, { readonly col: number; readonly text: string }>;
    readonly cc2: Record<string, { readonly col: number; readonly text: string }>;
    readonly cc1_attributes?: Record<
      string,
      { from: number; to: number; color: string; italics: boolean; underline: boolean }[]
    >;
  }
  type Expected = Record<string, { readonly screens_after_each_line?: readonly Line[] }>;

  const screen = (decoder: Cea608Decoder, service: "CC1" | "CC2"): Line["cc1"] =>
    Object.fromEntries(
      screenRows(decoder.screen(service)).map(({ row, column, text }) => [
        row,
        { col: column, text },
      ]),
    );

  /** Runs by the three attributes of the vectors alone. */
  function attributeRuns(row: Cea608Row | undefined): unknown[] {
    const merged: {
      from: number;
      to: number;
      color: string;
      italics: boolean;
      underline: boolean;
    }[] = [];
    for (const { column: from, text, style } of row?.runs ?? []) {
      const { color, italics, underline } = style;
      const to = from + text.length - 1;
      const last = merged.at(-1);
      const joins =
        last?.to === from - 1 &&
        last.color === color &&
        last.italics === italics &&
        last.underline === underline;
      if (joins) last.to = to;
      else merged.push({ from, to, color, italics, underline });
    }
    return merged;
  }

  for (const index of named(/(^|\/)scc\/expected\.json$/)) {
    const expected = vectorJson<Expected>(FOLDER, index);
    const folder = index.replace("expected.json", "");
    for (const [name, { screens_after_each_line: lines }] of Object.entries(expected)) {
      const file = `${folder}${name}.scc`;
      if (lines === undefined || !files.includes(file)) continue;
      test(`${file}: the screen after each line`, () => {
        const scc = parseScc(new TextDecoder().decode(vectorBytes(FOLDER, file)));
        expect(scc.lines.length).toBe(lines.length);
        const decoder = new Decoder();
        lines.forEach((line, i) => {
          const read = scc.lines[i] as SccFile["lines"][number];
          expect(read.words.length).toBe(line.pairs);
          expect(read.frame).toBe(line.frame);
          const start = millisecondsOfFrame(read.frame, read.timecode.dropFrame) / 1000;
          expect(start).toBeCloseTo(line.start_s, 5);
          for (const word of read.words) decoder.push(1, word, start);
          expect({ i, cc1: screen(decoder, "CC1") }).toEqual({ i, cc1: line.cc1 });
          expect({ i, cc2: screen(decoder, "CC2") }).toEqual({ i, cc2: line.cc2 });
          tally.add(file, 5);
          if (line.cc1_attributes === undefined) return;
          for (const [row, runs] of Object.entries(line.cc1_attributes)) {
            const found = screenRows(decoder.screen("CC1")).find((r) => r.row === Number(row));
            expect(attributeRuns(found)).toEqual(runs);
            tally.add(file);
          }
        });
      });

      test(`${file}: read and written again it is the same words`, () => {
        const text = new TextDecoder().decode(vectorBytes(FOLDER, file));
        // The two spellings of each kind of time code are one.
        const words = (value: string): string[] =>
          value
            .toLowerCase()
            .replace(/(?<=:\d\d)[.,](?=\d)/g, (mark) => (mark === "." ? ":" : ";"))
            .match(/\S+/g) ?? [];
        expect(words(formatScc(parseScc(text, { fixParity: false })))).toEqual(words(text));
        tally.add(file);
      });
    }
  }

  test("there are some", () => expect(named(/scc\/.*\.scc$/).length).toBeGreaterThan(0));
});

describe("tttocea608", () => {
  /** What can be seen of a text in the characters of the standard. */
  const squash = (text: string): string =>
    mapText(text)
      .codes.map((code) => characterOfCode(code))
      .join("")
      .replace(/\s+/g, "");

  interface Vector {
    readonly element: string;
    readonly settings: {
      readonly mode: "pop-on" | "paint-on" | "roll-up" | "roll-up2" | "roll-up3" | "roll-up4";
      readonly n: number;
      readonly d: number;
      readonly rows?: 2 | 3 | 4;
      readonly timeout_ms?: number;
    };
    readonly cues: readonly { start_s: number; duration_s: number; text: string }[];
    readonly frames: readonly { frame: number; count: number; hex: string }[];
  }

  for (const file of named(/(^|\/)text-to-captions[^/]*\.json$/)) {
    const vectors = vectorJson<Vector[]>(FOLDER, file);
    vectors.forEach((vector, i) => {
      if (vector.element !== "tttocea608") return;
      const { mode, n, d, rows, timeout_ms } = vector.settings;
      test(`${file} ${i}: ${mode} at ${n}/${d}, byte for byte`, () => {
        const rollUp = /^roll-up(\d?)$/.exec(mode);
        const element = new GstTextTo608({
          frameRate: { numerator: n, denominator: d },
          mode: rollUp === null ? (mode as "pop-on") : "roll-up",
          rows: rows ?? ((Number(rollUp?.[1]) || 2) as 2 | 3 | 4),
          ...(timeout_ms === undefined ? {} : { rollUpTimeoutMs: timeout_ms }),
        });
        const pairs = vector.cues.flatMap(({ start_s, duration_s, text }) =>
          element.push({ start: start_s * 1000, end: (start_s + duration_s) * 1000, text }),
        );
        pairs.push(...element.flush());
        const expected = vector.frames.flatMap(({ frame, count, hex }) =>
          Array.from({ length: count }, (_, k) => `${frame + k} ${hex}`),
        );
        const found = pairs.map(
          ({ frame, word }) => `${frame} ${word.toString(16).padStart(4, "0")}`,
        );
        expect(found).toEqual(expected);
        tally.add(file, expected.length);
      });

      test(`${file} ${i}: the scheduler shows each cue on time, or late by the minimum`, () => {
        const frameRate = { numerator: n, denominator: d };
        const scheduler = new Cea608Scheduler({ frameRate, redundantControls: "field1" });
        const cues = vector.cues.map(({ start_s, duration_s, text }) => ({
          start: start_s * 1000,
          end: (start_s + duration_s) * 1000,
          lines: text.split("\n"),
        }));
        for (const cue of cues) scheduler.push(cue);
        const exporter = new Cea608CueExporter();
        const found: Cea608Cue[] = [];
        const late = new Map<unknown, number>();
        const parts = new Map<unknown, number>();
        while (!scheduler.done) {
          const { frame, slots, reports } = scheduler.pull();
          const time = (frame * 1000 * d) / n;
          for (const { field, word } of slots) found.push(...exporter.push(field, word, time));
          for (const report of reports) {
            if (report.type === "late" && !late.has(report.cue))
              late.set(report.cue, report.lateMs);
            if (report.type === "split") parts.set(report.cue, report.parts);
          }
        }
        const frameMs = (1000 * d) / n;
        // At 50 and 60 Hz a field has its pair in every second frame.
        const step = n / d > 40 ? 2 : 1;
        let at = 0;
        for (const cue of cues) {
          const before = found[at - 1];
          const shown = found.slice(at, at + (parts.get(cue) ?? 1));
          at += shown.length;
          expect(squash(shown.map((part) => cueText(part)).join(""))).toBe(
            squash(cue.lines.join("")),
          );
          const [first] = shown as [Cea608Cue];
          const lateness = late.get(cue) ?? 0;
          expect(Math.abs(first.start - cue.start - lateness)).toBeLessThanOrEqual(
            (step * frameMs) / 2 + 1e-6,
          );
          if (lateness === 0 || shown.length > 1) continue;
          const load = encodePopOn(cue, { redundantControls: "never" }).length - 1;
          const free = (first.start - (before?.start ?? 0)) / frameMs / step - 1;
          expect(free).toBeLessThanOrEqual(load + 1 + 1e-6);
        }
        expect(found.length).toBe(at);
        tally.add(file, 2 * cues.length);
      });
    });
  }
});

describe("xds", () => {
  interface Vector {
    readonly class: XdsClass;
    readonly type: number;
    readonly hex: string;
    readonly text?: string;
    readonly advisory?: object;
    readonly start?: { min: number; hour: number; date: number; month: number };
    readonly length?: unknown;
    readonly elapsed?: unknown;
    readonly tsid?: number;
    readonly tz_hours_west?: number;
    readonly dst?: boolean;
  }

  /** The vector's keys from our content. */
  function facts(content: XdsContent | undefined): Partial<Vector> {
    switch (content?.kind) {
      case "startTime": {
        const { minute: min, hour, date, month } = content.start;
        return { start: { min, hour, date, month } };
      }
      case "length": {
        const { length, elapsed } = content;
        return elapsed === undefined ? { length } : { length, elapsed };
      }
      case "contentAdvisory":
        return { advisory: content.advisory };
      case "transmissionSignalId":
        return { tsid: content.tsid };
      case "localTimeZone":
        return { tz_hours_west: content.hoursWest, dst: content.dst };
      case undefined:
        return {};
      default:
        return content !== undefined && "text" in content ? { text: content.text } : {};
    }
  }

  for (const file of named(/(^|\/)xds[^/]*\.json$/)) {
    const { packets } = vectorJson<{ packets: Vector[] }>(FOLDER, file);
    packets.forEach((vector, i) => {
      const { hex, class: xdsClass, type, ...decoded } = vector;
      test(`${file} ${i}: ${xdsClass} ${type}`, () => {
        const bytes = fromHex(hex);
        const packet = decodeXdsPacket(bytes);
        expect({ class: packet.class, type: packet.type }).toEqual({ class: xdsClass, type });
        const content = decodeXdsContent(packet);
        // Only a US rating has flags, only there they may be listed.
        const advisory = decoded.advisory && { flags: [], ...decoded.advisory };
        expect(facts(content)).toEqual(advisory ? { advisory } : decoded);
        expect(toHex(encodeXdsPacket(packet))).toBe(hex);
        if (content !== undefined) {
          const rebuilt = encodeXdsContent(content, packet.class === "future");
          expect(toHex(encodeXdsPacket(rebuilt))).toBe(hex);
        }
        const parser = new XdsParser();
        let found: unknown;
        for (let at = 0; at < bytes.length; at += 2) {
          found ??= parser.push(((bytes[at] as number) << 8) | (bytes[at + 1] as number))?.packet;
        }
        expect(found).toEqual(packet);
        tally.add(file, 3 + Object.keys(decoded).length);
      });
    });
  }

  test("there are some", () => expect(named(/xds[^/]*\.json$/).length).toBeGreaterThan(0));
});
