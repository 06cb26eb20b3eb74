import { describe, expect, test } from "vitest";
import { fromHex, vectorBytes, vectorJson } from "../../../tools/testing/vectors.js";
import { fourCcOfLegacy, trackParameters } from "../src/index.js";

interface PeerRecord {
  readonly kind: string;
  readonly file: string;
  readonly bodyOffset: number;
  readonly bodySize: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Codec of each kind of record, and whether it is a configuration or a frame. */
const KINDS: Readonly<Record<string, readonly [fourCc: string, "config" | "frame"]>> = {
  avcC: ["avc1", "config"],
  hvcC: ["hvc1", "config"],
  av1C: ["av01", "config"],
  vp9KeyFrame: ["vp09", "frame"],
  audioSpecificConfig: ["mp4a", "config"],
  opusHead: ["Opus", "config"],
  streamInfo: ["fLaC", "config"],
  mp3Frame: [".mp3", "frame"],
  ac3Frame: ["ac-3", "frame"],
  eac3Frame: ["ec-3", "frame"],
};

describe("trackParameters", () => {
  test("agrees with the records of the peers' files", () => {
    const records = vectorJson<PeerRecord[]>("eflv", "records/expected.json");
    const checked = new Set<string>();
    for (const { kind, file, bodyOffset, bodySize, fields } of records) {
      const [fourCc, what] = KINDS[kind] ?? [];
      if (fourCc === undefined) continue;
      const body = vectorBytes("eflv", file).subarray(bodyOffset, bodyOffset + bodySize);
      const got =
        what === "config"
          ? trackParameters(fourCc, body, new Uint8Array(0))
          : trackParameters(fourCc, undefined, body);
      expect([got.width, got.height]).toEqual([fields.width, fields.height]);
      expect(got.sampleRate).toBe(
        fields.samplingFrequency ?? fields.sampleRate ?? fields.inputSampleRate,
      );
      // 0 leaves it to a program config element, and above 6 the number is no count.
      const number = Number(fields.channelConfiguration ?? 0);
      const told = fields.channels ?? (number > 0 && number < 7 ? number : got.channels);
      expect(got.channels).toBe(told);
      expect(got.bitDepth).toBe(
        fields.bitDepthLuma ?? fields.bitDepth ?? fields.bitsPerSample ?? got.bitDepth,
      );
      checked.add(kind);
    }
    expect([...checked].sort()).toEqual(Object.keys(KINDS).sort());
  });

  test("a codec without a configuration says nothing until it has one", () => {
    const frame = Uint8Array.of(0, 0, 0, 2, 0x65, 0x88);
    for (const fourCc of ["avc1", "hvc1", "mp4a", "zzzz"]) {
      expect(Object.values(trackParameters(fourCc, undefined, frame))).toEqual(
        new Array(6).fill(undefined),
      );
    }
  });

  test("FLAC without STREAMINFO is told by a frame", () => {
    const frame = fromHex("fff8c9080095");
    expect(trackParameters("fLaC", undefined, frame)).toMatchObject({
      sampleRate: 44100,
      channels: 1,
      bitDepth: 16,
    });
  });

  test("what cannot be read is a FormatError", () => {
    for (const fourCc of [".mp3", "ac-3", "fLaC", "vp09"]) {
      expect(() => trackParameters(fourCc, undefined, Uint8Array.of(0))).toThrow(
        expect.objectContaining({ name: "FormatError" }),
      );
    }
  });

  test("legacy codecs have the FourCCs that came later", () => {
    expect([2, 14, 10, 11].map((number) => fourCcOfLegacy("audio", number))).toEqual([
      ...[".mp3", ".mp3", "mp4a", undefined],
    ]);
    expect([7, 12, 2].map((number) => fourCcOfLegacy("video", number))).toEqual([
      ...["avc1", "hvc1", undefined],
    ]);
  });
});
