import type { AncPacket } from "@x/st291";
import { joined } from "@x/st291/conformance";
import fc from "fast-check";
import { cleanPacket, extendedSequenceNumber, field, frames } from "./arbitraries.js";
import type { ConformanceRtp, PropertyRunner, Rfc8331Implementation } from "./implementation.js";
import { oraclePayload } from "./oracle.js";
import {
  expectedOf,
  greedy,
  jitter,
  plain,
  rtp,
  type Sent,
  SSRC,
  send,
  sizeOf,
} from "./stream-oracle.js";
import { ensure, equal } from "./verdict.js";

const WINDOW = 32;

/** Sender and receiver. */
export function streamProperties(
  implementation: Rfc8331Implementation,
  runner: PropertyRunner,
): void {
  timeProperties(implementation, runner);
  senderProperties(implementation, runner);
  receiverProperties(implementation, runner);
}

function timeProperties(
  { rtpTimestamp }: Rfc8331Implementation,
  { describe, test, property }: PropertyRunner,
): void {
  if (rtpTimestamp === undefined) return;
  const rate = fc.constantFrom(
    [24000, 1001],
    [25, 1],
    [30000, 1001],
    [50, 1],
    [60000, 1001],
    [119, 7],
  );
  describe("RTP time", () => {
    property(
      "RFC 8331 2: instants between two ticks are truncated, for every frame number",
      fc.tuple(fc.bigInt({ min: 0n, max: 2n ** 60n }), rate),
      ([n, [num = 1, den = 1]]) => {
        const exact = ((n * 90000n * BigInt(den)) / BigInt(num)) % 2n ** 32n;
        equal(rtpTimestamp(n, num, den), Number(exact));
      },
    );
    test("RFC 8331 2: 30000/1001 gives 3003 ticks a frame and no drift in a day", () => {
      equal(rtpTimestamp(1n, 30000, 1001), 3003);
      equal(rtpTimestamp(2_589_408n, 30000, 1001), (2_589_408 * 3003) % 2 ** 32);
      equal(rtpTimestamp(1n, 60000, 1001), 1501);
    });
  });
}

function senderProperties(
  { packetize }: Rfc8331Implementation,
  { describe, test, property }: PropertyRunner,
): void {
  if (packetize === undefined) return;
  const options = fc.record({
    payloadType: fc.integer({ min: 0, max: 127 }),
    ssrc: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    extendedSequenceNumber: extendedSequenceNumber(),
    rtpLimit: fc.integer({ min: 348, max: 1500 }),
  });
  describe("sending", () => {
    property(
      "RFC 8331 2: packed greedily, the marker on the last packet of a frame, numbers counted in 32 bits",
      fc.tuple(frames(), options),
      ([all, given]) => {
        const expected = all.flatMap((frame) => greedy(frame, given.rtpLimit - 20, 255));
        const packed = packetize(all, given);
        equal(packed.length, expected.length);
        packed.forEach((bytes, i) => {
          const { timestamp, f, packets, marker } = expected[i] as (typeof expected)[number];
          const number = (given.extendedSequenceNumber + i) % 2 ** 32;
          const view = new DataView(new ArrayBuffer(12));
          view.setUint16(0, 0x8000 | (marker ? 0x80 : 0) | given.payloadType);
          view.setUint16(2, number % 2 ** 16);
          view.setUint32(4, timestamp);
          view.setUint32(8, given.ssrc);
          const high = Math.floor(number / 2 ** 16);
          const payload = oraclePayload({ extendedSequenceNumber: high, f, packets });
          equal([...bytes], [...joined([new Uint8Array(view.buffer), payload])]);
        });
      },
    );
    property(
      "RFC 8331 2: an RTP packet may be as large as the limit with both its headers, and no larger",
      fc.tuple(
        fc.array(cleanPacket(), { minLength: 4, maxLength: 7 }),
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom(-8, -4, 0, 4),
      ),
      ([packets, count, slack]) => {
        const rtpLimit = Math.max(348, 20 + sizeOf(packets.slice(0, count)) + slack);
        const frame = { timestamp: 0, f: 0, packets };
        const given = { payloadType: 96, ssrc: 1, extendedSequenceNumber: 0, rtpLimit };
        equal(
          packetize([frame], given).map((bytes) => [bytes.length, bytes[16]]),
          greedy(frame, rtpLimit - 20, 255).map((part) => [
            20 + sizeOf(part.packets),
            part.packets.length,
          ]),
        );
      },
    );
    test("RFC 8331 2.1: a 256th packet goes into the next RTP packet, which has the marker", () => {
      const packet = { cNotYChannelFlag: false, lineNumber: 9, horizontalOffset: 0 };
      const words = Uint16Array.from([0x180, 0x200, 0x200, 0x180]);
      const packets = new Array<AncPacket>(256).fill({ ...packet, words });
      const given = { payloadType: 96, ssrc: 1, extendedSequenceNumber: 0, rtpLimit: 9000 };
      const packed = packetize([{ timestamp: 0, f: 0, packets }], given);
      equal(
        packed.map((bytes) => [bytes[16], (bytes[1] as number) >>> 7]),
        [
          [255, 0],
          [1, 1],
        ],
      );
    });
  });
}

function receiverProperties(
  { assemble }: Rfc8331Implementation,
  { describe, property }: PropertyRunner,
): void {
  if (assemble === undefined) return;
  const stream = fc.tuple(frames(), extendedSequenceNumber(), fc.integer({ min: 348, max: 700 }));

  describe("receiving", () => {
    property("RFC 8331 2: frames come out as they were sent, empty ones too", stream, (given) => {
      const sent = send(...given);
      equal(plain(assemble(sent.map(rtp), WINDOW)), expectedOf(sent));
    });
    property(
      "RFC 3550 A.1: packets may overtake each other by less than the window",
      fc.tuple(stream, fc.integer({ min: 1, max: 6 }), fc.infiniteStream(fc.nat())),
      ([given, reach, noise]) => {
        const sent = send(...given);
        const [first, ...rest] = sent;
        const order = jitter(rest, reach, noise);
        equal(plain(assemble([first as Sent, ...order].map(rtp), reach)), expectedOf(sent));
      },
    );
    property(
      "a hole is given up when as many packets as the window has wait behind it, and not before",
      fc.tuple(fc.integer({ min: 1, max: 40 }), field(), extendedSequenceNumber()),
      ([window, f, start]) => {
        const all = Array.from({ length: window + 3 }, (_, i) => ({
          timestamp: i,
          f,
          packets: [],
        }));
        const sent = send(all, start, 348);
        const [first, delayed, ...rest] = sent as [Sent, Sent, ...Sent[]];
        const arriving = (after: number): ConformanceRtp[] =>
          [first, ...rest.slice(0, after), delayed, ...rest.slice(after)].map(rtp);
        equal(plain(assemble(arriving(window - 1), window)), expectedOf(sent));
        const { frames: found, issues } = assemble(arriving(window), window);
        equal(found.length, sent.length - 1);
        equal(
          issues.map(({ code, extendedSequenceNumber: number }) => [code, number]),
          [
            ["gap", delayed.number],
            ["late", delayed.number],
          ],
        );
      },
    );
    property(
      "ST 2022-7: a second leg with the same packets changes nothing but the duplicates",
      fc.tuple(stream, fc.integer({ min: 0, max: 20 }), fc.infiniteStream(fc.nat())),
      ([given, lag, noise]) => {
        const sent = send(...given);
        const lost = new Set(sent.slice(1).filter(() => (noise.next().value as number) % 4 === 0));
        const legs = [
          ...sent
            .map((packet, i) => ({ at: 2 * i, packet }))
            .filter(({ packet }) => !lost.has(packet)),
          ...sent.map((packet, i) => ({ at: 2 * (i + lag) + 1, packet })),
        ].sort((a, b) => a.at - b.at);
        const assembled = assemble(
          legs.map(({ packet }) => rtp(packet)),
          WINDOW,
        );
        const expected = expectedOf(sent);
        equal(plain(assembled).frames, expected.frames);
        const numbers = sent.filter((packet) => !lost.has(packet)).map(({ number }) => number);
        equal(
          assembled.issues.map(({ code, extendedSequenceNumber: n }) => [code, n]),
          numbers.map((n) => ["duplicate", n]),
        );
      },
    );
    property(
      "a frame is complete exactly when none of its packets can be missing, and every hole is named once",
      fc.tuple(stream, fc.infiniteStream(fc.nat())),
      ([given, noise]) => {
        const received = send(...given).filter(
          (_, i) => i === 0 || (noise.next().value as number) % 4 > 0,
        );
        equal(plain(assemble(received.map(rtp), WINDOW)), expectedOf(received));
      },
    );
    property(
      "a frame without a marker ends before the next one",
      fc.tuple(stream, fc.infiniteStream(fc.nat())),
      ([given, noise]) => {
        const received = send(...given).map((packet) =>
          (noise.next().value as number) % 3 === 0 ? { ...packet, marker: false } : packet,
        );
        equal(plain(assemble(received.map(rtp), WINDOW)), expectedOf(received));
      },
    );
    property(
      "the first packet's high half counts, later ones are ignored",
      fc.tuple(stream, fc.integer({ min: 0, max: 0xffff })),
      ([given, high]) => {
        const sent = send(...given);
        const packets = sent.map((packet, i) => {
          const payload = rtp(packet).payload.slice();
          if (i > 0) payload.set([high >> 8, high & 0xff], 0);
          return { ...rtp(packet), payload };
        });
        equal(plain(assemble(packets, WINDOW)), expectedOf(sent));
      },
    );
    property(
      "a packet that comes after its hole was given up is late, and changes nothing",
      fc.tuple(frames(), extendedSequenceNumber(), cleanPacket(5)),
      ([all, start, packet]) => {
        const filled = all.map((frame) => ({ ...frame, packets: [packet] }));
        const sent = send(filled, start, 348);
        if (sent.length < 4) return;
        const [first, late, ...rest] = sent as [Sent, Sent, ...Sent[]];
        const expected = expectedOf([first, ...rest]);
        const assembled = assemble([first, ...rest, late].map(rtp), 2);
        equal(plain(assembled).frames, expected.frames);
        const named = assembled.issues.map(({ code, extendedSequenceNumber: n }) => [code, n]);
        equal(named, [
          ["gap", late.number],
          ["late", late.number],
        ]);
      },
    );
    property(
      "two fields with one timestamp are two frames",
      fc.tuple(cleanPacket(9), cleanPacket(9), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
      ([one, two, timestamp]) => {
        const sent = send(
          [
            { timestamp, f: 0b10, packets: [one] },
            { timestamp, f: 0b11, packets: [two] },
          ],
          7,
          1400,
        );
        equal(plain(assemble(sent.map(rtp), WINDOW)), expectedOf(sent));
      },
    );
    property(
      "RFC 8331 2.1: a packet with F = 01, or a cut header, keeps its place but leaves the frame incomplete",
      fc.tuple(
        cleanPacket(9),
        fc.integer({ min: 0, max: 7 }),
        fc.boolean(),
        fc.constantFrom(0, 2, 3),
      ),
      ([packet, size, cut, f]) => {
        const frame = { timestamp: 90000, f, packets: new Array<AncPacket>(3).fill(packet) };
        const three = frame.packets.map((one, i) => {
          const payload = oraclePayload({ extendedSequenceNumber: 0, f, packets: [one] });
          const sequenceNumber = 200 + i;
          return { sequenceNumber, timestamp: 90000, marker: i === 2, ssrc: SSRC, payload };
        });
        const middle = three[1] as ConformanceRtp;
        const payload = cut ? middle.payload.slice(0, size) : middle.payload.slice();
        if (!cut) payload[5] = 0b0100_0000;
        const assembled = assemble(
          [three[0] as ConformanceRtp, { ...middle, payload }, three[2] as ConformanceRtp],
          WINDOW,
        );
        equal(
          assembled.frames.map(({ f: field, complete, packets, extendedSequenceNumbers }) => [
            field,
            complete,
            packets.length,
            extendedSequenceNumbers,
          ]),
          [[f, false, 2, [200, 201, 202]]],
        );
      },
    );
    property(
      "RFC 3550 A.1: a new SSRC, or numbers that go on elsewhere, begin a new stream",
      fc.tuple(stream, stream, fc.boolean()),
      ([one, two, other]) => {
        const before = send(...one);
        const [all, , limit] = two;
        const last = (before.at(-1) as Sent).number;
        const start = other ? last : (last + 20_000) % 2 ** 32;
        const after = send(all, start, limit).map((packet) =>
          other ? { ...packet, ssrc: SSRC + 1 } : packet,
        );
        if (after.length < 2) return;
        const { frames: found } = plain(assemble([...before, ...after].map(rtp), WINDOW));
        equal(found, [...expectedOf(before).frames, ...expectedOf(after).frames]);
      },
    );
    property(
      "any packets in any order give frames whose data was in them",
      fc.array(
        fc.record({
          sequenceNumber: fc.oneof(
            fc.integer({ min: 0, max: 0xffff }),
            fc.integer({ min: 0, max: 9 }),
          ),
          timestamp: fc.integer({ min: 0, max: 3 }),
          marker: fc.boolean(),
          ssrc: fc.constantFrom(1, 1, 1, 2),
          payload: fc.uint8Array({ maxLength: 40 }),
        }),
        { maxLength: 40 },
      ),
      (packets) => {
        const { frames: found } = assemble(packets, 4);
        const parts = found.flatMap((frame) => frame.extendedSequenceNumbers);
        ensure(parts.length <= packets.length, "more parts than packets");
        for (const frame of found)
          ensure(frame.extendedSequenceNumbers.length > 0, "an empty frame");
      },
    );
  });
}
