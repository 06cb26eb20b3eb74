// Our readers against a plain loop over the tags, and against the command line of FFmpeg, on one file: processor time,
// interleaved, because machines are busy.
// node scripts/peers.mjs
import { spawnSync } from "node:child_process";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const ROUNDS = 21;
const CHUNK = 65_536;
/** Seconds of the file that shows what a start costs. */
const SHORT = 10;
const folder = mkdtempSync(join(tmpdir(), "eflv-"));

/** The library in a copy of its own: V8 compiles each for its one reader, as in a program that has one. */
async function library(name) {
  const outfile = join(folder, `${name}.mjs`);
  await build({
    entryPoints: [fileURLToPath(new URL("../src/index.ts", import.meta.url))],
    bundle: true,
    format: "esm",
    platform: "neutral",
    conditions: ["@x/source"],
    outfile,
  });
  return import(pathToFileURL(outfile).href);
}

const { FlvDemuxer, FlvMuxer } = await library("muxer");

/** Payloads of a real file by kind: the configuration first. */
function payloads() {
  const url = new URL("../../../fixtures/eflv/peers/ff-legacy-avc-aac.flv", import.meta.url);
  const found = { audio: [], video: [] };
  for (const event of new FlvDemuxer().push(readFileSync(url))) {
    if (event.type !== "audio" && event.type !== "video") continue;
    const [message] = event[event.type].messages;
    if (message.packetType !== "SequenceEnd") found[event.type].push(message.body);
  }
  return found;
}

/** A NAL unit that means nothing makes the small pictures large. */
function withFiller(picture, size) {
  if (picture.length + 5 > size) return picture;
  const filler = new Uint8Array(size - picture.length).fill(0xff);
  filler.set([0, 0, (filler.length - 4) >> 8, (filler.length - 4) & 0xff, 12]);
  return Buffer.concat([picture, filler]);
}

/** AVC at 50 pictures a second of `size` bytes at least, and AAC: the payloads of a short file over and over. */
function makeFile(path, seconds, size) {
  const { audio, video } = payloads();
  const [videoConfig, ...pictures] = video;
  const [audioConfig, ...sounds] = audio;
  const muxer = new FlvMuxer({
    tracks: [
      { kind: "video", id: 0, codec: "avc1", config: videoConfig },
      { kind: "audio", id: 0, codec: "mp4a", config: audioConfig },
    ],
  });
  const large = pictures.map((picture) => withFiller(picture, size));
  const pieces = [];
  for (let i = 0; i < seconds * 50; i++) {
    const ptsNs = BigInt(i) * 20_000_000n;
    const picture = { data: large[i % large.length], isKey: i % large.length === 0 };
    pieces.push(...muxer.write({ kind: "video", trackId: 0, ptsNs, ...picture }));
    const data = sounds[i % sounds.length];
    pieces.push(...muxer.write({ kind: "audio", trackId: 0, ptsNs, data }));
  }
  writeFileSync(path, Buffer.concat(pieces));
  return path;
}

/** What one writes by hand: no checks, no chunks, an object and a view a tag. */
function plainLoop(bytes, take) {
  for (let at = 13; at + 15 <= bytes.length; ) {
    const size = (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
    const low = (bytes[at + 4] << 16) | (bytes[at + 5] << 8) | bytes[at + 6];
    const timestamp = (bytes[at + 7] << 24) | low;
    const data = bytes.subarray(at + 11, at + 11 + size);
    take({ tagType: bytes[at] & 0x1f, timestamp, data });
    at += 15 + size;
  }
}

function chunksOf(bytes, push) {
  for (let at = 0; at < bytes.length; at += CHUNK) push(bytes.subarray(at, at + CHUNK));
}

let sum = 0;

function use(data) {
  sum += data.length;
}

/** Every contender hands over a view of each tag or payload, and takes its length. */
async function contenders(tagsInChunk, path) {
  const { FlvPacketReader } = await library("packet-reader");
  const { FlvPacketReader: ChunkReader } = await library("chunks");
  const { FlvPacketReader: FileReader } = await library("file");
  const { FlvTagParser } = await library("tag-parser");
  const { FlvDemuxer } = await library("demuxer");
  return {
    "plain loop, tags in an array a chunk": (bytes) => {
      let tags = [];
      plainLoop(bytes, (tag) => {
        tags.push(tag);
        if (tags.length < tagsInChunk) return;
        for (const { data } of tags) use(data);
        tags = [];
      });
    },
    "plain loop, tags used at once": (bytes) => {
      plainLoop(bytes, ({ data }) => use(data));
    },
    FlvPacketReader: (bytes) => {
      const reader = new FlvPacketReader({ packet: ({ body }) => use(body) });
      reader.push(bytes);
      reader.flush();
    },
    "FlvPacketReader, in chunks": (bytes) => {
      const reader = new ChunkReader({ packet: ({ body }) => use(body) });
      chunksOf(bytes, (chunk) => reader.push(chunk));
      reader.flush();
    },
    "FlvPacketReader, file read in chunks": () => {
      const reader = new FileReader({ packet: ({ body }) => use(body) });
      const chunk = new Uint8Array(CHUNK);
      const input = openSync(path, "r");
      for (let size = readSync(input, chunk); size > 0; size = readSync(input, chunk)) {
        reader.push(chunk.subarray(0, size));
      }
      closeSync(input);
    },
    "FlvTagParser, in chunks": (bytes) => {
      const parser = new FlvTagParser();
      chunksOf(bytes, (chunk) => {
        for (const event of parser.push(chunk)) {
          if (event.type === "tag") use(event.tag.data);
        }
      });
    },
    "FlvDemuxer, in chunks": (bytes) => {
      const demuxer = new FlvDemuxer();
      chunksOf(bytes, (chunk) => {
        for (const event of demuxer.push(chunk)) {
          if (event.type === "audio") use(event.audio.messages[0].body);
          else if (event.type === "video") use(event.video.messages[0].body);
        }
      });
    },
  };
}

function cpuMs(run) {
  const start = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

const FFMPEG = "ffmpeg";

/** FFmpeg's processor time by its own account, or `undefined` without FFmpeg. */
function ffmpegMs(path) {
  const args = ["-benchmark", "-i", path, "-map", "0", "-c", "copy", "-f", "null", "-"];
  const { stderr } = spawnSync(FFMPEG, args, { encoding: "utf8" });
  const times = /bench: utime=([\d.]+)s stime=([\d.]+)s/.exec(stderr ?? "");
  return times === null ? undefined : (Number(times[1]) + Number(times[2])) * 1000;
}

function lowerQuartile(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 2];
}

/** All contenders on a file with pictures of `size` bytes at least. */
async function compare(size, seconds) {
  const path = makeFile(join(folder, `long-${size}.flv`), seconds, size);
  const short = makeFile(join(folder, `short-${size}.flv`), SHORT, size);
  const bytes = readFileSync(path);
  const tags = seconds * 100;
  const runs = await contenders(Math.floor((tags * CHUNK) / bytes.length), path);
  const times = Object.fromEntries(Object.keys(runs).map((name) => [name, []]));
  const ffmpeg = [];
  for (let round = -5; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(runs)) {
      const ms = cpuMs(() => run(bytes));
      if (round >= 0) times[name].push(ms);
    }
    if (round < 0) continue;
    const [long, start] = [ffmpegMs(path), ffmpegMs(short)];
    if (long !== undefined && start !== undefined) ffmpeg.push(long - start);
  }
  const rows = Object.entries(times).map(([name, list]) => [name, lowerQuartile(list)]);
  // What FFmpeg costs to start is in both files.
  if (ffmpeg.length > 0) {
    rows.push(["ffmpeg -c copy -f null", (lowerQuartile(ffmpeg) * seconds) / (seconds - SHORT)]);
  }
  const base = rows[0][1];
  const megabytes = (bytes.length / 1e6).toFixed(0);
  console.log(`${megabytes} MB, ${tags} tags of ${(bytes.length / tags).toFixed(0)} bytes`);
  console.log(`${"".padEnd(40)} ${"ns a tag".padStart(9)} ${"to loop".padStart(9)} to ffmpeg`);
  for (const [name, ms] of rows) {
    const nanoseconds = ((ms * 1e6) / tags).toFixed(0).padStart(9);
    const toPeer = ffmpeg.length === 0 ? "" : (rows.at(-1)[1] / ms).toFixed(1).padStart(9);
    console.log(
      `${name.padEnd(40)} ${nanoseconds} ${(base / ms).toFixed(2).padStart(9)} ${toPeer}`,
    );
  }
}

await compare(0, 600);
await compare(2000, 600);
await compare(25_000, 120);
if (sum === 0) throw new Error("nothing was read");
rmSync(folder, { recursive: true });
