import { it } from "@fast-check/vitest";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex, vectorBytes, vectorFiles } from "../../../tools/testing/vectors.js";
import {
  arbitraryChunkSizes,
  arbitraryTag,
  fileBytes,
  plainTagData,
  tagBytes,
} from "../src/conformance.js";
import { cut } from "../src/conformance-streams.js";
import {
  encodeFlvHeader,
  encodeTag,
  FlvDemuxer,
  type FlvEvent,
  FlvPacketReader,
  FlvTagParser,
  type MediaMessage,
} from "../src/index.js";

/** A message as a packet has it. */
type Line = readonly [
  kind: string,
  dts: number,
  offset: number,
  message: Omit<MediaMessage, "bodyOffset" | "multichannelConfig" | "metadata" | "body">,
  nano: number,
  frameType: number,
  body: string,
];

function lineOf(kind: string, dts: number, offset: number, from: Packet, body: Uint8Array): Line {
  const { packetType, fourCc, trackId, implicitTrack, compositionTime } = from;
  const message = { packetType, fourCc, trackId, implicitTrack, compositionTime };
  return [kind, dts, offset, message, from.timestampOffsetNano, from.frameType, toHex(body)];
}

type Packet = Line[3] & { readonly timestampOffsetNano: number; readonly frameType: number };

/** The demultiplexer's events, audio and video taken apart into messages. */
function expectedLines(pieces: readonly Uint8Array[]): (Line | FlvEvent["type"])[] {
  const demuxer = new FlvDemuxer();
  const lines: (Line | FlvEvent["type"])[] = [];
  const take = (events: readonly FlvEvent[]): void => {
    for (const event of events) {
      const media =
        event.type === "audio" ? event.audio : event.type === "video" ? event.video : undefined;
      if (media === undefined || media.messages.length === 0) lines.push(event.type);
      if (event.type !== "audio" && event.type !== "video") continue;
      for (const message of media?.messages ?? []) {
        const frameType = event.type === "video" ? event.video.frameType : 0;
        const { timestampOffsetNano } = media as { timestampOffsetNano: number };
        const packet = { ...message, timestampOffsetNano, frameType };
        lines.push(lineOf(event.type, event.dts, event.tag.offset, packet, message.body));
      }
    }
  };
  for (const piece of pieces) take(demuxer.push(piece));
  take(demuxer.flush());
  return lines;
}

function readLines(pieces: readonly Uint8Array[]): (Line | FlvEvent["type"])[] {
  const lines: (Line | FlvEvent["type"])[] = [];
  const reader = new FlvPacketReader({
    packet: (packet) => {
      lines.push(lineOf(packet.kind, packet.dts, packet.offset, packet, packet.body));
    },
    event: ({ type }) => lines.push(type),
  });
  for (const piece of pieces) reader.push(piece);
  reader.flush();
  return lines;
}

describe("FlvPacketReader", () => {
  it.prop([fc.array(arbitraryTag, { maxLength: 6 }), arbitraryChunkSizes, fc.nat(), fc.nat(255)])(
    "gives the messages of FlvDemuxer, of damaged streams too",
    (tags, sizes, place, value) => {
      const bytes = fileBytes(tags);
      bytes[13 + (place % bytes.length)] = value;
      expect(readLines(cut(bytes, sizes))).toEqual(expectedLines([bytes]));
    },
  );

  test("gives the messages of FlvDemuxer for every vector", () => {
    const files = vectorFiles("eflv").filter((file) => file.endsWith(".flv"));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const bytes = vectorBytes("eflv", file);
      expect(readLines([bytes]), file).toEqual(expectedLines([bytes]));
    }
  });

  test("a handler's error comes out of push, and is no invalid tag", () => {
    const bytes = fileBytes([]);
    const tag = Uint8Array.from(tagBytes(8, 0, [0xaf, 1, 2]));
    const reader = new FlvPacketReader({
      packet: () => {
        throw new RangeError("mine");
      },
    });
    expect(() => reader.push(Uint8Array.from([...bytes, ...tag]))).toThrow("mine");
    reader.reset();
    expect(() => reader.push(bytes)).not.toThrow();
  });
});

describe("a tag is delivered with its last byte", () => {
  it.prop([fc.array(arbitraryTag, { minLength: 1, maxLength: 6 })])("whatever it is", (tags) => {
    const file = fileBytes(tags);
    const ends = tags.map((tag) => 15 + plainTagData(tag).length);
    const demuxer = new FlvDemuxer();
    const parser = new FlvTagParser();
    let packets = 0;
    const reader = new FlvPacketReader({ packet: () => packets++ });
    const push = (from: number, to: number): number[] => {
      const chunk = file.slice(from, to);
      packets = 0;
      reader.push(chunk);
      const events = demuxer.push(chunk).filter((event) => "tag" in event).length;
      return [events, parser.push(chunk).filter(({ type }) => type === "tag").length, packets];
    };
    push(0, 13);
    let at = 13;
    ends.forEach((size, i) => {
      expect(push(at, at + size - 1)).toEqual([0, 0, 0]);
      const messages = tags[i]?.messages.length;
      expect(push(at + size - 1, at + size)).toEqual([1, 1, messages]);
      at += size;
    });
  });
});

describe("events", () => {
  const bytes = Uint8Array.from([...fileBytes([]), ...tagBytes(8, 7, [0xaf, 1, 2, 3])]);

  test("views are of the chunk itself: nothing is copied", () => {
    const [, event] = new FlvDemuxer().push(bytes);
    if (event?.type !== "audio") throw new Error("no audio");
    expect(event.audio.messages[0]?.body.buffer).toBe(bytes.buffer);
    expect(event.tag.data.buffer).toBe(bytes.buffer);
    expect(event.tag).toBe(event.tag);
    expect(event.tag).toMatchObject({ tagType: 8, timestamp: 7, offset: 13, streamId: 0 });
  });

  test("a Buffer in the middle of its memory is read as any array", () => {
    const memory = Buffer.concat([Buffer.alloc(5), bytes]);
    const [, event] = new FlvDemuxer().push(memory.subarray(5));
    expect(event?.type === "audio" && toHex(event.audio.messages[0]?.body as Uint8Array)).toBe(
      "0203",
    );
  });
});

test("a tag of unknown type is unknown, whether its Filter bit is set or not", () => {
  for (const tagType of [0x0a, 0x2a]) {
    const header = encodeFlvHeader({ hasAudio: false, hasVideo: false });
    const bytes = [...header, tagType, 0, 0, 1, ...new Uint8Array(7), 0x55, 0, 0, 0, 12];
    const events = new FlvDemuxer().push(Uint8Array.from(bytes));
    expect(events).toMatchObject([
      { type: "header" },
      { issue: { code: "unknown-tag-type", tagType: 0x0a } },
      { type: "unknown", tag: { filter: tagType > 0x1f } },
    ]);
  }
});

describe("a tag that turns out invalid", () => {
  function fileOf(tagType: number, data: Uint8Array): Uint8Array {
    const tag = { tagType, filter: false, timestamp: 0, streamId: 0, data };
    return Uint8Array.from([
      ...encodeFlvHeader({ hasAudio: true, hasVideo: true }),
      ...encodeTag(tag),
    ]);
  }

  /** Warnings and invalid tags of a file with one tag, as code and bytes of the tag's data. */
  function said(tagType: number, hex: string): unknown[] {
    const said: unknown[] = [];
    const demuxer = new FlvDemuxer();
    const bytes = fileOf(tagType, fromHex(hex));
    const events = [...demuxer.push(bytes), ...demuxer.flush()];
    for (const event of events) {
      if (event.type === "issue") said.push(event.issue.code);
      else if (event.type === "invalid") said.push({ [event.issue.code]: toHex(event.tag.data) });
      else if (event.type !== "header") said.push(event.type);
    }
    return said;
  }

  test("keeps the warnings found before the error", () => {
    // Nanoseconds out of range, then a cut FourCC; an inner object without its end, then no second element.
    const nano = "97020f424001";
    expect(said(8, `${nano}6d70`)).toEqual([
      "modex-nano-range",
      { "tag-too-short": `${nano}6d70` },
    ]);
    const array = "0a000000020300016b05";
    expect(said(18, array)).toEqual(["amf-missing-end", { "amf-truncated": array }]);
    const metadata = "96146876633101000009020001610300016205";
    expect(said(9, `${metadata}02ffffff`)).toEqual([
      "amf-missing-end",
      { "track-size": `${metadata}02ffffff` },
    ]);
  });

  test("warns of each modifier and each track", () => {
    const nano = "020f4240";
    expect(said(8, `97${nano}07${nano}016d703461`)).toEqual([
      "modex-nano-range",
      "modex-nano-range",
      "audio",
    ]);
    const track = "00000006010100000003";
    expect(said(8, `95146d703461${track}${track}`)).toEqual([
      "channel-mask-mismatch",
      "channel-mask-mismatch",
      "audio",
    ]);
  });

  test("is delivered whole when a track in its middle is at fault", () => {
    const tag = "95146d70346100000001010100000102";
    expect(said(8, tag)).toEqual([{ "tag-too-short": tag }]);
  });

  test("has a name of the wrong type even if that is cut", () => {
    expect(said(9, "94687663310001")).toEqual([{ "amf-type": "94687663310001" }]);
  });

  test("has a count that is judged before all that follows it", () => {
    const value = (hex: string) => `0011${hex}`;
    for (const hex of ["0d05", "0f03000000000000", "1105", "0a23"]) {
      expect(said(15, value(hex))).toEqual([{ "amf-count": value(hex) }]);
    }
  });

  test("says where the error is, in AMF3 data too", () => {
    const demuxer = new FlvDemuxer();
    const data = fromHex("000200016104");
    const events = demuxer.push(fileOf(15, data));
    // The reserved marker is the last byte but the size behind the tag.
    expect(events.find(({ type }) => type === "invalid")).toMatchObject({
      issue: { code: "amf-type", offset: 9 + 4 + 11 + data.length },
    });
  });
});
