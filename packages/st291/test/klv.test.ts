import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../../tools/testing/vectors.js";
import {
  type AncPacket,
  createAncPacket,
  decodeKlv,
  decodeKlvPacket,
  encodeKlv,
  encodeKlvPacket,
  KlvReassembler,
  type ReassemblyIssue,
  splitKlv,
} from "../src/index.js";

const KEY = "060e2b34020b01010e01030101000000";
const key = fromHex(KEY);

describe("triplets", () => {
  test.each([
    ["the short form", "03", 1],
    ["the long form in one byte", "8103", 2],
    ["the long form in four bytes", "8400000003", 5],
    ["the long form in eight bytes", "880000000000000003", 9],
  ])("a length in %s keeps its form", (_, length, lengthSize) => {
    const hex = `${KEY}${length}aabbcc`;
    const triplets = decodeKlv(fromHex(hex));
    expect(triplets).toEqual([{ key, lengthSize, value: fromHex("aabbcc") }]);
    expect(toHex(encodeKlv(triplets))).toBe(hex);
  });

  test.each([
    [0, "00"],
    [127, "7f"],
    [128, "8180"],
    [255, "81ff"],
    [256, "820100"],
    [65536, "83010000"],
  ])("a value of %i bytes has the length %s", (size, length) => {
    const message = encodeKlv([{ key, value: new Uint8Array(size) }]);
    expect(toHex(message.subarray(16, message.length - size))).toBe(length);
    expect(decodeKlv(message)[0]?.value).toHaveLength(size);
  });

  test("keys and values are views", () => {
    const message = encodeKlv([{ key, value: Uint8Array.of(1) }]);
    const [triplet] = decodeKlv(message);
    expect(triplet?.key.buffer).toBe(message.buffer);
    expect(triplet?.value.buffer).toBe(message.buffer);
  });

  test.each([
    ["a key that is cut off", KEY.slice(2)],
    ["no length", KEY],
    ["a long length that is cut off", `${KEY}8200`],
    ["a value that is cut off", `${KEY}03aabb`],
    ["a length of 2^64 − 1", `${KEY}88ffffffffffffffff`],
    ["a length of 127 bytes", `${KEY}ff${"ff".repeat(127)}`],
    ["the indefinite form", `${KEY}80aabb0000`],
    ["a rest behind a good triplet", `${KEY}00${KEY}`],
  ])("refuses %s", (_, hex) => {
    expect(() => decodeKlv(fromHex(hex))).toThrow(
      expect.objectContaining({ name: "FormatError", code: "length", clause: "ST 336" }),
    );
  });

  test.each([
    ["a key of 15 bytes", { key: key.subarray(1), value: key }],
    ["a length that its form cannot hold", { key, value: new Uint8Array(128), lengthSize: 1 }],
    ["a length in too few bytes", { key, value: new Uint8Array(256), lengthSize: 2 }],
    ["a length in no bytes", { key, value: key, lengthSize: 0 }],
    ["a length in more bytes than BER has", { key, value: key, lengthSize: 129 }],
  ])("does not write %s", (_, triplet) => {
    expect(() => encodeKlv([triplet])).toThrow(RangeError);
  });
});

describe("packets", () => {
  test("header and data", () => {
    const packet = { messageId: 7, packetSequenceCount: 0x0102, data: Uint8Array.of(9, 8) };
    expect(encodeKlvPacket(packet)).toEqual(Uint8Array.of(7, 1, 2, 9, 8));
    expect(decodeKlvPacket(Uint8Array.of(7, 1, 2, 9, 8))).toEqual(packet);
  });

  test.each([0, 1, 2])("refuses %i bytes", (length) => {
    expect(() => decodeKlvPacket(new Uint8Array(length))).toThrow(
      expect.objectContaining({ code: "length" }),
    );
  });

  test("does not write more than 252 bytes of data", () => {
    const data = new Uint8Array(253);
    expect(() => encodeKlvPacket({ messageId: 0, packetSequenceCount: 0, data })).toThrow(
      RangeError,
    );
  });

  test("splitting counts from 1, or from what it is told", () => {
    const message = new Uint8Array(600);
    expect(splitKlv(message, 3).map((p) => [...p.subarray(0, 3), p.length])).toEqual([
      [3, 0, 1, 255],
      [3, 0, 2, 255],
      [3, 0, 3, 99],
    ]);
    const [first] = splitKlv(message, 3, { firstSequenceCount: 0 });
    expect(first?.[2]).toBe(0);
    expect(splitKlv(new Uint8Array(0), 3)).toEqual([Uint8Array.of(3, 0, 1)]);
    expect(() => splitKlv(message, 256)).toThrow(RangeError);
    expect(() => splitKlv(message, 0, { firstSequenceCount: 0xffff })).toThrow(RangeError);
  });
});

describe("KlvReassembler", () => {
  const packet = (payload: Uint8Array, change: Partial<AncPacket> = {}): AncPacket => ({
    ...createAncPacket({ did: 0x44, sdid: 0x04, payload }),
    ...change,
  });
  const message = (size: number): Uint8Array =>
    encodeKlv([{ key, value: new Uint8Array(size).fill(size), lengthSize: 3 }]);
  const packets = (size: number, id: number, change: Partial<AncPacket> = {}): AncPacket[] =>
    splitKlv(message(size), id).map((payload) => packet(payload, change));
  const create = (maxMessageSize?: number) => {
    const issues: ReassemblyIssue[] = [];
    const onIssue = (issue: ReassemblyIssue): number => issues.push(issue);
    const options = maxMessageSize === undefined ? { onIssue } : { onIssue, maxMessageSize };
    return { reassembler: new KlvReassembler(options), issues };
  };
  const run = (reassembler: KlvReassembler, all: readonly AncPacket[]) =>
    all.flatMap((p) => reassembler.push(p));

  test("gives a message out with the packet that completes it", () => {
    const { reassembler, issues } = create();
    const [first, second, third] = packets(600, 5) as [AncPacket, AncPacket, AncPacket];
    expect([reassembler.push(first), reassembler.push(second)]).toEqual([[], []]);
    expect(reassembler.push(third)).toEqual([
      {
        messageId: 5,
        data: message(600),
        complete: true,
        cNotYChannelFlag: false,
        streamNum: undefined,
      },
    ]);
    expect(reassembler.flush()).toEqual([]);
    expect(issues).toEqual([]);
  });

  test("waits behind a full packet, which may be the last or not", () => {
    const { reassembler, issues } = create();
    const full = packets(252 * 2 - 19, 1);
    expect(run(reassembler, full)).toEqual([]);
    const ended = run(reassembler, packets(10, 2));
    expect(ended.map(({ messageId, complete }) => [messageId, complete])).toEqual([
      [1, true],
      [2, true],
    ]);
    run(reassembler, full);
    expect(reassembler.flush()).toMatchObject([{ messageId: 1, complete: true }]);
    expect(issues).toEqual([]);
  });

  test("goes on with a message whose triplets come in short packets", () => {
    const { reassembler, issues } = create();
    const parts = [10, 20].map((size, i) =>
      packet(encodeKlvPacket({ messageId: 1, packetSequenceCount: 1 + i, data: message(size) })),
    );
    expect(run(reassembler, parts).map(({ data }) => data)).toEqual([message(10), message(20)]);
    expect(issues).toEqual([]);
  });

  test("keeps channels, streams and SDIDs apart", () => {
    const { reassembler, issues } = create();
    const streams = [
      packets(400, 1),
      packets(500, 1, { cNotYChannelFlag: true }),
      packets(300, 1, { streamNum: 0 }),
      splitKlv(message(350), 1).map((payload) =>
        createAncPacket({ did: 0x44, sdid: 0x14, payload }),
      ),
    ];
    const woven = [0, 1, 2].flatMap((i) => streams.flatMap((s) => s.slice(i, i + 1)));
    const sizes = run(reassembler, woven).map(({ data }) => data.length - 19);
    expect(sizes.sort()).toEqual([300, 350, 400, 500]);
    expect(issues).toEqual([]);
  });

  test("a missing packet in the middle ends the message there, with one report", () => {
    const { reassembler, issues } = create();
    const [first, , third, fourth] = packets(800, 1) as [
      AncPacket,
      AncPacket,
      AncPacket,
      AncPacket,
    ];
    const messages = run(reassembler, [first, third, fourth, ...packets(10, 2)]);
    expect(messages.map((m) => [m.messageId, m.complete, m.data.length])).toEqual([
      [1, false, 252],
      [2, true, 29],
    ]);
    expect(issues).toMatchObject([{ code: "gap", severity: "error", offset: 255 }]);
  });

  test("a missing first or last packet is reported", () => {
    const { reassembler, issues } = create();
    expect(run(reassembler, packets(400, 1).slice(1))).toEqual([]);
    const cut = run(reassembler, [...packets(400, 2).slice(0, 1), ...packets(10, 3)]);
    expect(cut.map(({ complete }) => complete)).toEqual([false, true]);
    run(reassembler, packets(400, 4).slice(0, 1));
    expect(reassembler.flush()).toMatchObject([{ messageId: 4, complete: false }]);
    expect(issues.map(({ code }) => code)).toEqual(["gap", "gap", "gap"]);
  });

  test("a message id that never changes does not join messages", () => {
    const { reassembler, issues } = create();
    const twice = [...packets(400, 0), ...packets(252 - 19, 0), ...packets(252 - 19, 0)];
    const messages = [...run(reassembler, twice), ...reassembler.flush()];
    expect(messages.map(({ data }) => data.length)).toEqual([419, 252, 252]);
    expect(issues).toEqual([]);
  });

  test("the sequence count wraps", () => {
    const { reassembler, issues } = create(1 << 17);
    const place = packet(new Uint8Array(0));
    const beginning = [...key, 0x83, 0xff, 0xff, 0xff];
    for (let count = 1; count <= 0x10002; count++) {
      const byte = beginning[count - 1] ?? 0;
      const words = Uint16Array.of(0x44, 0x04, 4, 1, (count >> 8) & 0xff, count & 0xff, byte, 0);
      reassembler.push({ ...place, words });
    }
    const lengths = reassembler.flush().map(({ data }) => data.length);
    expect(lengths).toEqual([0x10002]);
    expect(issues.map(({ message: text }) => text)).toEqual(["a message without its end"]);
  });

  test("drops what exceeds the limit and reports it once", () => {
    const { reassembler, issues } = create(300);
    const messages = run(reassembler, [...packets(800, 1), ...packets(10, 2)]);
    expect(messages.map((m) => [m.messageId, m.complete])).toEqual([
      [1, false],
      [2, true],
    ]);
    expect(issues.map(({ code }) => code)).toEqual(["limit"]);
  });

  test("reports a packet without its header and goes on", () => {
    const { reassembler, issues } = create();
    const short = packet(Uint8Array.of(1, 2));
    const all = packets(300, 1);
    expect(run(reassembler, [all[0] as AncPacket, short, all[1] as AncPacket])).toHaveLength(1);
    expect(issues).toMatchObject([{ code: "length", field: "klv", offset: 255 }]);
  });

  test("reset forgets", () => {
    const { reassembler, issues } = create();
    run(reassembler, packets(300, 1).slice(0, 1));
    reassembler.reset();
    expect(reassembler.flush()).toEqual([]);
    expect(issues).toEqual([]);
  });

  property.prop([fc.array(fc.uint8Array({ maxLength: 60, max: 3 }))])(
    "any packets in any order give messages and issues, never an exception",
    (payloads) => {
      const { reassembler } = create(200);
      const all = payloads.map((payload, i) => packet(payload, { cNotYChannelFlag: i % 2 === 0 }));
      const messages = [...run(reassembler, all), ...reassembler.flush()];
      const given = messages.reduce((sum, { data }) => sum + data.length, 0);
      expect(given).toBeLessThanOrEqual(payloads.reduce((sum, p) => sum + p.length, 0));
    },
  );
});
