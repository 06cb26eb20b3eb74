// Our demultiplexer and PCR scanner against the command lines of FFmpeg and GStreamer on one file.
//
//   npm run bench:peers [FILE]      after a build
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFile, measurePeers, ratios } from "./peer-speed.mjs";

const LABELS = {
  demuxer: 'TsDemuxer, dataLifetime: "push"',
  scanner: "PcrScanner",
  scanAlone: "  without reading the file",
  ffmpeg: "ffmpeg -map 0 -c copy -f null -",
  ffmpegStart: "  the first 4 MB alone",
  tsparse: "gst-launch-1.0 filesrc ! tsparse ! fakesink",
  tsparseStart: "  the first 4 MB alone",
};

const folder = mkdtempSync(join(tmpdir(), "mpegts-"));
const found = measurePeers(process.argv[2] ?? makeFile(folder), folder);
rmSync(folder, { recursive: true });
console.log(
  `${(found.size / 1e6).toFixed(0)} MB, least of ${found.rounds} in turns, reading included`,
);
for (const [key, label] of Object.entries(LABELS)) {
  const time = found[key];
  const text =
    time === undefined
      ? "not there"
      : `${time.wall.toFixed(0).padStart(6)} ms, processor ${time.cpu.toFixed(0).padStart(4)} ms`;
  console.log(`${label.padEnd(46)} ${text}`);
}
for (const text of ratios(found)) console.log(text);
