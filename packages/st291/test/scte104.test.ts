import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import {
  type AncPacket,
  createAncPacket,
  decodeScte104Descriptor,
  encodeScte104Descriptor,
  type ReassemblyIssue,
  Scte104Reassembler,
  splitScte104,
} from "../src/index.js";

/** A message with the right size in bytes 2 and 3. */
function message(size: number, fill = 0xa5): Uint8Array {
  const bytes = new Uint8Array(size).fill(fill);
  bytes.set([size >> 8, size & 0xff], 2);
  return bytes;
}

const packet = (payload: Uint8Array, change: Partial<AncPacket> = {}): AncPacket => ({
  ...createAncPacket({ did: 0x41, sdid: 0x07, payload }),
  ...change,
});

describe("payload descriptor", () => {
  test("has a version and three flags", () => {
    const descriptor = {
      version: 1,
      continuedPkt: true,
      followingPkt: true,
      duplicateMsg: true,
    };
    expect(decodeScte104Descriptor(Uint8Array.of(0x0f, 0))).toEqual(descriptor);
    expect(encodeScte104Descriptor(descriptor)).toBe(0x0f);
    for (let byte = 0; byte < 32; byte++) {
      expect(encodeScte104Descriptor(decodeScte104Descriptor(Uint8Array.of(byte | 0xe0)))).toBe(
        byte,
      );
    }
  });

  test("is the least that a payload has", () => {
    expect(() => decodeScte104Descriptor(new Uint8Array(0))).toThrow(
      expect.objectContaining({ code: "length", clause: "ST 2010" }),
    );
  });

  test("has no version above 3", () => {
    const descriptor = decodeScte104Descriptor(Uint8Array.of(8));
    expect(() => encodeScte104Descriptor({ ...descriptor, version: 4 })).toThrow(RangeError);
  });
});

describe("splitting", () => {
  test.each([
    [1, [[0x08, 2]]],
    [254, [[0x08, 255]]],
    [
      255,
      [
        [0x0c, 255],
        [0x0a, 2],
      ],
    ],
    [
      509,
      [
        [0x0c, 255],
        [0x0e, 255],
        [0x0a, 2],
      ],
    ],
  ])("a message of %i bytes", (size, expected) => {
    const payloads = splitScte104(new Uint8Array(size));
    expect(payloads.map((payload) => [payload[0], payload.length])).toEqual(expected);
  });

  test("says in every packet that a message is a duplicate", () => {
    const descriptors = splitScte104(message(300), { duplicateMsg: true }).map(([first]) => first);
    expect(descriptors).toEqual([0x0d, 0x0b]);
  });

  test.each([0, 2001])("refuses %i bytes", (size) => {
    expect(() => splitScte104(new Uint8Array(size))).toThrow(RangeError);
  });
});

describe("Scte104Reassembler", () => {
  const create = (maxMessageSize?: number) => {
    const issues: ReassemblyIssue[] = [];
    const onIssue = (issue: ReassemblyIssue): number => issues.push(issue);
    const options = maxMessageSize === undefined ? { onIssue } : { onIssue, maxMessageSize };
    return { reassembler: new Scte104Reassembler(options), issues };
  };
  const run = (reassembler: Scte104Reassembler, all: readonly Uint8Array[]) =>
    all.flatMap((payload) => reassembler.push(packet(payload)) ?? []).map((m) => m.message);

  test("gives out a message with its last packet", () => {
    const { reassembler, issues } = create();
    const [first, second, third] = splitScte104(message(600), { duplicateMsg: true }).map((p) =>
      packet(p, { cNotYChannelFlag: true, streamNum: 3 }),
    ) as [AncPacket, AncPacket, AncPacket];
    expect([reassembler.push(first), reassembler.push(second)]).toEqual([undefined, undefined]);
    expect(reassembler.push(third)).toEqual({
      message: message(600),
      duplicateMsg: true,
      cNotYChannelFlag: true,
      streamNum: 3,
    });
    reassembler.flush();
    expect(issues).toEqual([]);
  });

  test("a message in one packet is given out whatever is in it", () => {
    const { reassembler } = create();
    expect(run(reassembler, [Uint8Array.of(0x08, 0xff, 0xff, 0x00, 0x0d)])).toEqual([
      Uint8Array.of(0xff, 0xff, 0x00, 0x0d),
    ]);
    expect(run(reassembler, [Uint8Array.of(0x08)])).toEqual([new Uint8Array(0)]);
  });

  test("keeps channels and streams apart", () => {
    const { reassembler, issues } = create();
    const places = [{}, { cNotYChannelFlag: true }, { streamNum: 0 }, { streamNum: 127 }];
    const sizes = [300, 400, 500, 508];
    const woven = [0, 1].flatMap((i) =>
      places.map((place, s) =>
        packet(splitScte104(message(sizes[s] as number))[i] as Uint8Array, place),
      ),
    );
    const messages = woven.flatMap((p) => reassembler.push(p) ?? []);
    expect(messages.map((m) => m.message.length)).toEqual(sizes);
    expect(issues).toEqual([]);
  });

  test.each([
    ["first", [1, 2]],
    ["middle", [0, 2]],
    ["last", [0, 1]],
  ])("drops a message whose %s packet is missing, and reports it once", (_, kept) => {
    const { reassembler, issues } = create();
    const payloads = splitScte104(message(700));
    const all = [...kept.map((i) => payloads[i] as Uint8Array), ...splitScte104(message(300))];
    expect(run(reassembler, all)).toEqual([message(300)]);
    expect(issues.map(({ code, severity }) => [code, severity])).toEqual([["gap", "error"]]);
  });

  test("reports a message that the stream's end cuts off", () => {
    const { reassembler, issues } = create();
    run(reassembler, splitScte104(message(300)).slice(0, 1));
    reassembler.flush();
    reassembler.flush();
    expect(issues.map(({ code }) => code)).toEqual(["gap"]);
  });

  test("drops what exceeds the limit, reports it once, and goes on", () => {
    const { reassembler, issues } = create(300);
    const endless = Array.from({ length: 50 }, () =>
      Uint8Array.from([0x0e, ...new Uint8Array(99)]),
    );
    const all = [
      Uint8Array.of(0x0c, 1),
      ...endless,
      Uint8Array.of(0x0a),
      ...splitScte104(message(300)),
    ];
    expect(run(reassembler, all)).toEqual([message(300)]);
    expect(issues).toMatchObject([{ code: "limit", offset: 302 }]);
  });

  test("reports an empty packet and goes on", () => {
    const { reassembler, issues } = create();
    const [first, last] = splitScte104(message(300)) as [Uint8Array, Uint8Array];
    expect(run(reassembler, [first, new Uint8Array(0), last])).toEqual([message(300)]);
    expect(issues).toMatchObject([{ code: "length", offset: 255, field: "payloadDescriptor" }]);
  });

  test("reset forgets", () => {
    const { reassembler, issues } = create();
    run(reassembler, splitScte104(message(300)).slice(0, 1));
    reassembler.reset();
    reassembler.flush();
    expect(issues).toEqual([]);
  });

  test("nobody needs to listen", () => {
    expect(new Scte104Reassembler().push(packet(new Uint8Array(0)))).toBeUndefined();
  });

  property.prop([fc.array(fc.uint8Array({ maxLength: 80 }))])(
    "any packets in any order give messages and issues, never an exception",
    (payloads) => {
      const { reassembler, issues } = create(100);
      const messages = run(reassembler, payloads);
      for (const { length } of messages) expect(length).toBeLessThanOrEqual(100);
      expect(issues.length).toBeLessThanOrEqual(2 * payloads.length);
    },
  );
});
