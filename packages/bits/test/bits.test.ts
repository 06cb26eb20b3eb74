import { fc, it } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import {
  BitReader,
  BitWriter,
  concatBytes,
  crc32Mpeg,
  decodeRtpHeader,
  encodeRtpHeaderInto,
  FormatError,
  isFormatError,
  PendingBytes,
  packTenBitWordsInto,
  Unwrapper,
  unpackTenBitWords,
  wrapDiff,
} from "../src/index.js";

/** The obvious, slow definition: a string of binary digits. */
function digits(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
}

describe("BitReader", () => {
  it.prop([fc.uint8Array({ maxLength: 40 }), fc.array(fc.integer({ min: 1, max: 53 }))])(
    "reads what the binary digits say, and throws truncated at the end",
    (bytes, widths) => {
      const all = digits(bytes);
      const reader = new BitReader(bytes);
      let at = 0;
      for (const width of widths) {
        if (at + width > all.length) {
          expect(() => reader.readLong(width, "f")).toThrow(
            expect.objectContaining({ name: "FormatError", code: "truncated", offset: at >> 3 }),
          );
          break;
        }
        expect(reader.readLong(width, "f")).toBe(Number.parseInt(all.slice(at, at + width), 2));
        at += width;
        expect(reader.position).toBe(at);
      }
    },
  );

  it.prop([fc.uint8Array({ minLength: 8, maxLength: 40 }), fc.nat(31), fc.nat(31)])(
    "skips any number of bits",
    (bytes, first, second) => {
      const reader = new BitReader(bytes);
      reader.skip(first, "a");
      reader.skip(second, "b");
      expect(reader.position).toBe(first + second);
      expect(reader.remaining).toBe(bytes.length * 8 - first - second);
      expect(reader.read(1, "c")).toBe(Number(digits(bytes)[first + second]));
    },
  );
});

describe("BitWriter", () => {
  test("refuses values that do not fit", () => {
    const writer = new BitWriter();
    expect(() => writer.write(3, 8, "f")).toThrow(RangeError);
    expect(() => writer.write(3, -1, "f")).toThrow(RangeError);
    expect(() => writer.writeLong(33, 2 ** 33, "f")).toThrow(RangeError);
    expect(() => writer.write(3, 1.5, "f")).toThrow(RangeError);
  });

  it.prop([fc.uint8Array(), fc.integer({ min: 1, max: 7 })])(
    "pads with the bit that is asked for",
    (bytes, width) => {
      const writer = new BitWriter(1);
      writer.bytes(bytes);
      writer.write(width, 0, "f");
      writer.align(1);
      expect(digits(writer.finish()).slice(bytes.length * 8)).toBe(
        "0".repeat(width).padEnd(8, "1"),
      );
    },
  );
});

describe("ten-bit words", () => {
  it.prop([fc.array(fc.integer({ min: 0, max: 0x3ff }), { maxLength: 70 }), fc.nat(40)])(
    "pack and unpack at any bit offset",
    (words, offset) => {
      const bytes = new Uint8Array(Math.ceil((offset + words.length * 10) / 8) + 1);
      expect(packTenBitWordsInto(words, bytes, offset)).toBe(offset + words.length * 10);
      expect(digits(bytes).slice(offset, offset + words.length * 10)).toBe(
        words.map((word) => word.toString(2).padStart(10, "0")).join(""),
      );
      expect([...unpackTenBitWords(bytes, offset, words.length)]).toEqual(words);
    },
  );

  test("unpacking past the end is truncated", () => {
    expect(() => unpackTenBitWords(new Uint8Array(5), 1, 4)).toThrow(
      expect.objectContaining({ code: "truncated" }),
    );
  });
});

describe("crc32Mpeg", () => {
  it.prop([fc.uint8Array({ maxLength: 80 }), fc.nat(80)])("goes on over pieces", (bytes, cut) => {
    const middle = Math.min(cut, bytes.length);
    const first = crc32Mpeg(bytes, 0, middle);
    expect(crc32Mpeg(bytes, middle, bytes.length, first)).toBe(crc32Mpeg(bytes));
  });

  test("is 0 over data with its CRC behind", () => {
    const data = new TextEncoder().encode("123456789");
    const crc = crc32Mpeg(data);
    expect(crc).toBe(0x0376e6e7);
    const sealed = concatBytes(data, Uint8Array.of(crc >>> 24, crc >>> 16, crc >>> 8, crc));
    expect(crc32Mpeg(sealed)).toBe(0);
  });
});

describe("wrap", () => {
  it.prop([fc.nat(99), fc.nat(99)])("wrapDiff is the shortest way round", (a, b) => {
    const difference = wrapDiff(a, b, 100);
    expect(difference).toBeGreaterThanOrEqual(-50);
    expect(difference).toBeLessThan(50);
    expect((((b + difference) % 100) + 100) % 100).toBe(a);
  });

  it.prop([fc.array(fc.integer({ min: -40, max: 40 }))])("Unwrapper follows", (steps) => {
    const unwrapper = new Unwrapper(100);
    let value = 7;
    unwrapper.next(7);
    for (const step of steps) {
      value += step;
      expect(unwrapper.next(((value % 100) + 100) % 100)).toBe(value);
    }
  });
});

describe("PendingBytes", () => {
  it.prop([fc.array(fc.uint8Array({ maxLength: 20 })), fc.integer({ min: 1, max: 9 })])(
    "hands over every byte once, in order, whatever is consumed; views stay as they were",
    (chunks, unit) => {
      const pending = new PendingBytes();
      const out: Uint8Array[] = [];
      const copies: Uint8Array[] = [];
      for (const chunk of chunks) {
        const bytes = pending.append(chunk);
        const whole = bytes.length - (bytes.length % unit);
        const view = bytes.subarray(0, whole);
        out.push(view);
        copies.push(view.slice());
        pending.keep(bytes, whole);
      }
      expect(out).toEqual(copies);
      const all = concatBytes(...chunks);
      expect(concatBytes(...out)).toEqual(all.subarray(0, all.length - (all.length % unit)));
      expect(pending.offset + pending.length).toBe(all.length);
    },
  );
});

describe("RTP header", () => {
  const fields = fc.record({
    marker: fc.boolean(),
    payloadType: fc.nat(127),
    sequenceNumber: fc.nat(0xffff),
    timestamp: fc.nat(0xffffffff),
    ssrc: fc.nat(0xffffffff),
  });

  it.prop([fields])("round-trips", (header) => {
    const bytes = new Uint8Array(20);
    expect(encodeRtpHeaderInto(header, bytes)).toBe(12);
    expect(decodeRtpHeader(bytes)).toEqual({ ...header, payloadStart: 12, payloadEnd: 20 });
  });

  test("CSRC list, extension and padding are passed over", () => {
    const bytes = new Uint8Array(12 + 8 + 4 + 4 + 6 + 3);
    bytes[0] = 0x80 | 0x20 | 0x10 | 2;
    bytes[12 + 8 + 3] = 1;
    bytes[bytes.length - 1] = 3;
    expect(decodeRtpHeader(bytes)).toMatchObject({ payloadStart: 28, payloadEnd: 34 });
  });

  it.prop([fc.uint8Array({ maxLength: 40 })])("junk gives a header or a FormatError", (junk) => {
    try {
      const { payloadStart, payloadEnd } = decodeRtpHeader(junk);
      expect(payloadStart).toBeLessThanOrEqual(payloadEnd);
      expect(payloadEnd).toBeLessThanOrEqual(junk.length);
    } catch (error) {
      expect(isFormatError(error)).toBe(true);
    }
  });
});

describe("FormatError", () => {
  test("says everything in one sentence", () => {
    const error = new FormatError("range", "too large", {
      field: "dc",
      offset: 4,
      clause: "ST 1 2",
    });
    expect(error.message).toBe("too large (dc at byte 4, ST 1 2)");
    expect(isFormatError(error)).toBe(true);
    expect(isFormatError(new Error("no"))).toBe(false);
    expect(isFormatError(null)).toBe(false);
  });
});
