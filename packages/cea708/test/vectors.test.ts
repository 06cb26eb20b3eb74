import { afterAll, describe, expect, test } from "vitest";
import {
  fromHex,
  toHex,
  VectorTally,
  vectorBytes,
  vectorFiles,
  vectorJson,
} from "../../../tools/testing/vectors.js";
import { type GstCaptionFormat, GstCcConverter, GstTextTo708 } from "../src/gst.js";
import {
  CaptionDecoder,
  CaptionScheduler,
  type CaptionWindow,
  CcRepacker,
  type Cue,
  CueReader,
  createCue,
  cueText,
  DtvccParser,
  decodeCdp,
  decodePacketCodes,
  encodeCdp,
  formatMcc,
  frameOfMs,
  isFormatError,
  line21PayloadsToCcData,
  mccChecksum,
  msOfFrame,
  pairsToCcData,
  parseMcc,
  ServiceDecoder,
  splitCcData,
  toCaptionText,
  tokenise,
} from "../src/index.js";
import { streamVectors } from "./stream-vectors.js";

const FOLDER = "cea708";
const files = vectorFiles(FOLDER);
const tally = new VectorTally(FOLDER);

/** Vector files by the name before the extension, or before its first further word: one kind may have many files. */
function ofKind(pattern: RegExp): string[] {
  return files.filter((file) => pattern.test(file));
}

afterAll(() => {
  tally.print();
  expect(tally.expectations).toBeGreaterThan(0);
});

describe("708-commands, 708-block-boundaries: packets cut into codes", () => {
  interface CommandVector {
    readonly name: string;
    readonly cc_data_hex: string;
    readonly packet_hex: string;
    readonly service_block_hex: string;
    readonly service?: number;
    readonly codes_hex?: string;
    readonly expected_tokens: readonly string[];
  }
  for (const file of ofKind(/^708-(?:commands|block-boundaries)[^/]*\.json$/)) {
    test(file, () => {
      for (const vector of vectorJson<CommandVector[]>(FOLDER, file)) {
        const parser = new DtvccParser();
        const [packet] = [...parser.push(fromHex(vector.cc_data_hex)), ...parser.flush()];
        if (packet === undefined) throw new Error(`${vector.name}: no packet`);
        const header = fromHex(vector.packet_hex)[0] as number;
        expect(packet.sequenceNumber).toBe(header >> 6);
        expect(vector.packet_hex.slice(2)).toBe(toHex(packet.packetData));
        const { service = 1 } = vector;
        const found = decodePacketCodes(packet.packetData).find(
          (each) => each.serviceNumber === service,
        );
        const codes = found?.codes.map(toHex) ?? [];
        expect(codes, vector.name).toEqual(vector.expected_tokens);
        tally.add(file, vector.expected_tokens.length + 1);
      }
    });
  }
});

describe("708-screens: windows after each step", () => {
  interface ExpectedWindow {
    readonly visible: boolean;
    readonly rows: number;
    readonly cols: number;
    readonly pen: readonly [number, number];
    readonly text: Readonly<Record<string, { readonly col: number; readonly text: string }>>;
  }
  interface ScreenVector {
    readonly name: string;
    readonly steps: readonly {
      readonly t_ms: number;
      readonly codes_hex: string;
      readonly expected: {
        readonly current: number | null;
        readonly windows: Readonly<Record<string, ExpectedWindow>>;
      };
    }[];
  }
  for (const file of ofKind(/^708-screens[^/]*\.json$/)) {
    test(file, () => {
      for (const { name, steps } of vectorJson<ScreenVector[]>(FOLDER, file)) {
        const service = new ServiceDecoder();
        for (const { t_ms, codes_hex, expected } of steps) {
          service.push(tokenise(fromHex(codes_hex)), t_ms);
          const windows: Record<string, ExpectedWindow> = {};
          for (const window of service.windows) {
            if (window !== undefined) windows[window.id] = describeWindow(window);
          }
          const actual = { current: service.currentWindow ?? null, windows };
          expect(actual, `${name} at ${t_ms} ms`).toEqual(expected);
          tally.add(file);
        }
      }
    });
  }

  function describeWindow(window: CaptionWindow): ExpectedWindow {
    const text: Record<string, { col: number; text: string }> = {};
    for (let row = 0; row < window.rows; row++) {
      let first = -1;
      let written = "";
      let end = 0;
      for (let column = 0; column < window.columns; column++) {
        const cell = window.cell(row, column);
        if (cell === undefined) {
          if (first >= 0) written += " ";
          continue;
        }
        if (first < 0) first = column;
        written += cell.text;
        end = written.length;
      }
      if (first >= 0) text[row] = { col: first, text: written.slice(0, end) };
    }
    const { row, column } = window.penLocation;
    const { visible, rows, columns } = window;
    return { visible, rows, cols: columns, pen: [row, column], text };
  }
});

describe("cdp-sections, cdp-malformed: strict where cdp-types is, never anything but a typed error", () => {
  interface CdpVector {
    readonly name?: string;
    readonly mutation?: string;
    readonly hex: string;
    readonly cdp_types_parse?: string;
    readonly cdp_types?: string;
  }
  for (const file of ofKind(/^cdp-(?:sections|malformed)[^/]*\.json$/)) {
    test(file, () => {
      for (const vector of vectorJson<CdpVector[]>(FOLDER, file)) {
        const bytes = fromHex(vector.hex);
        const verdict = vector.cdp_types_parse ?? vector.cdp_types ?? "";
        const strict = attempt(() => decodeCdp(bytes, 0, { mode: "strict" }));
        const lenient = attempt(() => decodeCdp(bytes));
        const label = `${vector.name ?? vector.mutation}: ${verdict} ${vector.hex}`;
        // Wrong reserved bits alone are no reason to refuse a packet.
        const forgiven = strict?.issues.some(({ code }) => code === "reserved") === true;
        if (verdict.startsWith("err")) expect(strict === undefined || forgiven, label).toBe(true);
        if (verdict.startsWith("ok") && vector.name !== undefined) {
          expect(strict, label).toBeDefined();
        }
        if (strict !== undefined && lenient !== undefined) {
          expect(toHex(encodeCdp(strict.cdp)), label).toBe(toHex(bytes.subarray(0, strict.end)));
          checkParse(verdict, strict.cdp);
        }
        tally.add(file);
      }
    });
  }

  function attempt<T>(run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      if (!isFormatError(error)) throw error;
      return undefined;
    }
  }

  /** Compare with cdp-types' printed form: frame rate, time code, services, sequence counter. */
  function checkParse(verdict: string, cdp: ReturnType<typeof decodeCdp>["cdp"]): void {
    const rate = /Framerate \{ id: (\d+)/.exec(verdict)?.[1];
    if (rate !== undefined) expect(cdp.cdpFrameRate).toBe(Number(rate));
    const sequence = /seq=(\d+)/.exec(verdict)?.[1];
    if (sequence !== undefined) expect(cdp.cdpHdrSequenceCntr).toBe(Number(sequence));
    const languages = [...verdict.matchAll(/language: \[(\d+), (\d+), (\d+)\]/g)].map((match) =>
      String.fromCharCode(Number(match[1]), Number(match[2]), Number(match[3])),
    );
    if (/svc=Some/.test(verdict)) {
      expect(cdp.svcInfo?.services.map((each) => each.language)).toEqual(languages);
    }
    if (/tc=None/.test(verdict)) expect(cdp.timeCode).toBeUndefined();
  }
});

describe("ccconverter, cdp-timecode: our conversion loses nothing, the compatible one is GStreamer's", () => {
  interface ConverterVector {
    readonly name: string;
    readonly from: string;
    readonly to: string;
    readonly fps_in: readonly [number, number];
    readonly fps_out: readonly [number, number];
    readonly buffers: readonly string[];
    readonly outputs: readonly { readonly pts_ns: number; readonly hex: string }[];
    readonly tc?: readonly [number, number, number, number, boolean];
  }
  const formats: Readonly<Record<string, GstCaptionFormat>> = {
    cdp: "cdp",
    cc_data: "cc_data",
    s334: "s334-1a",
    raw0: "raw-field0",
    raw1: "raw-field1",
  };
  for (const file of ofKind(/^(?:ccconverter-|cdp-timecode)[^/]*\.json$/)) {
    test(file, () => {
      for (const vector of vectorJson<ConverterVector[]>(FOLDER, file)) {
        const inputRate = { numerator: vector.fps_in[0], denominator: vector.fps_in[1] };
        const outputRate = { numerator: vector.fps_out[0], denominator: vector.fps_out[1] };
        const from = formats[vector.from] as GstCaptionFormat;
        const to = formats[vector.to] as GstCaptionFormat;
        const buffers = vector.buffers.map(fromHex);

        const input = buffers.map((bytes) => toCcData(bytes, from));
        const repacker = new CcRepacker({ inputRate, outputRate, maxDelayMs: 60_000 });
        const repacked = [...input.flatMap((each) => repacker.push(each)), ...repacker.flush()];
        expect(content(repacked), vector.name).toEqual(content(input));
        expect(repacker.issues).toEqual([]);

        const converter = new GstCcConverter({ from, to, inputRate, outputRate });
        const outputs: { pts_ns: number; hex: string }[] = [];
        buffers.forEach((bytes, index) => {
          const time =
            vector.tc === undefined ? undefined : timeCodeOf(vector.tc, index, outputRate);
          const pts_ns = Math.floor((index * 1e9 * vector.fps_in[1]) / vector.fps_in[0]);
          const made = converter.push(bytes, time);
          if (index === buffers.length - 1) made.push(...converter.flush());
          for (const out of made) if (out.length > 0) outputs.push({ pts_ns, hex: toHex(out) });
        });
        expect(outputs, vector.name).toEqual(vector.outputs);
        tally.add(file, vector.outputs.length + input.length);
      }
    });
  }

  /** The time code `index` frames on; drop-frame labels are skipped as SMPTE 12-1 says. */
  function timeCodeOf(
    first: readonly [number, number, number, number, boolean],
    index: number,
    rate: { numerator: number; denominator: number },
  ) {
    const nominal = Math.round(rate.numerator / rate.denominator);
    let [hours, minutes, seconds, frames] = first;
    const dropFrameFlag = first[4];
    for (let i = 0; i < index; i++) {
      if (++frames < nominal) continue;
      frames = 0;
      if (++seconds < 60) continue;
      seconds = 0;
      if (++minutes === 60) {
        minutes = 0;
        hours = (hours + 1) % 24;
      }
      if (dropFrameFlag && minutes % 10 !== 0) frames = nominal / 15;
    }
    return { hours, minutes, seconds, frames, fieldFlag: false, dropFrameFlag };
  }

  function toCcData(bytes: Uint8Array, from: GstCaptionFormat): Uint8Array {
    switch (from) {
      case "cdp":
        return decodeCdp(bytes, 0, { mode: "strict" }).cdp.ccData ?? new Uint8Array(0);
      case "cc_data":
        return bytes;
      case "s334-1a":
        return line21PayloadsToCcData(bytes);
      default:
        return pairsToCcData(bytes, from === "raw-field0" ? 1 : 2);
    }
  }

  function content(frames: readonly Uint8Array[]): { pairs: string[][]; dtvcc: string } {
    const pairs: string[][] = [[], []];
    let dtvcc = "";
    for (const frame of frames) {
      const split = splitCcData(frame);
      dtvcc += toHex(split.dtvcc);
      [split.field1, split.field2].forEach((field, index) => {
        for (let at = 0; at < field.length; at += 2) {
          const pair = field.subarray(at, at + 2);
          if (pair.some((byte) => (byte & 0x7f) !== 0)) pairs[index]?.push(toHex(pair));
        }
      });
    }
    return { pairs, dtvcc };
  }
});

describe("text-to-captions: GStreamer's frames decode to the packets listed", () => {
  interface TranslatorVector {
    readonly element: string;
    readonly settings: {
      readonly mode: "pop-on" | "paint-on" | "roll-up";
      readonly n: number;
      readonly d: number;
      readonly ch?: 0 | 1 | 2 | 3 | 4;
      readonly service?: number;
      readonly rows?: number;
      readonly timeout_ms?: number;
    };
    readonly cues: readonly {
      readonly start_s: number;
      readonly duration_s: number;
      readonly text: string;
    }[];
    readonly frames: readonly {
      readonly frame: number;
      readonly count: number;
      readonly hex: string;
    }[];
    readonly dtvcc_packets?: readonly {
      readonly frame: number;
      readonly sequence: number;
      readonly services: readonly {
        readonly service: number;
        readonly tokens: readonly string[];
      }[];
    }[];
  }
  for (const file of ofKind(/^text-to-captions[^/]*\.json$/)) {
    test(file, () => {
      for (const vector of vectorJson<TranslatorVector[]>(FOLDER, file)) {
        if (vector.element !== "tttocea708" || vector.dtvcc_packets === undefined) continue;
        const decoder = new CaptionDecoder();
        const packets = vector.frames.flatMap(({ frame, count, hex }) =>
          Array.from({ length: count }, (_, i) =>
            decoder.push(fromHex(hex), frame + i).map((packet) => ({
              frame: frame + i,
              sequence: packet.sequenceNumber,
              services: decodePacketCodes(packet.packetData).map(({ serviceNumber, codes }) => ({
                service: serviceNumber,
                tokens: codes.map(toHex),
              })),
            })),
          ).flat(),
        );
        expect(packets).toEqual(vector.dtvcc_packets);
        expect(decoder.issues).toEqual([]);
        tally.add(file, packets.length);
      }
    });

    test(`${file}: our scheduler shows each cue in the frame nearest to its start`, () => {
      for (const vector of vectorJson<TranslatorVector[]>(FOLDER, file)) {
        if (vector.element !== "tttocea708") continue;
        const { mode, n, d, service = 1, rows = 2, timeout_ms } = vector.settings;
        const frameRate = { numerator: n, denominator: d };
        const options = { serviceNumber: service, mode, rollUpRows: rows };
        const scheduler = new CaptionScheduler({
          frameRate,
          services: [
            timeout_ms === undefined ? options : { ...options, rollUpTimeoutMs: timeout_ms },
          ],
        });
        for (const { start_s, duration_s, text } of vector.cues) {
          const startMs = start_s * 1000;
          scheduler.push(createCue({ startMs, endMs: startMs + duration_s * 1000, text }), service);
        }
        const reader = new CueReader({ serviceNumber: service });
        const cues: Cue[] = [];
        const shown = new Map<Cue, number>();
        while (scheduler.pending > 0) {
          const { ccData, frame, events } = scheduler.pull();
          cues.push(...reader.push(ccData, msOfFrame(frame, frameRate)));
          for (const event of events) {
            if (event.kind === "shown" && !shown.has(event.cue)) shown.set(event.cue, event.frame);
          }
        }
        cues.push(...reader.flush(msOfFrame(scheduler.nextFrame, frameRate)));
        const label = JSON.stringify(vector.settings);
        for (const [cue, frame] of shown) {
          expect(frame, label).toBe(frameOfMs(cue.startMs, frameRate));
          // A painted or scrolled caption is there with its first letter, which may need a second frame.
          const read = cues.find((each) => {
            const late = frameOfMs(each.startMs, frameRate) - frame;
            return late === 0 || late === 1;
          });
          expect(read, `${label} ${frame}`).toBeDefined();
        }
        // Rows may be wrapped and cues split: the text is the same without its spaces.
        const bare = (text: string): string => toCaptionText(text.replace(/\s/g, "")).text;
        cues.sort((a, b) => a.startMs - b.startMs);
        expect(bare(cues.map(cueText).join("")), label).toBe(
          bare(vector.cues.map((cue) => cue.text).join("")),
        );
        expect(shown.size).toBe(vector.cues.filter((cue) => cue.text.trim() !== "").length);
        tally.add(file, cues.length);
      }
    });

    test(`${file}: the compatible encoder makes the same frames`, () => {
      for (const vector of vectorJson<TranslatorVector[]>(FOLDER, file)) {
        if (vector.element !== "tttocea708") continue;
        const { mode, n, d, ch = 0, service = 1, rows = 2, timeout_ms } = vector.settings;
        const encoder = new GstTextTo708({
          frameRate: { numerator: n, denominator: d },
          mode,
          cea608Channel: ch,
          serviceNumber: service,
          rollUpRows: rows,
          ...(timeout_ms === undefined ? {} : { rollUpTimeoutMs: timeout_ms }),
        });
        const frames = vector.cues.flatMap(({ start_s, duration_s, text }) =>
          encoder.push({ startMs: start_s * 1000, endMs: (start_s + duration_s) * 1000, text }),
        );
        frames.push(...encoder.flush());
        const expected = vector.frames.flatMap(({ frame, count, hex }) =>
          Array.from({ length: count }, (_, i) => `${frame + i} ${hex}`),
        );
        const label = JSON.stringify(vector.settings);
        expect(
          frames.map(({ frame, ccData }) => `${frame} ${toHex(ccData)}`),
          label,
        ).toEqual(expected);
        tally.add(file, frames.length);
      }
    });
  }
});

describe("es: captions in elementary streams and QuickTime samples", () =>
  streamVectors(files, tally));

describe("mcc: ancillary packets as text", () => {
  for (const file of ofKind(/^mcc\/.*\.mcc$/)) {
    test(file, () => {
      const text = new TextDecoder().decode(vectorBytes(FOLDER, file));
      const mcc = parseMcc(text, { mode: "strict" });
      expect(mcc.issues).toEqual([]);
      const scc = new TextDecoder().decode(
        vectorBytes(FOLDER, file.replace(/^mcc\/(.*)\.mcc$/, "scc/$1.scc")),
      );
      const sccLines = scc.split(/\r?\n/).filter((line) => /^\d\d:/.test(line));
      expect(mcc.lines).toHaveLength(sccLines.length);
      mcc.lines.forEach((line, index) => {
        expect([line.did, line.sdid]).toEqual([0x61, 0x01]);
        expect(line.checksum).toBe(mccChecksum(line));
        const { cdp, issues } = decodeCdp(line.data);
        for (const issue of issues) expect(["range", "ccCountWrapped"]).toContain(issue.code);
        const [label = "", ...words] = (sccLines[index] as string).trim().split(/\s+/);
        const { hours, minutes, seconds, frames } = line.timeCode;
        const numbers = label.split(/[:;.,]/).map(Number);
        expect([hours, minutes, seconds, frames]).toEqual(numbers);
        const pairs = splitCcData(cdp.ccData as Uint8Array).field1;
        expect(toHex(pairs)).toBe(words.join("").toLowerCase());
        if (words.length > 31) {
          expect(() => decodeCdp(line.data, 0, { mode: "strict" })).toThrow();
        }
        tally.add(file, 4);
      });
      const again = parseMcc(formatMcc(mcc), { mode: "strict" });
      expect(again).toEqual(mcc);
      tally.add(file);
    });
  }
});
