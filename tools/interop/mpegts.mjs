// Pictures and sound through our demuxer and muxer, against ffmpeg.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { launch } from "@x/pipeline";
import { must } from "./check.mjs";
import { runPeer } from "./peers.mjs";

/** @type {readonly import("./check.mjs").InteropCheck[]} */
export const checks = [
  {
    name: "ffmpeg's H.264 and AAC through our demuxer and muxer",
    peers: ["ffmpeg", "ffprobe"],
    async run(folder) {
      const from = join(folder, "ffmpeg.ts");
      const to = join(folder, "ours.ts");
      runPeer("ffmpeg", [
        ...["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25"],
        ...["-f", "lavfi", "-i", "sine=frequency=440", "-t", "8", "-c:v", "libx264", "-bf", "2"],
        ...["-c:a", "aac", "-f", "mpegts", from],
      ]);
      await launch(
        `filesrc location="${from}" ! tsdemux name=d time-base=stream
         d. ! video/x-h264 ! queue ! mux.  d. ! audio/mpeg ! queue ! mux.
         mpegtsmux name=mux start-time=0 ! filesink location="${to}"`,
      ).run();
      must(readFileSync(to).length > 100_000, "almost nothing was written");
      const before = frames(from);
      const after = frames(to);
      must(after.length === before.length, `${after.length} of ${before.length} frames`);
      before.forEach((frame, index) => {
        must(frame === after[index], `frame ${index}: ${frame} became ${after[index]}`);
      });
      const { stderr } = runPeer("ffprobe", ["-v", "warning", "-show_packets", to]);
      must(stderr.trim() === "", `ffprobe warns: ${stderr}`);
      return `${before.length} frames, DTS, PTS, sizes and hashes are identical, no warning`;
    },
  },
];

/** Stream, DTS, PTS, size and hash of every packet, in DTS order. @param {string} file */
function frames(file) {
  const { stdout } = runPeer("ffmpeg", [
    ...["-v", "error", "-copyts", "-i", file, "-map", "0:v", "-map", "0:a", "-c", "copy"],
    ...["-f", "framemd5", "pipe:1"],
  ]);
  return stdout
    .toString()
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.replaceAll(" ", ""))
    .sort();
}
