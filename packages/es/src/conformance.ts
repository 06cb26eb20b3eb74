import fc from "fast-check";
import {
  arbitraryAvcSps,
  arbitraryHevcSps,
  arbitraryOggPackets,
  arbitraryRbsp,
  escaped,
  oggPages,
} from "./conformance-streams.js";

export { arbitraryAvcSps, arbitraryHevcSps, arbitraryOggPackets, arbitraryRbsp };

/** The functions that the suite asks for. Bind yours to them. */
export interface EsImplementation {
  /** The NAL units of a byte stream, H.264 B.1. */
  splitAnnexB(bytes: Uint8Array): readonly Uint8Array[];
  /** A NAL unit without emulation prevention, H.264 7.3.1. */
  unescapeNal(nal: Uint8Array): Uint8Array;
  /** A NAL unit from its bytes, H.264 7.4.1. */
  escapeRbsp(rbsp: Uint8Array): Uint8Array;
  /** The units of an AV1 temporal unit: type and payload. Throws for one that is cut. */
  splitObus(
    bytes: Uint8Array,
  ): readonly { readonly obuType: number; readonly payload: Uint8Array }[];
  /** The same of a length-delimited temporal unit, AV1 annex B, without its size. */
  splitLengthDelimitedObus(
    bytes: Uint8Array,
  ): readonly { readonly obuType: number; readonly payload: Uint8Array }[];
  /** The packets of the logical stream `serial` in an Ogg stream, RFC 3533; pages with wrong checksums are dropped. */
  oggPackets(bytes: Uint8Array, serial: number): readonly Uint8Array[];
  /** Luma size of a sequence parameter set. */
  avcSize(sps: Uint8Array): { readonly width: number; readonly height: number };
  hevcSize(sps: Uint8Array): { readonly width: number; readonly height: number };
  /** An AudioSpecificConfig of AAC-LC. */
  audioSpecificConfig(bytes: Uint8Array): {
    readonly audioObjectType: number;
    readonly samplingFrequency: number;
    readonly channelConfiguration: number;
  };
  /** Bytes and samples of a frame; throws when none begins there. */
  adtsFrame(bytes: Uint8Array): { readonly frameBytes: number; readonly samplingFrequency: number };
  mp3Frame(bytes: Uint8Array): {
    readonly frameBytes: number;
    readonly sampleRate: number;
    readonly samples: number;
  };
  ac3Frame(bytes: Uint8Array): {
    readonly frameBytes: number;
    readonly sampleRate: number;
    readonly channels: number;
  };
  /** Milliseconds. */
  opusDuration(packet: Uint8Array): number;
  opusHead(bytes: Uint8Array): {
    readonly channels: number;
    readonly preSkip: number;
    readonly outputGain: number;
  };
}

/** What the suite wants of a test runner: those of vitest, node:test, mocha and jest fit. */
export interface SuiteOptions {
  readonly describe: (name: string, body: () => void) => void;
  readonly test: (name: string, body: () => void) => void;
  /** Runs of each property. Default 100. */
  readonly numRuns?: number;
}

const FREQUENCIES = [
  96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
];

/** Small vectors of frame headers: `[hex, what they say]`. */
export const FRAME_VECTORS = {
  /** ISO/IEC 11172-3 2.4.3.1: bytes are floor(144 · bitrate / rate) + padding. */
  mp3: [
    ["fffb9064", { frameBytes: 417, sampleRate: 44100, samples: 1152 }],
    ["fffb9264", { frameBytes: 418, sampleRate: 44100, samples: 1152 }],
    ["fffb94c4", { frameBytes: 384, sampleRate: 48000, samples: 1152 }],
    ["fff380c4", { frameBytes: 208, sampleRate: 22050, samples: 576 }],
    ["ffe38064", { frameBytes: 417, sampleRate: 11025, samples: 576 }],
  ],
  /** ETSI TS 102 366 4.4.1: 44.1 kHz has an odd and an even frame size; channels count the LFE. */
  ac3: [
    ["0b770000144043e106f5", { frameBytes: 768, sampleRate: 48000, channels: 2 }],
    ["0b7700005440", { frameBytes: 834, sampleRate: 44100, channels: 2 }],
    ["0b7700005540", { frameBytes: 836, sampleRate: 44100, channels: 2 }],
    ["0b7700001e40e1", { frameBytes: 1792, sampleRate: 48000, channels: 6 }],
    ["0b7700bf3484", { frameBytes: 384, sampleRate: 48000, channels: 2 }],
  ],
  /** RFC 6716 3.1 and 3.2: TOC and frame count. */
  opus: [
    ["08", 20],
    ["18", 60],
    ["6800", 20],
    ["80", 2.5],
    ["fb06", 120],
    ["f9aa", 40],
  ],
} as const;

/** Everything that any implementation must satisfy, as tests. */
export function conformanceSuite(
  implementation: EsImplementation,
  { describe, test, numRuns = 100 }: SuiteOptions,
): void {
  const runs = { numRuns };
  const check = <T>(arbitrary: fc.Arbitrary<T>, body: (value: T) => void): void => {
    fc.assert(fc.property(arbitrary, body), runs);
  };

  describe("ITU-T H.264 annex B and 7.4.1", () => {
    const nal = arbitraryRbsp.map((bytes) => escaped([0x67, ...bytes, 0x80]));
    const stream = fc.array(fc.tuple(nal, fc.integer({ min: 2, max: 5 }), fc.nat(3)));

    test("B.1: NAL units come out whatever zeros stand around their start codes", () => {
      check(stream, (units) => {
        const bytes = units.flatMap(([unit, zeros, trailing]) => [
          ...[...new Array<number>(zeros).fill(0), 1],
          ...[...unit, ...new Array<number>(trailing).fill(0)],
        ]);
        same(
          implementation.splitAnnexB(Uint8Array.from(bytes)).map(hex),
          units.map(([unit]) => hex(unit)),
        );
      });
    });

    test("7.4.1: emulation prevention is put where two zeros precede a byte of 0 to 3", () => {
      check(arbitraryRbsp, (rbsp) =>
        same(hex(implementation.escapeRbsp(rbsp)), hex(escaped(rbsp))),
      );
    });

    test("7.3.1: it is taken out again", () => {
      check(arbitraryRbsp, (rbsp) =>
        same(hex(implementation.unescapeNal(escaped(rbsp))), hex(rbsp)),
      );
    });
  });

  describe("sequence parameter sets", () => {
    test("H.264 7.3.2.1.1 and 7.4.2.1.1: the cropped picture", () => {
      check(arbitraryAvcSps, ({ sps, width, height }) =>
        same(implementation.avcSize(sps), { width, height }),
      );
    });

    test("H.265 7.3.2.2 and 7.3.3: the conformance window, behind any sub-layers", () => {
      check(arbitraryHevcSps, ({ sps, width, height }) =>
        same(implementation.hevcSize(sps), { width, height }),
      );
    });

    test("a parameter set that is cut is refused, whatever is missing of its head", () => {
      check(arbitraryAvcSps, ({ sps }) => {
        for (let size = 1; size < 5; size++)
          throws(() => implementation.avcSize(sps.subarray(0, size)));
      });
    });
  });

  describe("AV1 5.3 and 4.10.5: open bitstream units", () => {
    const unit = fc.record({
      obuType: fc.constantFrom(1, 2, 3, 6, 15),
      payload: fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc.uint8Array({ minLength: 126, maxLength: 300 }),
      ),
      extended: fc.boolean(),
      padding: fc.nat(2),
    });

    test("types and payloads, with extension bytes and sizes longer than they need be", () => {
      check(fc.array(unit, { maxLength: 5 }), (units) => {
        const bytes = units.flatMap(({ obuType, payload, extended, padding }) => [
          ...[obuType * 8 + (extended ? 4 : 0) + 2, ...(extended ? [0x20] : [])],
          ...[...leb128(payload.length, padding), ...payload],
        ]);
        same(
          implementation
            .splitObus(Uint8Array.from(bytes))
            .map((obu) => [obu.obuType, hex(obu.payload)]),
          units.map(({ obuType, payload }) => [obuType, hex(payload)]),
        );
      });
    });

    test("a size beyond the input is refused", () => {
      check(fc.integer({ min: 1, max: 500 }), (size) => {
        throws(() => implementation.splitObus(Uint8Array.of(0x0a, ...leb128(size, 0))));
      });
    });
  });

  describe("AV1 annex B: length-delimited temporal units", () => {
    test("B.2: units with and without sizes of their own, in any number of frame units", () => {
      const unit = fc.tuple(
        fc.constantFrom(1, 3, 6, 15),
        fc.uint8Array({ maxLength: 140 }),
        fc.boolean(),
      );
      check(
        fc.array(fc.array(unit, { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
        (frames) => {
          const bytes = frames.flatMap((units) => {
            const frame = units.flatMap(([obuType, payload, sized]) => {
              const size = sized ? leb128(payload.length, 0) : [];
              const obu = [obuType * 8 + (sized ? 2 : 0), ...size, ...payload];
              return [...leb128(obu.length, 0), ...obu];
            });
            return [...leb128(frame.length, 0), ...frame];
          });
          same(
            implementation
              .splitLengthDelimitedObus(Uint8Array.from(bytes))
              .map((obu) => [obu.obuType, hex(obu.payload)]),
            frames.flat().map(([obuType, payload]) => [obuType, hex(payload)]),
          );
        },
      );
    });
  });

  describe("RFC 3533: Ogg", () => {
    test("6: packets go on over pages, beside those of another stream", () => {
      check(fc.tuple(arbitraryOggPackets, arbitraryOggPackets), ([mine, others]) => {
        const [left, right] = [oggPages(mine, 1, 3), oggPages(others, 2, 2)];
        const pages = Array.from({ length: left.length + right.length }, (_, i) => [
          ...(left[i] ?? []),
          ...(right[i] ?? []),
        ]);
        same(implementation.oggPackets(Uint8Array.from(pages.flat()), 1).map(hex), mine.map(hex));
      });
    });

    test("6: a page whose checksum is wrong takes the packets with it that it touches, and no others", () => {
      const damage = fc.tuple(arbitraryOggPackets, fc.nat(), fc.nat());
      check(damage, ([packets, which, place]) => {
        const pages = oggPages(packets, 1, 2);
        const hit = which % pages.length;
        const page = pages[hit] as number[];
        // In the checksum, the serial number, the table or the body.
        const at = 14 + (place % (page.length - 14));
        page[at] = (page[at] as number) ^ 0x55;
        let index = 0;
        const kept = packets.filter(({ length }) => {
          const from = index;
          index += Math.floor(length / 255) + 1;
          return Math.floor((index - 1) / 2) < hit || Math.floor(from / 2) > hit;
        });
        same(implementation.oggPackets(Uint8Array.from(pages.flat()), 1).map(hex), kept.map(hex));
      });
    });
  });

  describe("audio", () => {
    const channels = fc.integer({ min: 1, max: 7 });
    const index = fc.nat(FREQUENCIES.length - 1);

    test("ISO/IEC 14496-3 1.6.2.1: AudioSpecificConfig, with and without sync extension", () => {
      check(fc.tuple(index, channels, fc.boolean()), ([rate, channelConfiguration, extended]) => {
        const word = (2 << 11) | (rate << 7) | (channelConfiguration << 3);
        const bytes = [word >> 8, word & 0xff, ...(extended ? [0x56, 0xe5, 0x00] : [])];
        same(implementation.audioSpecificConfig(Uint8Array.from(bytes)), {
          audioObjectType: 2,
          samplingFrequency: FREQUENCIES[rate],
          channelConfiguration,
        });
      });
    });

    test("ISO/IEC 14496-3 1.6.3.4: frequency index 15 is followed by 24 bits", () => {
      check(fc.integer({ min: 1, max: 0xffffff }), (frequency) => {
        const digits = `00010${"1111"}${frequency.toString(2).padStart(24, "0")}0010${"000"}`;
        const bytes = (digits.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2));
        same(
          implementation.audioSpecificConfig(Uint8Array.from(bytes)).samplingFrequency,
          frequency,
        );
      });
    });

    test("ISO/IEC 14496-3 1.A.3.2: the ADTS frame length has 13 bits and counts the header", () => {
      check(fc.tuple(index, fc.integer({ min: 7, max: 8191 })), ([rate, size]) => {
        const bytes = [0xff, 0xf1, (1 << 6) | (rate << 2), 0x80 | (size >> 11)];
        const header = [...bytes, (size >> 3) & 0xff, ((size & 7) << 5) | 0x1f, 0xfc];
        same(implementation.adtsFrame(Uint8Array.from(header)), {
          frameBytes: size,
          samplingFrequency: FREQUENCIES[rate],
        });
      });
    });

    for (const [text, expected] of FRAME_VECTORS.mp3) {
      test(`ISO/IEC 11172-3 2.4.2.3: MP3 frame ${text}`, () => {
        same(implementation.mp3Frame(ofHex(text)), expected);
      });
    }

    for (const [text, expected] of FRAME_VECTORS.ac3) {
      test(`ETSI TS 102 366 4.4 and E.1.3: frame ${text}`, () => {
        same(implementation.ac3Frame(ofHex(text.padEnd(20, "0"))), expected);
      });
    }

    for (const [text, milliseconds] of FRAME_VECTORS.opus) {
      test(`RFC 6716 3.1: packet ${text} lasts ${milliseconds} ms`, () => {
        same(implementation.opusDuration(ofHex(text)), milliseconds);
      });
    }

    test("RFC 7845 5.1: the fields of OpusHead are little-endian, the gain is signed", () => {
      const field = fc.tuple(
        fc.integer({ min: 1, max: 2 }),
        fc.nat(65535),
        fc.integer({ min: -32768, max: 32767 }),
      );
      check(field, ([count, preSkip, outputGain]) => {
        const gain = outputGain & 0xffff;
        const bytes = [...ofHex("4f7075734865616401"), count, preSkip & 0xff, preSkip >> 8];
        const head = [...bytes, 0x80, 0xbb, 0, 0, gain & 0xff, gain >> 8, 0];
        const {
          channels: got,
          preSkip: skip,
          outputGain: q,
        } = implementation.opusHead(Uint8Array.from(head));
        same([got, skip, q], [count, preSkip, outputGain]);
      });
    });
  });
}

/** AV1 4.10.5, with `padding` more bytes than needed. */
function leb128(value: number, padding: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push(rest % 128);
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  for (let i = 0; i < padding; i++) bytes.push(0);
  return bytes.map((byte, i) => (i < bytes.length - 1 ? byte + 128 : byte));
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function ofHex(text: string): Uint8Array {
  return Uint8Array.from((text.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)));
}

/** Throws unless both are the same plain data; members that are not expected do not matter. */
function same(actual: unknown, expected: unknown): void {
  const left = JSON.stringify(
    isRecord(expected) && isRecord(actual) ? picked(actual, expected) : actual,
  );
  const right = JSON.stringify(expected);
  if (left !== right) throw new Error(`got ${left}, want ${right}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function picked(actual: Record<string, unknown>, expected: object): Record<string, unknown> {
  return Object.fromEntries(Object.keys(expected).map((key) => [key, actual[key]]));
}

function throws(body: () => void): void {
  try {
    body();
  } catch {
    return;
  }
  throw new Error("was not refused");
}
