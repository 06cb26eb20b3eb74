// Times over a day. `npm run soak` takes every frame of it, `npm test` one in 97: all phases of the rate occur.
import { expect, test } from "vitest";
import { FlvMuxer, FlvPacketReader, type FlvTrack } from "../src/index.js";

const STEP = Number(process.env.DAY_STEP ?? 97);
/** Frames of a day at 30000/1001. */
const DAY = Math.floor((86_400 * 30_000) / 1001);
const FRAME = Uint8Array.of(1);

interface Case {
  readonly track: FlvTrack;
  readonly nanoOffsets: boolean;
  /** Nanoseconds that the presentation time may lose. */
  readonly allowed: number;
}

const HEVC: FlvTrack = { kind: "video", id: 0, codec: "hvc1", config: FRAME };
const AVC: FlvTrack = { kind: "video", id: 0, codec: "avc1", config: FRAME };
const CASES: readonly Case[] = [
  { track: HEVC, nanoOffsets: true, allowed: 0 },
  { track: HEVC, nanoOffsets: false, allowed: 999_999 },
  { track: AVC, nanoOffsets: false, allowed: 999_999 },
];

/** Display order of pictures in groups of I B B P, two frames late. */
const REORDER = [2, 4, 1, 3];

for (const { track, nanoOffsets, allowed } of CASES) {
  const title = `${track.codec}${nanoOffsets ? " with ModEx" : ""}: a day of 30000/1001`;
  test(`${title} loses at most ${allowed} ns, and never drifts`, { timeout: 600_000 }, () => {
    const muxer = new FlvMuxer({ tracks: [track], nanoOffsets });
    let expectedNs = 0;
    let worst = 0;
    let frames = 0;
    const reader = new FlvPacketReader({
      packet({ packetType, dts, compositionTime = 0, timestampOffsetNano }) {
        if (packetType === "SequenceStart") return;
        frames++;
        // A day in nanoseconds fits a double.
        const error = expectedNs - ((dts + compositionTime) * 1_000_000 + timestampOffsetNano);
        if (!(error >= 0 && error <= allowed)) throw new Error(`frame ${frames}: ${error} ns`);
        worst = Math.max(worst, error);
      },
    });
    for (let i = 0; i < DAY; i += STEP) {
      const shown = i - (i % 4) + (REORDER[i % 4] as number);
      expectedNs = Math.floor((shown * 1_001_000_000) / 30);
      const dtsNs = BigInt(Math.floor((i * 1_001_000_000) / 30));
      const frame = { kind: "video", trackId: 0, data: FRAME, dtsNs } as const;
      for (const piece of muxer.write({ ...frame, ptsNs: BigInt(expectedNs) })) reader.push(piece);
    }
    expect(frames).toBe(Math.ceil(DAY / STEP));
    expect(worst).toBeLessThanOrEqual(allowed);
    // It is what it says: without ModEx nearly a millisecond is lost somewhere.
    if (allowed > 0) expect(worst).toBeGreaterThan(900_000);
  });
}
