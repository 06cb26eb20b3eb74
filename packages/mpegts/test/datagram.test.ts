import { fc, it } from "@fast-check/vitest";
import { concatBytes, decodeRtpHeader } from "@x/bits";
import { describe, expect, test } from "vitest";
import { unwrapDatagram } from "../src/index.js";

describe("datagrams", () => {
  const payload = new Uint8Array(7 * 188).map((_, i) => (i % 188 === 0 ? 0x47 : 0xff));
  const rtp = (first: number, type: number): Uint8Array =>
    Uint8Array.of(first, type, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9);

  test("RTP is taken off, whatever its header has", () => {
    expect(unwrapDatagram(concatBytes(rtp(0x80, 33), payload))).toEqual(payload);
    expect(unwrapDatagram(concatBytes(rtp(0x80, 0xe0), payload))).toEqual(payload);
    const csrc = Uint8Array.from([...rtp(0xb1, 33), 1, 2, 3, 4, 0, 0, 0, 1, 5, 6, 7, 8]);
    expect(unwrapDatagram(concatBytes(csrc, payload, Uint8Array.of(0, 0, 3)))).toEqual(payload);
  });

  /** By the RTP header's fields, one after the other. */
  function byHeader(bytes: Uint8Array): Uint8Array {
    try {
      const { payloadStart, payloadEnd, payloadType } = decodeRtpHeader(bytes);
      const found = bytes.subarray(payloadStart, payloadEnd);
      const isType = payloadType === 33 || payloadType >= 96;
      return isType && found[0] === 0x47 && found.length % 188 === 0 ? found : bytes;
    } catch {
      return bytes;
    }
  }

  it.prop([
    fc.integer({ min: 0x70, max: 0xbf }),
    fc.constantFrom(33, 32, 95, 96, 127, 0xa1),
    fc.uint8Array({ maxLength: 40 }),
    fc.integer({ min: 0, max: 3 }),
    fc.uint8Array({ maxLength: 20 }),
  ])(
    "whatever RTP header stands in front, it is read as RFC 3550 says",
    (first, type, more, count, tail) => {
      const fixed = rtp(first, type);
      const packets = payload.subarray(0, count * 188);
      for (const bytes of [concatBytes(fixed, more, packets, tail), concatBytes(fixed, more)]) {
        expect(unwrapDatagram(bytes)).toEqual(byHeader(bytes));
      }
      // Headers that fit: CSRCs, an extension of one word, and padding that says its length.
      const words = 4 * (first & 15) + ((first & 0x10) === 0 ? 0 : 8);
      const fitting = new Uint8Array(words);
      if ((first & 0x10) !== 0) fitting[words - 5] = 1;
      const padding = new Uint8Array((first & 0x20) === 0 ? 0 : 1 + tail.length).fill(
        1 + tail.length,
      );
      const whole = concatBytes(fixed, fitting, packets, padding);
      expect(unwrapDatagram(whole)).toEqual(byHeader(whole));
      const isRtp = first >= 0x80 && (type & 0x7f) !== 32 && (type & 0x7f) !== 95 && count > 0;
      expect(unwrapDatagram(whole).length).toBe(isRtp ? packets.length : whole.length);
    },
  );

  test("anything else is left alone", () => {
    for (const bytes of [
      payload,
      new Uint8Array(0),
      concatBytes(rtp(0x80, 8), payload),
      concatBytes(rtp(0x80, 33), payload.subarray(0, 100)),
      Uint8Array.of(0x8f, 33),
    ]) {
      expect(unwrapDatagram(bytes)).toEqual(bytes);
    }
  });
});
