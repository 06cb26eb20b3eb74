import { afterAll, describe, expect, test } from "vitest";
import {
  fromHex,
  toHex,
  VectorTally,
  vectorFiles,
  vectorJson,
} from "../../../tools/testing/vectors.js";
import {
  CaptionDecoder,
  type CaptionWindow,
  DtvccParser,
  decodeCdp,
  decodePacketCodes,
  encodeCdp,
  isFormatError,
  ServiceDecoder,
  tokenise,
} from "../src/index.js";

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
        if (verdict.startsWith("err")) expect(strict, label).toBeUndefined();
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

describe("cdp-timecode: the time code section that GStreamer wrote", () => {
  interface TimeCodeVector {
    readonly name: string;
    readonly fps_out: readonly [number, number];
    readonly tc: readonly [number, number, number, number, boolean];
    readonly outputs: readonly { readonly hex: string }[];
  }
  for (const file of ofKind(/^cdp-timecode[^/]*\.json$/)) {
    test(file, () => {
      for (const vector of vectorJson<TimeCodeVector[]>(FOLDER, file)) {
        const first = vector.tc;
        vector.outputs.forEach(({ hex }, index) => {
          const { cdp } = decodeCdp(fromHex(hex));
          expect(toHex(encodeCdp(cdp)), vector.name).toBe(hex);
          const time = cdp.timeCode;
          if (time === undefined) throw new Error(`${vector.name}: no time code`);
          if (index === 0 && first !== undefined) {
            const [hours, minutes, seconds] = first;
            expect([time.hours, time.minutes, time.seconds]).toEqual([hours, minutes, seconds]);
          }
          tally.add(file, 2);
        });
      }
    });
  }
});

describe("text-to-captions: GStreamer's frames decode to the packets listed", () => {
  interface TranslatorVector {
    readonly element: string;
    readonly settings: { readonly mode: string; readonly n: number; readonly d: number };
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
  }
});
