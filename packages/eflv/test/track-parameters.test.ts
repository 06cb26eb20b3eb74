import { describe, expect, test } from "vitest";
import { fromHex, vectorBytes, vectorFiles, vectorJson } from "../../../tools/testing/vectors.js";
import { FlvDemuxer, fourCcOfLegacy, trackParameters } from "../src/index.js";

/** Codec, configuration and first frame of each track of a file. */
function tracksOf(
  file: string,
): Map<string, { fourCc: string; config?: Uint8Array; frame?: Uint8Array }> {
  const demuxer = new FlvDemuxer();
  const tracks = new Map<string, { fourCc: string; config?: Uint8Array; frame?: Uint8Array }>();
  for (const event of [...demuxer.push(vectorBytes("eflv", file)), ...demuxer.flush()]) {
    if (event.type !== "audio" && event.type !== "video") continue;
    const { messages } = event.type === "audio" ? event.audio : event.video;
    const number = event.type === "audio" ? event.audio.soundFormat : (event.video.codecId ?? -1);
    for (const {
      fourCc = fourCcOfLegacy(event.type, number),
      trackId,
      packetType,
      body,
    } of messages) {
      if (fourCc === undefined || body.length === 0) continue;
      const key = `${event.type}/${trackId}`;
      const track = tracks.get(key) ?? { fourCc };
      tracks.set(key, track);
      if (packetType === "SequenceStart") track.config ??= body.slice();
      else if (packetType.startsWith("CodedFrames")) track.frame ??= body.slice();
    }
  }
  return tracks;
}

describe("trackParameters", () => {
  const records = vectorJson<{ kind: string; file: string; fields: Record<string, unknown> }[]>(
    "eflv",
    "records/expected.json",
  );
  const files = vectorFiles("eflv").filter((file) => /^peers\/.*\.flv$/.test(file));

  test("agrees with the records of the peers' files", () => {
    let checked = 0;
    for (const file of files) {
      const expected = records.filter((record) => record.file.endsWith(file.replace("peers/", "")));
      for (const { fourCc, config, frame } of tracksOf(file).values()) {
        if (frame === undefined) continue;
        const got = trackParameters(fourCc, config, frame);
        const sizes = expected.flatMap(({ fields: { width, height } }) =>
          width === undefined ? [] : [`${width}x${height}`],
        );
        const rates = expected.flatMap(
          ({ fields }) => fields.samplingFrequency ?? fields.sampleRate ?? [],
        );
        if (sizes.length > 0 && got.width !== undefined) {
          expect(sizes).toContain(`${got.width}x${got.height}`);
          checked++;
        }
        if (rates.length > 0 && got.sampleRate !== undefined) {
          expect(rates).toContain(got.sampleRate);
          checked++;
        }
      }
    }
    expect(checked).toBeGreaterThan(10);
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
});
