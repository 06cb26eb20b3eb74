import { concatBytes } from "@x/bits";
import { describe, expect, test } from "vitest";
import { failedProperties } from "../../../tools/testing/conformance.js";
import {
  type PlainRtmpMessage,
  type RtmpImplementation,
  rtmpConformanceSuite,
} from "../src/conformance.js";
import { RtmpChunkReader, RtmpChunkWriter, RtmpHandshake } from "../src/rtmp/index.js";

const ours: RtmpImplementation = {
  read(pieces) {
    const reader = new RtmpChunkReader();
    return pieces.flatMap((piece) =>
      reader.push(piece).flatMap((event) => {
        if (event.type === "issue") return [];
        const { payload, ...rest } = event.message;
        return [{ ...rest, payload: [...payload] }];
      }),
    );
  },
  write(messages) {
    const writer = new RtmpChunkWriter();
    const chunks = messages.map(({ csid, payload, ...rest }) =>
      writer.write({ ...rest, payload: Uint8Array.from(payload) }, csid),
    );
    return concatBytes(...chunks);
  },
  answer(c0c1) {
    return new RtmpHandshake("server").push(c0c1)?.send ?? new Uint8Array(0);
  },
};

rtmpConformanceSuite(ours, { describe, test });

type Flaw =
  | "csid big-endian"
  | "csid without 64"
  | "stream id big-endian"
  | "no delta in fmt 3"
  | "delta 0 behind fmt 0"
  | "no extended timestamp in fmt 3"
  | "extended timestamp always in fmt 3"
  | "timestamps beyond 32 bits"
  | "chunk size from the next message on"
  | "abort ignored"
  | "one buffer for all chunk streams"
  | "a new message goes on with the old"
  | "pieces are whole chunks"
  | "throws at junk";

interface Lane {
  timestamp: number;
  delta: number;
  isExtended: boolean;
  length: number;
  messageType: number;
  streamId: number;
  chunkSize: number;
  isOpen: boolean;
  payload: number[];
}

/** A reader of its own kind, as somebody else would write it, with one thing wrong or none. */
function read(pieces: readonly Uint8Array[], flaw?: Flaw): PlainRtmpMessage[] {
  const bytes = concatBytes(...(flaw === "pieces are whole chunks" ? pieces.slice(0, 1) : pieces));
  const view = new DataView(bytes.buffer);
  const messages: PlainRtmpMessage[] = [];
  const lanes = new Map<number, Lane>();
  const shared: number[] = [];
  let chunkSize = 128;
  try {
    for (let at = 0; at < bytes.length; ) {
      const fmt = view.getUint8(at) >> 6;
      let csid = view.getUint8(at++) & 63;
      const base = flaw === "csid without 64" ? 0 : 64;
      if (csid === 0) csid = base + view.getUint8(at++);
      else if (csid === 1) {
        csid = base + view.getUint16(at, flaw !== "csid big-endian");
        at += 2;
      }
      let lane = lanes.get(csid);
      if (lane === undefined) {
        lane = {
          ...{ timestamp: 0, delta: 0, isExtended: false, length: 0, messageType: 0, streamId: 0 },
          ...{ chunkSize, isOpen: false, payload: [] },
        };
        if (fmt > 1) break;
        lanes.set(csid, lane);
      }
      const begins = fmt !== 3 || !lane.isOpen;
      if (fmt < 3) {
        lane.delta = view.getUint16(at) * 256 + view.getUint8(at + 2);
        lane.isExtended = lane.delta === 0xffffff;
        at += 3;
      }
      if (fmt < 2) {
        lane.length = view.getUint16(at) * 256 + view.getUint8(at + 2);
        lane.messageType = view.getUint8(at + 3);
        at += 4;
      }
      if (fmt === 0) {
        lane.streamId = view.getUint32(at, flaw !== "stream id big-endian");
        at += 4;
      }
      if (lane.isExtended && (fmt < 3 || flaw !== "no extended timestamp in fmt 3")) {
        const value = at + 4 <= bytes.length ? view.getUint32(at) : -1;
        if (fmt < 3 && value < 0) break;
        const isThere =
          fmt < 3 || flaw === "extended timestamp always in fmt 3" || value === lane.delta;
        if (fmt < 3) lane.delta = value;
        if (isThere) at += 4;
      }
      if (begins) {
        if (flaw !== "a new message goes on with the old") lane.payload = [];
        const isSilent = fmt === 3 && flaw === "no delta in fmt 3";
        const sum = (fmt === 0 ? 0 : lane.timestamp) + (isSilent ? 0 : lane.delta);
        lane.timestamp = flaw === "timestamps beyond 32 bits" ? sum : sum % 2 ** 32;
        if (fmt === 0 && flaw === "delta 0 behind fmt 0") lane.delta = 0;
        lane.chunkSize = chunkSize;
        lane.isOpen = true;
      }
      const payload = flaw === "one buffer for all chunk streams" ? shared : lane.payload;
      const limit = flaw === "chunk size from the next message on" ? lane.chunkSize : chunkSize;
      const size = Math.min(limit, lane.length - payload.length);
      for (let i = 0; i < size; i++) payload.push(view.getUint8(at++));
      if (payload.length < lane.length) continue;
      lane.isOpen = false;
      const { messageType, streamId, timestamp } = lane;
      messages.push({ csid, messageType, streamId, timestamp, payload: payload.splice(0) });
      const value = Uint8Array.from(messages[messages.length - 1]?.payload ?? []);
      const number = value.length < 4 ? 0 : new DataView(value.buffer).getUint32(0);
      if (messageType === 1) chunkSize = Math.max(1, number);
      const aborted = messageType === 2 && flaw !== "abort ignored" ? lanes.get(number) : undefined;
      if (aborted !== undefined) aborted.isOpen = false;
    }
  } catch (error) {
    if (flaw === "throws at junk") throw error;
  }
  return messages;
}

const READ_FLAWS: readonly Flaw[] = [
  "csid big-endian",
  "csid without 64",
  "stream id big-endian",
  "no delta in fmt 3",
  "delta 0 behind fmt 0",
  "no extended timestamp in fmt 3",
  "extended timestamp always in fmt 3",
  "timestamps beyond 32 bits",
  "chunk size from the next message on",
  "abort ignored",
  "one buffer for all chunk streams",
  "a new message goes on with the old",
  "pieces are whole chunks",
  "throws at junk",
];

/** What our writer makes, spoilt. */
const written = (spoil: (bytes: Uint8Array) => Uint8Array): RtmpImplementation => ({
  read: ours.read,
  write: (messages) =>
    messages.reduce((all, message) => {
      return concatBytes(all, spoil(ours.write?.([message]) ?? new Uint8Array(0)));
    }, new Uint8Array(0)),
});

const answered = (spoil: (answer: Uint8Array) => void): RtmpImplementation => ({
  read: ours.read,
  answer(c0c1) {
    const answer = ours.answer?.(c0c1).slice() ?? new Uint8Array(0);
    spoil(answer);
    return answer;
  },
});

const WRONG: readonly (readonly [string, RtmpImplementation])[] = [
  ...READ_FLAWS.map(
    (flaw) => [flaw, { read: (pieces: readonly Uint8Array[]) => read(pieces, flaw) }] as const,
  ),
  ["a chunk is lost", written((bytes) => bytes.slice(0, -1))],
  ["version 6 is echoed", answered((answer) => answer.set([6], 0))],
  ["S2 is random", answered((answer) => answer.fill(7, 1537 + 8))],
  ["S1 has no digest", answered((answer) => answer.fill(7, 9, 1537))],
  [
    "digests are not known",
    {
      read: ours.read,
      answer: (c0c1) => new RtmpHandshake("server", { digest: "none" }).push(c0c1)?.send ?? c0c1,
    },
  ],
];

describe("the suite is about the standard", () => {
  test("a reader of another kind passes", () => {
    expect(failedProperties(rtmpConformanceSuite, { read })).toEqual([]);
  });

  test.each(WRONG)("and catches: %s", (_, implementation) => {
    expect(failedProperties(rtmpConformanceSuite, implementation)).not.toEqual([]);
  });
});
