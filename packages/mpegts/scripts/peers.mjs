// Our demultiplexer and PCR scanner against the command lines of FFmpeg and GStreamer on one file. Needs `npm run build`.
// node scripts/peers.mjs [FILE]
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PcrScanner, TsDemuxer, TsMuxer } from "../dist/index.js";

const ROUNDS = 5;
const folder = mkdtempSync(join(tmpdir(), "mpegts-"));
const file = process.argv[2] ?? makeFile(join(folder, "stream.ts"));
const size = statSync(file).size;

/** 100 MB: MPEG-1 layer II audio headers and video without meaning, which a demultiplexer does not look at. */
function makeFile(path) {
  const muxer = new TsMuxer({
    programs: [
      {
        streams: [
          { pid: 0x100, kind: "mpeg2-video" },
          { pid: 0x101, kind: "private" },
        ],
      },
    ],
  });
  const out = openSync(path, "w");
  const data = Uint8Array.from({ length: 90_000 }, (_, i) => (i * 131 + (i >> 7)) & 0xff);
  data.set([0, 0, 1, 0xb3, 0x28, 0x01, 0x68, 0x13, 0xff, 0xff, 0xe0, 0x18]);
  let size = 0;
  for (let n = 0; size < 100e6; n++) {
    const pts = 900_000 + n * 3600;
    for (const [pid, length] of [
      [0x100, 80_000],
      [0x101, 1000],
    ]) {
      const part = muxer.push({ pid, data: data.subarray(0, length), pts });
      writeSync(out, part);
      size += part.length;
    }
  }
  closeSync(out);
  return path;
}

function read(take) {
  const input = openSync(file, "r");
  const chunk = new Uint8Array(188 * 1024);
  for (;;) {
    const count = readSync(input, chunk);
    if (count === 0) break;
    take(chunk.subarray(0, count));
  }
  closeSync(input);
}

function best(run) {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < ROUNDS; i++) {
    const start = process.hrtime.bigint();
    if (run() === false) return undefined;
    least = Math.min(least, Number(process.hrtime.bigint() - start) / 1e6);
  }
  return least;
}

function command(name, args) {
  return () => spawnSync(name, args, { stdio: "ignore" }).status === 0;
}

const ours = {
  "TsDemuxer (data used before the next read)": best(() => {
    const demuxer = new TsDemuxer({ dataLifetime: "push" });
    read((chunk) => demuxer.push(chunk));
    demuxer.flush();
  }),
  PcrScanner: best(() => {
    const scanner = new PcrScanner();
    read((chunk) => scanner.push(chunk));
    scanner.flush();
  }),
};
const start = best(command("ffmpeg", ["-version"]));
const peers = {
  "ffmpeg -map 0 -c copy -f null": best(
    command("ffmpeg", ["-v", "quiet", "-i", file, "-map", "0", "-c", "copy", "-f", "null", "-"]),
  ),
  "gst-launch filesrc ! tsparse ! fakesink": best(
    command("gst-launch-1.0", [
      "-q",
      "filesrc",
      `location=${file}`,
      "!",
      "tsparse",
      "!",
      "fakesink",
    ]),
  ),
};

console.log(`${(size / 1e6).toFixed(0)} MB, best of ${ROUNDS}, file reading included`);
for (const [name, time] of Object.entries({ ...ours, ...peers })) {
  const text = time === undefined ? "not there" : `${time.toFixed(0)} ms`;
  console.log(`${name.padEnd(46)} ${text.padStart(10)}`);
}
if (start !== undefined) console.log(`of which ffmpeg's start: ${start.toFixed(0)} ms`);
for (const [peer, time] of Object.entries(peers)) {
  for (const [own, mine] of Object.entries(ours)) {
    if (time === undefined || mine === undefined) continue;
    console.log(`${own} : ${peer} = ${(time / mine).toFixed(1)} x`);
  }
}
rmSync(folder, { recursive: true });
