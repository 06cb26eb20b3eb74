// How fast our demultiplexer and PCR scanner go through a file, beside FFmpeg and GStreamer. Needs a build.
import { spawnSync } from "node:child_process";
import {
  closeSync,
  copyFileSync,
  openSync,
  readSync,
  statSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { PcrScanner, TsDemuxer, TsMuxer } from "../dist/index.js";

const FFMPEG = (process.env.X_FFMPEG ?? "ffmpeg").split(" ");
const GSTREAMER = (process.env.X_GST_LAUNCH ?? "gst-launch-1.0").split(" ");
const CHUNK = 188 * 1024;
/** What a peer takes for so little of the file, 4 MB, is mostly its start. */
const LITTLE = 188 * 20_000;

/**
 * Measure on one file, in turns, the least of the rounds: what other work on the machine adds is left out on all sides.
 * @param {string} file
 * @param {string} folder for a short piece of the file
 * @param {number} rounds
 */
export function measurePeers(file, folder, rounds = 7) {
  const little = join(folder, "little.ts");
  copyFileSync(file, little);
  truncateSync(little, Math.min(LITTLE, statSync(file).size));
  const runs = {
    demuxer: () => own(() => demux(file)),
    scanner: () => own(() => scan(file)),
    scanAlone: () => scanAlone(file),
    ffmpeg: () => peer(ffmpeg(file)),
    ffmpegStart: () => peer(ffmpeg(little)),
    tsparse: () => peer(tsparse(file)),
    tsparseStart: () => peer(tsparse(little)),
  };
  /** @type {Record<string, { wall: number, cpu: number }[]>} */
  const times = {};
  for (let i = 0; i < rounds; i++) {
    for (const [name, run] of Object.entries(runs)) {
      times[name] ??= [];
      const time = run();
      if (time !== undefined) times[name].push(time);
    }
  }
  /** @type {Record<string, { wall: number, cpu: number } | undefined>} */
  const least = {};
  for (const [name, list] of Object.entries(times)) {
    least[name] =
      list.length === 0
        ? undefined
        : {
            wall: Math.min(...list.map(({ wall }) => wall)),
            cpu: Math.min(...list.map(({ cpu }) => cpu)),
          };
  }
  return { size: statSync(file).size, rounds, ...least };
}

/** The ratios of a measurement as lines of text. @param {ReturnType<typeof measurePeers>} found */
export function ratios(found) {
  const { size, demuxer, scanner, scanAlone, ffmpeg, ffmpegStart, tsparse, tsparseStart } = found;
  return [
    ...compare(size, "TsDemuxer", "ffmpeg -c copy -f null", demuxer, ffmpeg, ffmpegStart),
    ...compare(size, "PcrScanner", "tsparse", scanner, tsparse, tsparseStart),
    ...compare(size, "PcrScanner without reading", "tsparse", scanAlone, tsparse, tsparseStart),
  ];
}

/** The whole command by the clock; by processor time also without what it takes for the first 4 MB. */
function compare(size, own, peer, mine, theirs, start) {
  if (mine === undefined || theirs === undefined || start === undefined) return [];
  const wall = (theirs.wall / mine.wall).toFixed(1);
  const cpu = (theirs.cpu / mine.cpu).toFixed(1);
  const rest = (size - LITTLE) / size;
  const later = ((theirs.cpu - start.cpu) / (rest * mine.cpu)).toFixed(1);
  return [`${own}: ${wall} x ${peer}, by processor time ${cpu} x, without its start ${later} x`];
}

/**
 * About 100 MB: H.264 of 20 Mbit/s and AAC by FFmpeg; without it, pictures without meaning by our muxer.
 * @param {string} folder
 */
export function makeFile(folder) {
  const short = join(folder, "short.ts");
  const file = join(folder, "stream.ts");
  const [command = "", ...first] = FFMPEG;
  const made =
    spawnSync(command, [
      ...first,
      ...["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25"],
      ...["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", "8"],
      ...["-vf", "noise=alls=20:allf=t", "-c:v", "libx264", "-preset", "ultrafast"],
      ...["-b:v", "20M", "-maxrate", "20M", "-bufsize", "10M", "-g", "25"],
      ...["-c:a", "aac", "-b:a", "128k", "-f", "mpegts", short],
    ]).status === 0;
  if (!made) return makeMuxed(file);
  const loop = ["-stream_loop", "4", "-i", short, "-map", "0", "-c", "copy", "-f", "mpegts", file];
  spawnSync(command, [...first, "-v", "error", "-y", ...loop]);
  return file;
}

function makeMuxed(file) {
  const streams = [
    { pid: 0x100, kind: "mpeg2-video" },
    { pid: 0x101, kind: "private" },
  ];
  const muxer = new TsMuxer({ programs: [{ streams }] });
  const data = Uint8Array.from({ length: 80_000 }, (_, i) => (i * 131 + (i >> 7)) & 0xff);
  const out = openSync(file, "w");
  for (let n = 0, size = 0; size < 100e6; n++) {
    for (const [pid, length] of [
      [0x100, 80_000],
      [0x101, 1000],
    ]) {
      const pts = 900_000 + n * 3600;
      size += writeSync(out, muxer.push({ pid, data: data.subarray(0, length), pts }));
    }
  }
  closeSync(out);
  return file;
}

function demux(file) {
  const demuxer = new TsDemuxer({ dataLifetime: "push" });
  read(file, (chunk) => demuxer.push(chunk));
  demuxer.flush();
}

function scan(file) {
  const scanner = new PcrScanner();
  read(file, (chunk) => scanner.push(chunk));
  scanner.flush();
}

/** The same, but only the time in the scanner counts. */
function scanAlone(file) {
  const scanner = new PcrScanner();
  let wall = 0;
  read(file, (chunk) => {
    const start = process.hrtime.bigint();
    scanner.push(chunk);
    wall += Number(process.hrtime.bigint() - start) / 1e6;
  });
  return { wall, cpu: wall };
}

function read(file, take) {
  const input = openSync(file, "r");
  const chunk = new Uint8Array(CHUNK);
  for (;;) {
    const count = readSync(input, chunk);
    if (count === 0) break;
    take(chunk.subarray(0, count));
  }
  closeSync(input);
}

/** ms of the clock and of the processor. */
function own(run) {
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  run();
  const wall = Number(process.hrtime.bigint() - start) / 1e6;
  const { user, system } = process.cpuUsage(cpu);
  return { wall, cpu: (user + system) / 1e3 };
}

/** The same of a command; the shell knows what its children used. `undefined`: it is not there, or fails. */
function peer(command) {
  const script = 'TIMEFORMAT="%3R %3U %3S"; time "$@" >/dev/null 2>&1';
  const { status, stderr } = spawnSync("bash", ["-c", script, "-", ...command]);
  if (status !== 0) return undefined;
  const [real = 0, user = 0, system = 0] = String(stderr).trim().split(" ").map(Number);
  return { wall: real * 1e3, cpu: (user + system) * 1e3 };
}

const ffmpeg = (file) => [
  ...FFMPEG,
  ...["-v", "quiet", "-nostdin", "-i", file, "-map", "0", "-c", "copy", "-f", "null", "-"],
];

const tsparse = (file) => [
  ...GSTREAMER,
  ...["-q", "filesrc", `location=${file}`, "!", "tsparse", "!", "fakesink"],
];
