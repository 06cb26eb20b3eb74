import { decodeRtpHeader } from "@x/bits";
import { createAncPacket } from "@x/st291";
import { describe, expect, test } from "vitest";
import {
  AncPacketizer,
  F_FIELD_2,
  F_INVALID,
  isCarriedElsewhere,
  parsePayload,
  rtpLimitOfMtu,
} from "../src/index.js";

const packet = (did: number, lineNumber: number, horizontalOffset = 0, sdid = 1) =>
  createAncPacket({ did, sdid, payload: [1, 2, 3], lineNumber, horizontalOffset });
const parsed = (rtp: Uint8Array) => parsePayload(rtp.subarray(12));

describe("AncPacketizer", () => {
  test("sends a keep-alive for an empty field, and nothing when told so", () => {
    const options = { ssrc: 1, extendedSequenceNumber: 0x1ffff };
    const packetizer = new AncPacketizer(options);
    const [rtp, ...more] = packetizer.packetize({ timestamp: 7, f: F_FIELD_2, packets: [] });
    expect(more).toEqual([]);
    expect(decodeRtpHeader(rtp as Uint8Array)).toMatchObject({
      marker: true,
      payloadType: 96,
      sequenceNumber: 0xffff,
      timestamp: 7,
      ssrc: 1,
    });
    expect(parsed(rtp as Uint8Array)).toMatchObject({
      extendedSequenceNumber: 1,
      f: F_FIELD_2,
      length: 0,
      ancCount: 0,
      diagnostics: [],
    });
    expect(packetizer.extendedSequenceNumber).toBe(0x20000);
    const silent = new AncPacketizer({ ...options, keepAlive: false });
    expect(silent.packetize({ timestamp: 7, packets: [] })).toEqual([]);
    expect(silent.extendedSequenceNumber).toBe(0x1ffff);
  });

  test("sorts into raster order, equal places as they come, unless told otherwise", () => {
    const packets = [
      packet(0x45, 0x7ff),
      packet(0x41, 11, 5),
      packet(0x61, 9),
      packet(0x60, 11, 5),
    ];
    const dids = (order: "raster" | "given") =>
      new AncPacketizer({ order })
        .packetize({ timestamp: 0, packets })
        .flatMap((rtp) => parsed(rtp).packets.map(({ words }) => (words[0] as number) & 0xff));
    expect(dids("raster")).toEqual([0x61, 0x41, 0x60, 0x45]);
    expect(dids("given")).toEqual([0x45, 0x41, 0x61, 0x60]);
    expect(packets.map(({ lineNumber }) => lineNumber)).toEqual([0x7ff, 11, 9, 11]);
  });

  test("the ST 2110-40 profile leaves out audio, EDH and payload identifiers, and counts them", () => {
    const others = [
      packet(0x41, 10, 0, 1),
      packet(0xf4, 5),
      packet(0xe7, 7),
      packet(0xff, 3),
      packet(0xa0, 2),
    ];
    expect(others.every(isCarriedElsewhere)).toBe(true);
    const packetizer = new AncPacketizer({ profile: "st2110-40" });
    const kept = [packet(0x61, 9), packet(0x41, 11, 0, 5), packet(0x80, 12)];
    const made = packetizer.packetize({ timestamp: 0, packets: [...others, ...kept] });
    expect(made.flatMap((rtp) => parsed(rtp).packets)).toEqual(kept);
    expect(packetizer.filteredPackets).toBe(5);
    expect(new AncPacketizer().packetize({ timestamp: 0, packets: others }).length).toBe(1);
  });

  test("a frame of which the profile leaves nothing is an empty frame", () => {
    const packetizer = new AncPacketizer({ profile: "st2110-40" });
    const [rtp] = packetizer.packetize({ timestamp: 0, packets: [packet(0xf4, 5)] });
    expect(parsed(rtp as Uint8Array)).toMatchObject({ ancCount: 0 });
  });

  test("begins with random numbers", () => {
    const starts = Array.from({ length: 8 }, () => new AncPacketizer().extendedSequenceNumber);
    expect(new Set(starts).size).toBeGreaterThan(1);
    expect(Math.max(...starts)).toBeLessThan(0x10000);
  });

  test.each([
    ["payloadType", { payloadType: 128 }],
    ["ssrc", { ssrc: -1 }],
    ["extendedSequenceNumber", { extendedSequenceNumber: 2 ** 32 }],
    ["rtpLimit", { rtpLimit: 347 }],
    ["rtpLimit", { rtpLimit: 65_508 }],
  ])("refuses a bad %s", (field, options) => {
    expect(() => new AncPacketizer(options)).toThrow(new RegExp(field));
  });

  test.each([
    ["timestamp", { timestamp: 2 ** 32, packets: [] }],
    ["f", { timestamp: 0, f: F_INVALID, packets: [] }],
    [
      "packets[1].lineNumber",
      { timestamp: 0, packets: [packet(0x61, 9), { ...packet(0x61, 9), lineNumber: -1 }] },
    ],
  ])("refuses a bad %s without counting", (field, frame) => {
    const packetizer = new AncPacketizer({ extendedSequenceNumber: 5 });
    expect(() => packetizer.packetize(frame)).toThrow(field);
    expect(packetizer.extendedSequenceNumber).toBe(5);
  });
});

test("rtpLimitOfMtu takes off the headers of IP and UDP", () => {
  expect([rtpLimitOfMtu(1500), rtpLimitOfMtu(1500, 6), rtpLimitOfMtu(1400)]).toEqual([
    1472, 1452, 1372,
  ]);
});
