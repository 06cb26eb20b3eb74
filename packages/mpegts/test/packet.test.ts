import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { fromHex } from "../../../tools/testing/vectors.js";
import { arbitraryPayload, packetBytes } from "../src/conformance.js";
import {
  type AdaptationField,
  clockReference,
  clockReferenceTicks,
  createAdaptationField,
  decodeAdaptationField,
  decodePacket,
  encodeAdaptationFieldInto,
  encodePacket,
  encodePacketInto,
  sizeOfAdaptationField,
} from "../src/index.js";

const FULL: AdaptationField = createAdaptationField({
  discontinuityIndicator: true,
  randomAccessIndicator: true,
  elementaryStreamPriorityIndicator: true,
  programClockReference: { base: 2 ** 33 - 1, extension: 299 },
  originalProgramClockReference: { base: 1, extension: 511, reserved: 0 },
  spliceCountdown: -3,
  transportPrivateData: Uint8Array.of(0x47, 2, 3),
  extension: {
    ltw: { ltwValidFlag: true, ltwOffset: 0x1234 },
    piecewiseRate: { value: 0x3fffff, reserved: 1 },
    seamlessSplice: { spliceType: 9, dtsNextAu: 2 ** 32 + 5, markers: 2 },
    flagBits: 0x0a,
    reserved: Uint8Array.of(1, 2),
  },
  stuffing: Uint8Array.of(0xff, 0x00, 0xff),
});

function encodeField(field: AdaptationField): Uint8Array {
  const bytes = new Uint8Array(sizeOfAdaptationField(field));
  expect(encodeAdaptationFieldInto(field, bytes, 0)).toBe(bytes.length);
  return bytes;
}

describe("adaptation field", () => {
  test("every field of 2.4.3.4 survives", () => {
    expect(decodeAdaptationField(encodeField(FULL))).toEqual(FULL);
  });

  test("an example, byte by byte", () => {
    const bytes = fromHex("0b50000000017e00ffffffff");
    const field = decodeAdaptationField(bytes);
    expect(field).toEqual({
      adaptationFieldLength: 11,
      discontinuityIndicator: false,
      randomAccessIndicator: true,
      elementaryStreamPriorityIndicator: false,
      programClockReference: { base: 2, extension: 0 },
    });
    expect(encodeField(field)).toEqual(bytes);
  });

  test("length 0 has no flags, length 1 nothing but flags", () => {
    expect(decodeAdaptationField(Uint8Array.of(0)).adaptationFieldLength).toBe(0);
    expect(encodeField(createAdaptationField({ adaptationFieldLength: 0 }))).toEqual(
      Uint8Array.of(0),
    );
    expect(encodeField(createAdaptationField())).toEqual(Uint8Array.of(1, 0));
  });

  test.each([
    ["truncated", new Uint8Array(0)],
    ["range", Uint8Array.of(2, 0)],
    ["range", new Uint8Array(188).fill(184, 0, 1)],
    ["range", Uint8Array.of(6, 0x10, 0, 0, 0, 0, 0)],
    ["range", Uint8Array.of(2, 0x02, 5)],
    ["range", Uint8Array.of(3, 0x01, 1, 0x80)],
  ])("%s", (code, bytes) => {
    expect(() => decodeAdaptationField(bytes)).toThrow(expect.objectContaining({ code }));
  });

  test("values that do not fit are mistakes of the caller", () => {
    const target = new Uint8Array(188);
    for (const field of [
      { ...FULL, adaptationFieldLength: 5 },
      { ...FULL, adaptationFieldLength: 184 },
      { ...FULL, spliceCountdown: 128 },
      { ...FULL, programClockReference: { base: 2 ** 33, extension: 0 } },
    ]) {
      expect(() => encodeAdaptationFieldInto(field, target, 0)).toThrow(RangeError);
    }
    expect(() => createAdaptationField({ ...FULL, adaptationFieldLength: 4 })).toThrow(RangeError);
    expect(() => encodeAdaptationFieldInto(FULL, new Uint8Array(4), 0)).toThrow(RangeError);
  });

  test("clock references in 27 MHz ticks", () => {
    expect(clockReference(2 ** 33 * 300 - 1)).toEqual({ base: 2 ** 33 - 1, extension: 299 });
    expect(clockReference(-1)).toEqual({ base: 2 ** 33 - 1, extension: 299 });
    expect(clockReferenceTicks({ base: 900_406, extension: 300 })).toBe(270_122_100);
  });
});

describe("packet", () => {
  property.prop([fc.uint8Array({ minLength: 188, maxLength: 188 })])(
    "whatever decodes encodes to the same bytes",
    (bytes) => {
      bytes[0] = 0x47;
      let packet: ReturnType<typeof decodePacket>;
      try {
        packet = decodePacket(bytes);
      } catch (error) {
        expect(error).toHaveProperty("name", "FormatError");
        return;
      }
      expect(encodePacket(packet)).toEqual(bytes);
    },
  );

  property.prop([fc.integer({ min: 0, max: 0x1fff }), arbitraryPayload(184)])(
    "the payload is a view",
    (pid, payload) => {
      const bytes = packetBytes({ pid, continuityCounter: 3, payload });
      const packet = decodePacket(bytes);
      expect(packet.payload.buffer).toBe(bytes.buffer);
      expect(packet.payload).toEqual(payload);
    },
  );

  test.each([
    ["truncated", new Uint8Array(187).fill(0x47)],
    ["sync", new Uint8Array(188)],
  ])("%s", (code, bytes) => {
    expect(() => decodePacket(bytes)).toThrow(expect.objectContaining({ code }));
  });

  test("mistakes of the caller", () => {
    const packet = decodePacket(
      packetBytes({ pid: 1, continuityCounter: 1, payload: new Uint8Array(184) }),
    );
    expect(() => encodePacket({ ...packet, pid: 0x2000 })).toThrow(RangeError);
    expect(() => encodePacket({ ...packet, continuityCounter: 16 })).toThrow(RangeError);
    expect(() => encodePacket({ ...packet, payload: new Uint8Array(183) })).toThrow(RangeError);
    expect(() => encodePacket({ ...packet, adaptationFieldControl: 3 })).toThrow(RangeError);
    expect(() => encodePacketInto(packet, new Uint8Array(200), 13)).toThrow(RangeError);
  });
});
