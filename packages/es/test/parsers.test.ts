import { it } from "@fast-check/vitest";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../../tools/testing/vectors.js";
import {
  decodeAdtsHeader,
  decodeAv1SequenceHeader,
  decodeMpegAudioHeader,
  encodeAdtsHeader,
  FlacParser,
  type FrameHeaders,
  FrameParser,
  isMpegAudioInfoFrame,
} from "../src/index.js";
import { frames, issues, joined, run, text } from "./parsing.js";
import { codedFrames, peerFiles } from "./peer-frames.js";

const LC48 = { audioObjectType: 2, samplingFrequency: 48000, channelConfiguration: 2 };

function adtsFrame(payload: Uint8Array): Uint8Array {
  return Uint8Array.of(...encodeAdtsHeader(LC48, payload.length), ...payload);
}

describe("ADTS", () => {
  test("a header is read back", () => {
    expect(decodeAdtsHeader(encodeAdtsHeader(LC48, 93))).toEqual({
      ...LC48,
      headerBytes: 7,
      frameBytes: 100,
      rawDataBlocks: 1,
      samples: 1024,
    });
  });

  const payload = fc.uint8Array({ minLength: 10, maxLength: 60 });

  it.prop([fc.array(payload, { minLength: 1, maxLength: 8 }), fc.array(fc.nat(30))])(
    "frames come out as they went in, in chunks of any size",
    (payloads, sizes) => {
      const all = payloads.map(adtsFrame);
      const events = run(new FrameParser({ format: "adts" }), joined(all), sizes);
      expect(frames(events)).toEqual(all.map(toHex));
      expect(issues(events)).toEqual([]);
    },
  );

  const junk = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    payload.map(adtsFrame),
    fc.constant(fromHex("494433040000000000050102030405")),
    fc.constant(fromHex("fff15080")),
  );

  it.prop([fc.array(junk, { maxLength: 8 }), fc.array(fc.nat(30))])(
    "anything gives the same events for any chunking",
    (pieces, sizes) => {
      const bytes = joined(pieces);
      const expected = run(new FrameParser({ format: "adts" }), bytes);
      expect(run(new FrameParser({ format: "adts" }), bytes, sizes)).toEqual(expected);
    },
  );

  test("the frames around garbage are kept", () => {
    const all = [1, 2, 3, 4].map((byte) => adtsFrame(new Uint8Array(20).fill(byte)));
    const [a, b, c, d] = all as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    const events = run(
      new FrameParser({ format: "adts" }),
      joined([a, b, fromHex("00fff1aa"), c, d]),
    );
    expect(frames(events)).toEqual(all.map(toHex));
    expect(issues(events)).toEqual(["resync"]);
  });

  test("a frame that is cut off is an issue", () => {
    const frame = adtsFrame(new Uint8Array(20));
    const events = run(new FrameParser({ format: "adts" }), joined([frame, frame.subarray(0, 12)]));
    expect(frames(events)).toEqual([toHex(frame)]);
    expect(issues(events)).toEqual(["truncated"]);
  });

  test("from the second on, a frame is delivered with its last byte", () => {
    const parser = new FrameParser({ format: "adts" });
    const frame = adtsFrame(new Uint8Array(20));
    parser.push(joined([frame, frame]));
    expect(parser.push(frame)).toHaveLength(1);
  });
});

describe("the info frame of MPEG audio", () => {
  const frame = (head: string, tag: string, at: number): Uint8Array => {
    const bytes = new Uint8Array(417);
    bytes.set(fromHex(head));
    bytes.set(text(tag), at);
    return bytes;
  };
  const isInfo = (bytes: Uint8Array): boolean =>
    isMpegAudioInfoFrame(bytes, decodeMpegAudioHeader(bytes));

  test.each([
    ["fffb9064", "Xing", 36],
    ["fffb90c4", "Info", 21],
    ["fff38064", "Xing", 21],
    ["fff380c4", "Info", 13],
    ["fffb9064", "VBRI", 36],
  ])("%s with %s at byte %d", (head, tag, at) => {
    expect(isInfo(frame(head, tag, at))).toBe(true);
    expect(isInfo(frame(head, tag, at + 1))).toBe(false);
    expect(isInfo(frame(head, tag.toLowerCase(), at))).toBe(false);
  });
});

describe("the frame rate of an AV1 sequence header, AV1 5.5.3", () => {
  const header = (digits: string): Uint8Array =>
    Uint8Array.from(
      (digits.padEnd(400, "0").match(/.{8}/g) ?? []).map((b) => Number.parseInt(b, 2)),
    );
  const u32 = (value: number): string => value.toString(2).padStart(32, "0");

  test.each([
    ["1", { numerator: 30000, denominator: 1001 }],
    ["010", { numerator: 15000, denominator: 1001 }],
  ])("with %s ticks a picture, less one", (ticks, frameRate) => {
    // Profile 0, no still picture, timing info of equal intervals, no decoder model.
    const bytes = header(`000001${u32(1001)}${u32(30000)}1${ticks}0`);
    expect(decodeAv1SequenceHeader(bytes).frameRate).toEqual(frameRate);
  });

  test("is not told by one without equal intervals", () => {
    const bytes = header(`000001${u32(1001)}${u32(30000)}00`);
    expect(decodeAv1SequenceHeader(bytes).frameRate).toBeUndefined();
  });
});

describe("real streams out of the peers' files", () => {
  const kinds: readonly (readonly [string, keyof FrameHeaders])[] = [
    ["mp3", "mpeg-audio"],
    [".mp3", "mpeg-audio"],
    ["ac-3", "ac3"],
    ["ec-3", "ac3"],
  ];

  test("MP3, AC-3 and E-AC-3 frames are cut as the container has them", () => {
    let checked = 0;
    for (const file of peerFiles) {
      for (const [codec, format] of kinds) {
        const expected = codedFrames(file, codec);
        if (expected.length < 2) continue;
        const whole = run(new FrameParser({ format }), joined(expected));
        expect(frames(whole).join("")).toBe(expected.map(toHex).join(""));
        expect(issues(whole)).toEqual([]);
        const sizes = Array.from({ length: 60 }, (_, i) => (i * 37) % 101);
        expect(run(new FrameParser({ format }), joined(expected), sizes)).toEqual(whole);
        checked += expected.length;
      }
    }
    expect(checked).toBeGreaterThan(0);
  });

  test("FLAC frames are cut as the container has them", () => {
    let checked = 0;
    for (const file of peerFiles) {
      const expected = codedFrames(file, "fLaC");
      if (expected.length < 2) continue;
      const whole = run(new FlacParser(), joined(expected));
      expect(frames(whole)).toEqual(expected.map(toHex));
      const sizes = Array.from({ length: 200 }, (_, i) => (i * 37) % 211);
      expect(run(new FlacParser(), joined(expected), sizes)).toEqual(whole);
      checked += expected.length;
    }
    expect(checked).toBeGreaterThan(0);
  });

  test("damage in FLAC costs what it touches, and any chunking tells the same", () => {
    const file = peerFiles.find((name) => codedFrames(name, "fLaC").length > 4) as string;
    const expected = codedFrames(file, "fLaC").slice(0, 6);
    const bytes = joined(expected);
    const first = expected[0]?.length as number;
    bytes[first + 40] = (bytes[first + 40] as number) ^ 0x10;
    const whole = run(new FlacParser(), bytes);
    expect(frames(whole)).toContain(toHex(expected[0] as Uint8Array));
    expect(issues(whole).length).toBeGreaterThan(0);
    expect(run(new FlacParser(), bytes, [7, 900, 1, 1, 30])).toEqual(whole);
  });
});
