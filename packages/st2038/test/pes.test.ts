import { fc, it } from "@fast-check/vitest";
import { createAncPacket } from "@x/st291";
import { describe, expect, test } from "vitest";
import { packets, pts } from "../src/conformance.js";
import {
  decodeAncEsInfo,
  decodePes,
  decodeUnit,
  encodeAncEsInfo,
  encodePes,
  encodePesHeaderInto,
  encodeUnit,
  isAncStream,
  isFormatError,
  PES_HEADER_SIZE,
} from "../src/index.js";

const cdp = createAncPacket({ did: 0x61, sdid: 0x01, payload: [1, 2, 3], lineNumber: 9 });
const pes = encodePes([cdp], { pts: 90_000 });

describe("encodePes", () => {
  test("writes the header of ST 2038 before the unit", () => {
    expect([...pes.subarray(0, PES_HEADER_SIZE)]).toEqual([
      0, 0, 1, 0xbd, 0, 21, 0x84, 0x80, 5, 0x21, 0x00, 0x05, 0xbf, 0x21,
    ]);
    expect([...pes.subarray(PES_HEADER_SIZE)]).toEqual([...encodeUnit([cdp])]);
  });

  test("an empty unit is a packet too", () => {
    const empty = decodePes(encodePes([], { pts: 1 }));
    expect(empty).toMatchObject({ pts: 1, dts: undefined, complete: true, end: PES_HEADER_SIZE });
    expect(empty.payload.length).toBe(0);
  });

  test.each([-1, 0.5, 2 ** 33, Number.NaN])("refuses the PTS %d", (time) => {
    expect(() => encodePes([cdp], { pts: time })).toThrow(RangeError);
  });

  test("refuses what PES_packet_length cannot say", () => {
    const target = new Uint8Array(PES_HEADER_SIZE);
    expect(encodePesHeaderInto(target, 0, { pts: 0, payloadSize: 65_527 })).toBe(14);
    expect(decodePes(target, { onTruncated: "keep" }).complete).toBe(false);
    for (const payloadSize of [65_528, -1, 0.5]) {
      expect(() => encodePesHeaderInto(target, 0, { pts: 0, payloadSize })).toThrow(RangeError);
    }
    expect(() => encodePesHeaderInto(target, 1, { pts: 0, payloadSize: 0 })).toThrow(RangeError);
  });

  it.prop([packets(), pts(), fc.integer({ min: 0, max: 40 })])(
    "what is written is read",
    (all, time, stuffing) => {
      const read = decodePes(encodePes(all, { pts: time, stuffing }));
      expect(read).toMatchObject({ pts: time, dts: undefined, dataAlignmentIndicator: true });
      expect(decodeUnit(read.payload).map(({ words }) => words)).toEqual(all.map((p) => p.words));
    },
  );
});

describe("decodePes", () => {
  test("the unit is a view", () => {
    expect(decodePes(pes).payload.buffer).toBe(pes.buffer);
  });

  test("tells the scrambling and where the packet ends", () => {
    const bytes = Uint8Array.of(...pes, 1, 2, 3);
    bytes[6] = 0xa0;
    expect(decodePes(bytes)).toMatchObject({
      pesScramblingControl: 2,
      dataAlignmentIndicator: false,
      end: pes.length,
    });
  });

  test("times that the header has no room for are not read", () => {
    const bytes = pes.slice();
    bytes[8] = 4;
    expect(decodePes(bytes).pts).toBeUndefined();
    bytes[8] = 5;
    bytes[7] = 0xc0;
    expect(decodePes(bytes)).toMatchObject({ pts: 90_000, dts: undefined });
    bytes[7] = 0x40;
    expect(decodePes(bytes).pts).toBeUndefined();
  });

  test.each([
    ["truncated", pes.subarray(0, 8), 8],
    ["truncated", pes.subarray(0, pes.length - 1), pes.length - 1],
    ["truncated", pes.subarray(0, 12), 12],
    ["start-code", Uint8Array.of(0, 0, 2, ...pes.subarray(3)), 0],
    ["stream-id", Uint8Array.of(0, 0, 1, 0xe0, ...pes.subarray(4)), 3],
    ["header", Uint8Array.of(...pes.subarray(0, 6), 0x44, ...pes.subarray(7)), 6],
    ["header", Uint8Array.of(...pes.subarray(0, 8), 200, ...pes.subarray(9)), 8],
  ])("throws %s", (code, bytes, offset) => {
    expect(() => decodePes(bytes)).toThrow(
      expect.objectContaining({ name: "FormatError", code, offset }),
    );
  });

  test("can keep what there is of a packet that is cut off", () => {
    const two = encodePes([cdp, cdp], { pts: 7 });
    const cut = decodePes(two.subarray(0, two.length - 3), { onTruncated: "keep" });
    expect(cut).toMatchObject({ pts: 7, complete: false, end: two.length - 3 });
    expect([...cut.payload]).toEqual([...two.subarray(PES_HEADER_SIZE, two.length - 3)]);
  });

  it.prop([fc.uint8Array({ maxLength: 60 }), fc.boolean()])(
    "throws nothing else",
    (junk, start) => {
      if (start) junk.set([0, 0, 1, 0xbd].slice(0, junk.length));
      try {
        const { payload, end } = decodePes(junk, { onTruncated: "keep" });
        expect(payload.byteOffset + payload.length).toBe(junk.byteOffset + end);
      } catch (error) {
        expect(isFormatError(error)).toBe(true);
      }
    },
  );
});

describe("descriptors", () => {
  test("are those that GStreamer writes", () => {
    expect([...encodeAncEsInfo()]).toEqual([5, 4, 0x56, 0x41, 0x4e, 0x43, 0xc4, 0]);
  });

  test("keep what is nested", () => {
    const esInfo = encodeAncEsInfo(Uint8Array.of(0x83, 1, 7));
    expect(decodeAncEsInfo(esInfo)).toEqual({
      registered: true,
      ancDataDescriptor: Uint8Array.of(0x83, 1, 7),
    });
    expect(() => encodeAncEsInfo(new Uint8Array(256))).toThrow(RangeError);
  });

  test("the registration alone makes an ancillary stream, of stream_type 6 only", () => {
    const registration = encodeAncEsInfo().subarray(0, 6);
    expect(isAncStream(0x06, registration)).toBe(true);
    expect(isAncStream(0x15, registration)).toBe(false);
    expect(isAncStream(0x06, Uint8Array.of(0x0a, 1, 1, ...registration, 0x52, 1, 0))).toBe(true);
  });

  test("tag 0xC4 means nothing without the registration before it", () => {
    const descriptor = Uint8Array.of(0xc4, 1, 9);
    const nothing = { registered: false, ancDataDescriptor: undefined };
    expect(decodeAncEsInfo(descriptor)).toEqual(nothing);
    expect(isAncStream(0x06, descriptor)).toBe(false);
    const after = Uint8Array.of(...descriptor, ...encodeAncEsInfo().subarray(0, 6));
    expect(decodeAncEsInfo(after)).toEqual({ ...nothing, registered: true });
    expect(isAncStream(0x06, Uint8Array.of(5, 4, 0x43, 0x55, 0x45, 0x49, 0xc4, 0))).toBe(false);
  });

  test("a registration that is cut off or too short does not count", () => {
    const esInfo = encodeAncEsInfo();
    for (let end = 0; end < 6; end++) {
      expect(isAncStream(0x06, esInfo.subarray(0, end))).toBe(false);
    }
    expect(isAncStream(0x06, Uint8Array.of(5, 3, 0x56, 0x41, 0x4e, 0x43))).toBe(false);
  });

  it.prop([fc.uint8Array()])("any bytes have a result", (junk) => {
    expect(typeof decodeAncEsInfo(junk).registered).toBe("boolean");
  });
});
