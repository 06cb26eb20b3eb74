import fc from "fast-check";
import { arbitraryChunkSizes, cut } from "../conformance-streams.js";
import { arbitrarySenderSteps, type PlainRtmpMessage, sendSteps } from "./conformance-wire.js";
import { findDigest, imprintDigest, isSigned } from "./digest.js";

/** The functions that the suite asks for. Bind yours to them. */
export interface RtmpImplementation {
  /** The messages that chunks carry, behind a handshake, in the order of their ends. Those of types 1 and 2 may be left out. */
  read(pieces: readonly Uint8Array[]): readonly PlainRtmpMessage[];
  /** The chunks of messages of one sender. Left out: a receiver only. */
  write?(messages: readonly PlainRtmpMessage[]): Uint8Array;
  /** S0, S1 and S2 in answer to C0 and C1. Left out: no server. */
  answer?(c0c1: Uint8Array): Uint8Array;
}

const MEDIA = "c0ffee";

/** Chunks that are easily misread, as hex, and the messages in them. */
export const RTMP_CHUNK_VECTORS: readonly {
  readonly title: string;
  readonly chunks: string;
  readonly messages: readonly PlainRtmpMessage[];
}[] = [
  {
    title: "fmt 3 behind fmt 0 repeats the absolute timestamp as delta (RTMP 1.0, 5.3.1.2.4)",
    chunks: `0400001000000308 01000000 ${MEDIA} c4 ${MEDIA} c4 ${MEDIA}`,
    messages: [16, 32, 48].map((timestamp) => media(4, 1, timestamp)),
  },
  {
    title:
      "only the stream id and the three-byte chunk stream id are little-endian (5.3.1.1, 5.3.1.2.1)",
    chunks: `01 0201 000010 000003 08 04030201 ${MEDIA}`,
    messages: [media(64 + 2 + 256, 0x01020304, 16)],
  },
  {
    title: "a sender may leave the extended timestamp out of fmt 3 (FMLE and others)",
    chunks: `04 ffffff 000081 08 01000000 01000000 ${"aa".repeat(128)} c4 bb`,
    messages: [
      {
        ...{ csid: 4, messageType: 8, streamId: 1, timestamp: 0x1000000 },
        payload: [...new Array<number>(128).fill(0xaa), 0xbb],
      },
    ],
  },
  {
    title: "a new message in the middle of another replaces it (CVE-2016-10191)",
    chunks: `04 000000 000100 08 01000000 ${"aa".repeat(128)} 04 000007 000003 08 01000000 ${MEDIA}`,
    messages: [media(4, 1, 7)],
  },
  {
    title: "fmt 3 behind Abort begins a message: the old one is gone, its header is not (5.4.2)",
    chunks: `04 000010 000081 08 01000000 ${"aa".repeat(128)}
             02 000000 000004 02 00000000 00000004 c4 ${"bb".repeat(128)} c4 cc`,
    messages: [
      {
        ...{ csid: 4, messageType: 8, streamId: 1, timestamp: 32 },
        payload: [...new Array<number>(128).fill(0xbb), 0xcc],
      },
    ],
  },
  {
    title: "fmt 1 on a chunk stream that was never used counts from 0",
    chunks: `44 000009 000003 08 ${MEDIA}`,
    messages: [media(4, 0, 9)],
  },
];

function media(csid: number, streamId: number, timestamp: number): PlainRtmpMessage {
  return { csid, messageType: 8, streamId, timestamp, payload: [0xc0, 0xff, 0xee] };
}

/** Options as those of `conformanceSuite`. */
interface SuiteOptions {
  readonly describe: (name: string, body: () => void) => void;
  readonly test: (name: string, body: () => void) => void;
  readonly numRuns?: number;
}

/** What every implementation of RTMP's chunks and handshake must satisfy. */
export function rtmpConformanceSuite(
  implementation: RtmpImplementation,
  { describe, test, numRuns = 100 }: SuiteOptions,
): void {
  const read = (...pieces: Uint8Array[]): PlainRtmpMessage[] =>
    implementation
      .read(pieces)
      .filter(({ messageType }) => messageType > 2)
      .map(({ csid, messageType, streamId, timestamp, payload }) => {
        return { csid, messageType, streamId, timestamp, payload };
      });

  describe("chunks (RTMP 1.0, 5.3)", () => {
    for (const { title, chunks, messages } of RTMP_CHUNK_VECTORS) {
      test(title, () => same(read(fromHex(chunks)), messages));
    }

    test("messages of interleaved chunk streams are put together, Set Chunk Size and Abort obeyed (5.3, 5.4)", () => {
      fc.assert(
        fc.property(arbitrarySenderSteps, (steps) => {
          const { bytes, messages } = sendSteps(steps);
          same(read(bytes), messages);
        }),
        { numRuns: 2 * numRuns },
      );
    });

    test("they come in pieces of any size", () => {
      fc.assert(
        fc.property(arbitrarySenderSteps, arbitraryChunkSizes, (steps, sizes) => {
          const { bytes, messages } = sendSteps(steps);
          same(read(...cut(bytes, sizes)), messages);
        }),
        { numRuns },
      );
    });

    test("junk does no harm, and what came before it is kept", () => {
      fc.assert(
        fc.property(arbitrarySenderSteps, fc.uint8Array({ maxLength: 200 }), (steps, junk) => {
          const { bytes, messages } = sendSteps(steps);
          same(read(bytes, junk).slice(0, messages.length), messages);
        }),
        { numRuns },
      );
    });
  });

  const { write, answer } = implementation;
  if (write !== undefined) {
    describe("writing chunks (RTMP 1.0, 5.3)", () => {
      test("what is written is what the standard's receiver reads", () => {
        fc.assert(
          fc.property(arbitrarySenderSteps, (steps) => {
            const { messages } = sendSteps(steps);
            same(readPlainly(write.call(implementation, messages)), messages);
          }),
          { numRuns: 2 * numRuns },
        );
      });
    });
  }

  if (answer !== undefined) {
    const random = fc.uint8Array({ minLength: 1528, maxLength: 1528 });
    const blocks = (c1: Uint8Array): { s0: number; s1: Uint8Array; s2: Uint8Array } => {
      const bytes = answer.call(implementation, Uint8Array.of(3, ...c1));
      same(bytes.length, 3073);
      return { s0: bytes[0] as number, s1: bytes.slice(1, 1537), s2: bytes.slice(1537) };
    };

    describe("the server's handshake (RTMP 1.0, 5.2)", () => {
      test("a client without a digest gets its random bytes back", () => {
        fc.assert(
          fc.property(random, (bytes) => {
            const c1 = Uint8Array.of(1, 2, 3, 4, 0, 0, 0, 0, ...bytes);
            const { s0, s2 } = blocks(c1);
            same([s0, ...s2.slice(0, 4), ...s2.slice(8)], [3, 1, 2, 3, 4, ...bytes]);
          }),
          { numRuns: Math.ceil(numRuns / 4), endOnFailure: true },
        );
      });

      test("one with a digest, in either half, gets one in the same half, and a signature", () => {
        fc.assert(
          fc.property(random, fc.constantFrom("first", "second"), (bytes, half) => {
            const c1 = Uint8Array.of(0, 0, 0, 0, 9, 0, 0x7c, 2, ...bytes);
            imprintDigest(c1, "client", half);
            const { s1, s2 } = blocks(c1);
            same(findDigest(s1, "server")?.half, half);
            const digest = findDigest(c1, "client")?.digest ?? new Uint8Array(0);
            same(isSigned(s2, "server", digest), true);
          }),
          { numRuns: Math.ceil(numRuns / 4), endOnFailure: true },
        );
      });
    });
  }
}

/** The messages of whole chunks, by the letter of RTMP 1.0, 5.3.1, with the default chunk size. */
function readPlainly(bytes: Uint8Array): PlainRtmpMessage[] {
  const messages: PlainRtmpMessage[] = [];
  const lanes = new Map<number, { message: PlainRtmpMessage; delta: number; length: number }>();
  let at = 0;
  const number = (size: number): number => {
    if (at + size > bytes.length) throw new Error("the bytes end inside a chunk");
    const digits = bytes.slice(at, at + size);
    at += size;
    return digits.reduce((value, digit) => value * 256 + digit, 0);
  };
  while (at < bytes.length) {
    const first = number(1);
    let csid = first % 64;
    if (csid === 0) csid = 64 + number(1);
    else if (csid === 1) csid = 64 + number(1) + 256 * number(1);
    const fmt = first >> 6;
    const lane = lanes.get(csid);
    const open = lane !== undefined && lane.message.payload.length < lane.length;
    if (open && fmt !== 3) throw new Error("a message begins inside another");
    let delta = fmt < 3 ? number(3) : (lane?.delta ?? 0);
    const length = fmt < 2 ? number(3) : (lane?.length ?? 0);
    const messageType = fmt < 2 ? number(1) : (lane?.message.messageType ?? 0);
    const streamId =
      fmt === 0
        ? number(1) + 256 * number(1) + 65_536 * number(1) + 2 ** 24 * number(1)
        : (lane?.message.streamId ?? 0);
    if (delta >= 0xffffff) delta = number(4);
    const since = fmt === 0 ? 0 : (lane?.message.timestamp ?? 0);
    const timestamp = open ? lane.message.timestamp : (since + delta) % 2 ** 32;
    const before = open ? lane.message.payload : [];
    const size = Math.min(128, length - before.length);
    const payload = [...before, ...Array.from({ length: size }, () => number(1))];
    const message = { csid, messageType, streamId, timestamp, payload };
    lanes.set(csid, { message, delta, length });
    if (payload.length === length) messages.push(message);
  }
  return messages;
}

function fromHex(text: string): Uint8Array {
  const digits = text.replace(/\s/g, "").match(/../g) ?? [];
  return Uint8Array.from(digits, (octet) => Number.parseInt(octet, 16));
}

function same(actual: unknown, expected: unknown): void {
  const [is, shall] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== shall) throw new Error(`${is} instead of ${shall}`);
}
