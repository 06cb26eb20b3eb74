import { createAncPacket } from "@x/st291";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  AncDepacketizer,
  type AncDepacketizerOptions,
  type AncFrame,
  AncPacketizer,
  type AncRtpPacket,
  type AncStreamIssue,
  ancFrameStream,
  encodePayload,
  readAncFrames,
} from "../src/index.js";

const packet = createAncPacket({ did: 0x61, sdid: 1, payload: [1, 2], lineNumber: 9 });
const PAYLOAD = encodePayload({ packets: [packet] });
const PERIOD = 40_000_000n;

function rtp(sequenceNumber: number, timestamp: number, marker = true, ssrc = 1): AncRtpPacket {
  return { sequenceNumber: sequenceNumber & 0xffff, timestamp, marker, ssrc, payload: PAYLOAD };
}

function receiver(options: AncDepacketizerOptions = {}) {
  const issues: AncStreamIssue[] = [];
  const depacketizer = new AncDepacketizer({ onIssue: (issue) => issues.push(issue), ...options });
  const codes = () =>
    issues.map(({ code, extendedSequenceNumber: n, count }) =>
      [code, n, count].filter((v) => v !== undefined),
    );
  return { depacketizer, issues, codes };
}

const numbers = (frames: readonly AncFrame[]) =>
  frames.map((frame) => frame.rtpPackets.map((part) => part.extendedSequenceNumber));

describe("AncDepacketizer", () => {
  test("takes RTP packets with CSRC list, extension and padding", () => {
    const bytes = new Uint8Array(12 + 8 + 8 + PAYLOAD.length + 4);
    bytes.set([0xb2, 0x80 | 96, 0, 5, 0, 0, 0, 9, 0, 0, 0, 1]);
    bytes.set([0xbe, 0xde, 0, 1], 20);
    bytes.set(PAYLOAD, 28);
    bytes[bytes.length - 1] = 4;
    const { depacketizer } = receiver();
    expect(depacketizer.push(bytes)).toEqual([
      {
        timestamp: 9,
        f: 0,
        packets: [packet],
        rtpPackets: [{ extendedSequenceNumber: 5, marker: true, ancCount: 1 }],
        complete: true,
        diagnostics: [],
      },
    ]);
  });

  test("names what is no RTP packet, and leaves other payload types alone", () => {
    const { depacketizer, codes } = receiver({ payloadType: 97 });
    const other = new AncPacketizer({ payloadType: 96 }).packetize({ timestamp: 0, packets: [] });
    expect(depacketizer.push(new Uint8Array(11))).toEqual([]);
    expect(depacketizer.push(new Uint8Array(40))).toEqual([]);
    expect(depacketizer.push(other[0] as Uint8Array)).toEqual([]);
    expect(codes()).toEqual([["rtp-header"], ["rtp-header"]]);
    expect(depacketizer.statistics).toMatchObject({ rtpPackets: 0, malformedPackets: 2 });
  });

  test("does not refer to the caller's memory while a packet waits", () => {
    const { depacketizer } = receiver();
    depacketizer.pushPacket(rtp(1, 0));
    const payload = PAYLOAD.slice();
    depacketizer.pushPacket({ ...rtp(3, 7200), payload });
    payload.fill(0xff);
    const frames = depacketizer.pushPacket(rtp(2, 3600));
    expect(frames.map((frame) => frame.packets)).toEqual([[packet], [packet]]);
  });

  test("gives a hole up one frame period after the first packet behind it arrived", () => {
    const { depacketizer, codes } = receiver();
    depacketizer.pushPacket(rtp(1, 0), 0n);
    depacketizer.pushPacket(rtp(2, 3600), PERIOD);
    depacketizer.pushPacket(rtp(4, 10_800), 3n * PERIOD);
    expect(depacketizer.advance(4n * PERIOD - 1n)).toEqual([]);
    const frames = depacketizer.advance(4n * PERIOD);
    expect(numbers(frames)).toEqual([[4]]);
    expect(frames[0]?.complete).toBe(false);
    expect(codes()).toEqual([["gap", 3, 1]]);
    expect(depacketizer.pushPacket(rtp(3, 7200), 4n * PERIOD)).toEqual([]);
    expect(codes()[1]).toEqual(["late", 3]);
  });

  test("learns the frame period from the timestamps", () => {
    const { depacketizer } = receiver();
    for (const n of [1, 2]) depacketizer.pushPacket(rtp(n, n * 1500), 0n);
    depacketizer.pushPacket(rtp(4, 6000), 0n);
    expect(depacketizer.advance(16_666_666n)).toEqual([]);
    expect(numbers(depacketizer.advance(16_666_667n))).toEqual([[4]]);
  });

  test("takes the frame period as told", () => {
    const { depacketizer } = receiver({ framePeriodNs: 5n });
    depacketizer.pushPacket(rtp(1, 0), 0n);
    depacketizer.pushPacket(rtp(3, 7200), 10n);
    expect(depacketizer.advance(14n)).toEqual([]);
    expect(depacketizer.advance(15n).length).toBe(1);
  });

  test("duplicates of the second leg are only counted", () => {
    const { depacketizer, codes } = receiver({ legs: 2 });
    for (const n of [1, 1, 2, 2]) depacketizer.pushPacket(rtp(n, n * 3600));
    expect(codes()).toEqual([]);
    expect(depacketizer.statistics).toMatchObject({ frames: 2, duplicatePackets: 2 });
  });

  test("a leg that lags by hundreds of packets is no restart, in bursts and with losses of its own", () => {
    const { depacketizer, codes } = receiver({ legs: 2 });
    const fast = Array.from({ length: 900 }, (_, n) => rtp(n, n * 3600));
    const lost = (one: AncRtpPacket) => one.sequenceNumber % 100 >= 98;
    const frames: AncFrame[] = [];
    for (let n = 0; n < 900; n += 10) {
      const slow = n < 400 ? [] : fast.slice(n - 400, n - 390);
      for (const one of [...fast.slice(n, n + 10).filter((given) => !lost(given)), ...slow]) {
        frames.push(...depacketizer.pushPacket(one));
      }
    }
    expect(frames.length).toBeGreaterThan(850);
    expect(depacketizer.statistics.restarts).toBe(0);
    expect(new Set(codes().map(([code]) => code))).toEqual(new Set(["gap", "late"]));
  });

  test("a capture that is played in a loop is followed round", () => {
    const { depacketizer } = receiver();
    const loop = Array.from({ length: 300 }, (_, n) => rtp(n, n * 3600));
    const frames = [...loop, ...loop, ...loop].flatMap((one) => depacketizer.pushPacket(one));
    expect(frames.length).toBe(900);
    expect(depacketizer.statistics.restarts).toBe(2);
  });

  test("a late packet that comes again is a duplicate, and one from before the memory is late", () => {
    const { depacketizer, codes } = receiver({ window: 1 });
    for (const n of [1, 3, 2, 2]) depacketizer.pushPacket(rtp(n, n * 3600));
    expect(codes()).toEqual([
      ["gap", 2, 1],
      ["late", 2],
      ["duplicate", 2],
    ]);
  });

  test("an outlier that nothing continues is no restart", () => {
    const { depacketizer, codes } = receiver();
    const frames = [1, 2, 30_000, 3, 4].flatMap((n) => depacketizer.pushPacket(rtp(n, n * 3600)));
    expect(numbers(frames)).toEqual([[1], [2], [3], [4]]);
    expect(numbers(depacketizer.flush())).toEqual([[30_000]]);
    expect(codes()).toEqual([["gap", 5, 29_995]]);
  });

  test("a sender that begins again is followed, with what it had left open", () => {
    const { depacketizer, codes } = receiver();
    const before = [rtp(1000, 1), rtp(1001, 2, false), rtp(1003, 3)];
    const frames = [...before, rtp(7, 50), rtp(8, 51), rtp(9, 52)].flatMap((one) =>
      depacketizer.pushPacket(one),
    );
    expect(numbers(frames)).toEqual([[1000], [1001], [1003], [7], [8], [9]]);
    expect(frames.map(({ complete }) => complete)).toEqual([true, false, true, true, true, true]);
    expect(codes()).toEqual([["gap", 1002, 1], ["restart"]]);
    expect(depacketizer.statistics.restarts).toBe(1);
  });

  test("a sender that begins again with the same numbers and other times is followed", () => {
    const { depacketizer } = receiver();
    for (let n = 0; n < 200; n++) depacketizer.pushPacket(rtp(n, n * 3600));
    const again = [0, 1, 2].flatMap((n) => depacketizer.pushPacket(rtp(n, 5e8 + n * 3600)));
    expect(numbers(again)).toEqual([[0], [1], [2]]);
  });

  test("another SSRC begins a new stream at once", () => {
    const { depacketizer, codes } = receiver();
    depacketizer.pushPacket(rtp(1, 0, false));
    const frames = depacketizer.pushPacket(rtp(500, 9, true, 2));
    expect(frames.map(({ timestamp, complete }) => [timestamp, complete])).toEqual([
      [0, false],
      [9, true],
    ]);
    expect(codes()).toEqual([["restart"]]);
    expect(numbers(depacketizer.pushPacket(rtp(502, 9, true, 2)))).toEqual([]);
  });

  test("with the option `ssrc` another sender on the same port disturbs nothing", () => {
    const { depacketizer, codes } = receiver({ ssrc: 2 });
    const frames = [1, 2, 3].flatMap((n) => [
      ...depacketizer.pushPacket(rtp(n, 3600 * n)),
      ...depacketizer.pushPacket(rtp(700 + n, 3600 * n + 7, true, 2)),
    ]);
    expect(numbers(frames)).toEqual([[701], [702], [703]]);
    expect(codes()).toEqual([]);
    expect(depacketizer.statistics.rtpPackets).toBe(3);
    expect(() => new AncDepacketizer({ ssrc: 2 ** 32 })).toThrow(RangeError);
  });

  test("sequence numbers are reported modulo 2^32", () => {
    const { depacketizer, codes } = receiver();
    const last = encodePayload({ extendedSequenceNumber: 0xffff, packets: [] });
    depacketizer.pushPacket({ ...rtp(0xffff, 0), payload: last });
    const frames = depacketizer.pushPacket(rtp(0, 3600));
    depacketizer.pushPacket(rtp(0xfff0, 0));
    expect(numbers(frames)).toEqual([[0]]);
    expect(codes()).toEqual([["late", 0xfffffff0]]);
  });

  test("a frame that never ends is cut, so that memory stays bounded", () => {
    const { depacketizer, codes } = receiver({ maxRtpPacketsPerFrame: 3 });
    const frames = [1, 2, 3, 4, 5].flatMap((n) => depacketizer.pushPacket(rtp(n, 0, n === 5)));
    expect(numbers(frames)).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    expect(frames.map(({ complete }) => complete)).toEqual([false, false]);
    expect(codes()).toEqual([["frame-limit"]]);
    expect(depacketizer.pushPacket(rtp(6, 3600))[0]?.complete).toBe(true);
  });

  test("diagnostics of the payloads come with the frame", () => {
    const { depacketizer } = receiver();
    const cut = PAYLOAD.subarray(0, 15);
    const [frame] = depacketizer.pushPacket({ ...rtp(77, 0), payload: cut });
    expect(frame?.complete).toBe(false);
    expect(
      frame?.diagnostics.map(({ code, extendedSequenceNumber: n, packet: index }) => [
        code,
        n,
        index,
      ]),
    ).toEqual([
      ["length-mismatch", 77, undefined],
      ["truncated", 77, 0],
    ]);
  });

  test("a frame without a valid F has none, and takes the first that comes", () => {
    const { depacketizer } = receiver();
    const invalid = PAYLOAD.slice();
    invalid[5] = 0x40;
    expect(depacketizer.pushPacket({ ...rtp(1, 0), payload: invalid })[0]?.f).toBeUndefined();
    depacketizer.pushPacket({ ...rtp(2, 1, false), payload: invalid });
    const field2 = encodePayload({ f: 3, packets: [packet] });
    expect(depacketizer.pushPacket({ ...rtp(3, 1), payload: field2 })[0]?.f).toBe(3);
  });

  test("delivers F = 01 on request, incomplete all the same", () => {
    const invalid = PAYLOAD.slice();
    invalid[5] = 0x40;
    const { depacketizer } = receiver({ deliverInvalidF: true });
    const [frame] = depacketizer.pushPacket({ ...rtp(1, 0), payload: invalid });
    expect(frame).toMatchObject({ complete: false, packets: [packet] });
  });

  test("flush leaves it as new, reset forgets the counts too", () => {
    const { depacketizer } = receiver();
    depacketizer.pushPacket(rtp(1, 0, false));
    expect(depacketizer.flush().length).toBe(1);
    expect(numbers(depacketizer.pushPacket(rtp(40_000, 0, true, 9)))).toEqual([[40_000]]);
    expect(depacketizer.statistics.rtpPackets).toBe(2);
    depacketizer.pushPacket(rtp(40_002, 0, true, 9));
    depacketizer.reset();
    expect(depacketizer.statistics.rtpPackets).toBe(0);
    expect(depacketizer.flush()).toEqual([]);
  });

  test.each([{ window: 0 }, { window: 4097 }, { window: 1.5 }, { maxRtpPacketsPerFrame: 0 }])(
    "refuses %o",
    (options) => {
      expect(() => new AncDepacketizer(options)).toThrow(RangeError);
    },
  );

  test.each([{ sequenceNumber: 0x10000 }, { timestamp: -1 }, { ssrc: 2 ** 32 }])(
    "refuses a decoded header with %o",
    (wrong) => {
      const { depacketizer } = receiver();
      expect(() => depacketizer.pushPacket({ ...rtp(1, 0), ...wrong })).toThrow(RangeError);
      expect(depacketizer.statistics.rtpPackets).toBe(0);
    },
  );

  test("never throws on input, whatever comes when", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            bytes: fc.oneof(
              fc.uint8Array({ maxLength: 60 }),
              fc
                .tuple(
                  fc.integer({ min: 0, max: 40 }),
                  fc.boolean(),
                  fc.uint8Array({ maxLength: 30 }),
                )
                .map(([n, marker, rest]) =>
                  Uint8Array.from([
                    0x80,
                    (marker ? 0x80 : 0) | 96,
                    0,
                    n,
                    0,
                    0,
                    0,
                    n >> 2,
                    0,
                    0,
                    0,
                    1,
                    ...rest,
                  ]),
                ),
            ),
            time: fc.bigInt({ min: 0n, max: 10n ** 9n }),
            timed: fc.boolean(),
          }),
          { maxLength: 60 },
        ),
        (pushes) => {
          const { depacketizer } = receiver({ window: 3 });
          let parts = 0;
          const count = (frames: AncFrame[]) => {
            for (const frame of frames) parts += frame.rtpPackets.length;
          };
          for (const { bytes, time, timed } of pushes) {
            count(depacketizer.push(bytes, timed ? time : undefined));
          }
          count(depacketizer.flush());
          const { rtpPackets, latePackets, duplicatePackets } = depacketizer.statistics;
          expect(parts).toBe(rtpPackets - latePackets - duplicatePackets);
        },
      ),
    );
  });
});

describe("streams", () => {
  const packetizer = new AncPacketizer({ ssrc: 1, extendedSequenceNumber: 9 });
  const packets = [0, 1, 2].flatMap((n) =>
    packetizer.packetize({ timestamp: n, packets: [packet] }),
  );
  const open = (packets[2] as Uint8Array).slice();
  open[1] = 96;

  async function* source(): AsyncGenerator<Uint8Array> {
    yield packets[0] as Uint8Array;
    yield packets[1] as Uint8Array;
    yield open;
  }

  test("readAncFrames gives batches, the open frame at the end", async () => {
    const batches: AncFrame[][] = [];
    for await (const batch of readAncFrames(source())) batches.push(batch);
    expect(batches.map(numbers)).toEqual([[[9]], [[10]], [[11]]]);
    expect(batches[2]?.[0]?.complete).toBe(false);
  });

  test("ancFrameStream does the same for web streams", async () => {
    const stream = ancFrameStream();
    const writing = (async () => {
      const writer = stream.writable.getWriter();
      for await (const bytes of source()) await writer.write(bytes);
      await writer.close();
    })();
    const batches: AncFrame[][] = [];
    for await (const batch of stream.readable) batches.push(batch);
    await writing;
    expect(batches.map(numbers)).toEqual([[[9]], [[10]], [[11]]]);
  });
});
