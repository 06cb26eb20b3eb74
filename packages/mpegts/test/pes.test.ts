import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../../tools/testing/vectors.js";
import { arbitraryTimestamp, pesBytes } from "../src/conformance.js";
import {
  decodePesHeader,
  encodePesHeader,
  encodePesPacket,
  isPlainStreamId,
  type PesHeader,
  type PesOptionalHeader,
} from "../src/index.js";

const BARE: PesOptionalHeader = {
  pesScramblingControl: 0,
  pesPriority: false,
  dataAlignmentIndicator: true,
  copyright: false,
  originalOrCopy: false,
};

const byte = fc.integer({ min: 0, max: 255 });
const optional = fc.record(
  {
    pesScramblingControl: fc.integer({ min: 0, max: 3 }),
    pesPriority: fc.boolean(),
    dataAlignmentIndicator: fc.boolean(),
    copyright: fc.boolean(),
    originalOrCopy: fc.boolean(),
    pts: arbitraryTimestamp(),
    dts: arbitraryTimestamp(),
    escr: fc.record({ base: arbitraryTimestamp(), extension: fc.integer({ min: 0, max: 511 }) }),
    esRate: fc.integer({ min: 0, max: 0x3fffff }),
    trickMode: byte,
    additionalCopyInfo: fc.integer({ min: 0, max: 127 }),
    previousPesPacketCrc: fc.integer({ min: 0, max: 0xffff }),
    extension: fc.record(
      {
        pesPrivateData: fc.uint8Array({ minLength: 16, maxLength: 16 }),
        packHeader: fc.uint8Array({ maxLength: 30 }),
        programPacketSequenceCounter: fc.record({
          counter: fc.integer({ min: 0, max: 127 }),
          mpeg1Mpeg2Identifier: fc.boolean(),
          originalStuffLength: fc.integer({ min: 0, max: 63 }),
        }),
        pStdBuffer: fc.record({ scale: fc.boolean(), size: fc.integer({ min: 0, max: 0x1fff }) }),
        pesExtensionField: fc.uint8Array({ maxLength: 60 }),
      },
      { requiredKeys: [] },
    ),
    stuffing: fc.uint8Array({ minLength: 1, maxLength: 10 }),
  },
  {
    requiredKeys: [
      "pesScramblingControl",
      "pesPriority",
      "dataAlignmentIndicator",
      "copyright",
      "originalOrCopy",
    ],
  },
);

property.prop([optional])("every field of the header survives", (fields) => {
  const { dts, ...rest } = fields;
  const header = {
    streamId: 0xe0,
    pesPacketLength: 0,
    optional: (rest.pts === undefined || dts === undefined
      ? rest
      : { ...rest, dts }) as PesOptionalHeader,
  };
  const bytes = encodePesHeader(header);
  const decoded = decodePesHeader(bytes);
  expect(decoded).toEqual({ header, payloadStart: bytes.length });
});

property.prop([arbitraryTimestamp(), arbitraryTimestamp()])("times are 33 bits", (pts, dts) => {
  const data = Uint8Array.of(1, 2, 3);
  const header: PesHeader = {
    streamId: 0xbd,
    pesPacketLength: 16,
    optional: { ...BARE, pts, dts },
  };
  expect(toHex(encodePesPacket(header, data))).toBe(toHex(pesBytes(0xbd, data, pts, dts)));
  expect(decodePesHeader(pesBytes(0xbd, data, pts, dts)).header).toEqual(header);
});

describe("headers", () => {
  test("ST 2038 as it is written: 14 bytes", () => {
    const packet = encodePesPacket(
      { streamId: 0xbd, optional: { ...BARE, pts: 126_000 } },
      new Uint8Array(19),
    );
    expect(toHex(packet.subarray(0, 14))).toBe("000001bd001b848005210007d861");
  });

  test("private_stream_2 has no optional header", () => {
    expect(isPlainStreamId(0xbf)).toBe(true);
    const packet = encodePesPacket({ streamId: 0xbf }, Uint8Array.of(9));
    expect(toHex(packet)).toBe("000001bf000109");
    expect(decodePesHeader(packet)).toEqual({
      header: { streamId: 0xbf, pesPacketLength: 1 },
      payloadStart: 6,
    });
  });

  test("more than 65535 bytes have length 0", () => {
    const big = encodePesPacket({ streamId: 0xe0, optional: BARE }, new Uint8Array(65_533));
    expect(decodePesHeader(big).header.pesPacketLength).toBe(0);
    const most = encodePesPacket({ streamId: 0xe0, optional: BARE }, new Uint8Array(65_532));
    expect(decodePesHeader(most).header.pesPacketLength).toBe(65_535);
  });

  test("the forbidden PTS_DTS_flags 01 read as no time", () => {
    const bytes = fromHex("000001e0000084400a21000100011100010001");
    expect(decodePesHeader(bytes).header.optional?.pts).toBeUndefined();
  });

  test("every strict prefix is truncated", () => {
    const bytes = pesBytes(0xe0, new Uint8Array(0), 5, 4, false);
    for (let n = 0; n < bytes.length; n++) {
      expect(() => decodePesHeader(bytes.subarray(0, n))).toThrow(
        expect.objectContaining({ code: "truncated" }),
      );
    }
  });

  test.each([
    ["reserved", "000002e00000848005"],
    ["reserved", "000001e00000448000"],
    ["range", "000001e000048480052100010001"],
    ["range", "000001e00000848004210001000100"],
  ])("%s: %s", (code, hex) => {
    expect(() => decodePesHeader(fromHex(hex))).toThrow(expect.objectContaining({ code }));
  });

  test("mistakes of the caller", () => {
    for (const header of [
      { streamId: 0xe0, pesPacketLength: 0 },
      { streamId: 0xbe, pesPacketLength: 0, optional: BARE },
      { streamId: 0xe0, pesPacketLength: 0, optional: { ...BARE, dts: 1 } },
      { streamId: 0xe0, pesPacketLength: 0, optional: { ...BARE, pts: 2 ** 33 } },
      { streamId: 0xe0, pesPacketLength: 65_536, optional: BARE },
    ]) {
      expect(() => encodePesHeader(header)).toThrow(RangeError);
    }
  });
});
