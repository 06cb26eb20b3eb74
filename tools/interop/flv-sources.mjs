// Elementary streams for the FLV checks, made by ffmpeg, and FLV files that we write from them.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { launch } from "@x/pipeline";
import { runPeer } from "./peers.mjs";

/**
 * @typedef {object} Source
 * @property {string} codec FourCC
 * @property {"audio" | "video"} kind
 * @property {string} file
 * @property {string} parser element that reads it
 * @property {string} reference file of another container with the same frames at the same times, for ffprobe
 * @property {boolean} sameBytes the reference's packets are FLV's payloads, byte for byte
 */

/** Encoders of each codec, in order of preference, and what else ffmpeg has to be told. */
const VIDEO = [
  {
    codec: "avc1",
    encoders: ["libx264"],
    options: ["-preset", "veryfast", "-bf", "2"],
    extension: "h264",
    filter: "h264_mp4toannexb",
    parser: "h264parse",
  },
  {
    codec: "hvc1",
    encoders: ["libx265"],
    options: ["-preset", "ultrafast", "-x265-params", "log-level=none:bframes=2"],
    extension: "hevc",
    filter: "hevc_mp4toannexb",
    parser: "h265parse",
  },
  {
    codec: "av01",
    encoders: ["libsvtav1", "libaom-av1", "librav1e"],
    options: [],
    extension: "obu",
    filter: undefined,
    parser: "video/x-av1,framerate=25/1 ! av1parse",
  },
  {
    codec: "vp09",
    encoders: ["libvpx-vp9"],
    options: ["-deadline", "realtime", "-cpu-used", "8"],
    extension: "ivf",
    filter: undefined,
    parser: "ivfparse",
  },
];

const AUDIO = [
  { codec: "mp4a", encoders: ["aac"], extension: "aac", parser: "aacparse", rate: 48_000 },
  { codec: ".mp3", encoders: ["libmp3lame"], extension: "mp3", parser: "mp3parse", rate: 44_100 },
  { codec: "Opus", encoders: ["libopus"], extension: "opus", parser: "opusparse", rate: 48_000 },
  { codec: "fLaC", encoders: ["flac"], extension: "flac", parser: "flacparse", rate: 44_100 },
  { codec: "ac-3", encoders: ["ac3"], extension: "ac3", parser: "ac3parse", rate: 48_000 },
  { codec: "ec-3", encoders: ["eac3"], extension: "eac3", parser: "ac3parse", rate: 48_000 },
];

/**
 * One file a codec.
 * @param {string} folder
 * @returns {{ sources: Source[], missing: string[] }} `missing`: codecs that this ffmpeg has no encoder for
 */
export function makeSources(folder) {
  const encoders = runPeer("ffmpeg", ["-v", "error", "-encoders"]).stdout.toString();
  const has = (/** @type {string} */ name) => new RegExp(`^ \\S+ +${name} `, "m").test(encoders);
  mkdirSync(join(folder, "flv"), { recursive: true });
  /** @type {Source[]} */
  const sources = [];
  /** @type {string[]} */
  const missing = [];
  VIDEO.forEach(({ codec, encoders: names, options, extension, filter, parser }, index) => {
    const encoder = names.find(has);
    if (encoder === undefined) {
      missing.push(codec);
      return;
    }
    const reference = join(folder, "flv", `${extension}.mp4`);
    const file = join(folder, "flv", `video.${extension}`);
    const picture = ["testsrc2", "testsrc", "smptebars", "mandelbrot"][index];
    const size = `${160 + 32 * index}x${90 + 18 * index}`;
    make(reference, [
      ...["-f", "lavfi", "-i", `${picture}=size=${size}:rate=25`, "-t", "2"],
      ...["-pix_fmt", "yuv420p", "-c:v", encoder, ...options, "-g", "12"],
    ]);
    make(file, [
      ...["-i", reference, "-c", "copy"],
      ...(filter === undefined ? [] : ["-bsf:v", filter]),
    ]);
    // MP4 keeps parameter sets and delimiters outside the samples, a byte stream inside.
    sources.push({
      codec,
      kind: "video",
      file,
      parser,
      reference,
      sameBytes: filter === undefined,
    });
  });
  AUDIO.forEach(({ codec, encoders: names, extension, parser, rate }, index) => {
    const encoder = names.find(has);
    if (encoder === undefined) {
      missing.push(codec);
      return;
    }
    const file = join(folder, "flv", `audio.${extension}`);
    make(file, [
      ...["-f", "lavfi", "-i", `sine=frequency=${330 + 110 * index}:sample_rate=${rate}`],
      ...["-t", "2", "-ac", "2", "-c:a", encoder, "-b:a", "96k"],
    ]);
    const sameBytes = codec !== "mp4a";
    sources.push({ codec, kind: "audio", file, parser, reference: file, sameBytes });
  });
  return { sources, missing };
}

/** @param {string} file @param {readonly string[]} args */
function make(file, args) {
  if (!existsSync(file)) runPeer("ffmpeg", ["-v", "error", "-y", "-nostdin", ...args, file]);
}

/**
 * Write an FLV file of the given sources: the first of a kind on `audio` or `video`, the others on `audio_1`…
 * @param {string} file @param {readonly Source[]} sources
 */
export async function writeFlv(file, sources) {
  const count = { audio: 0, video: 0 };
  const chains = sources.map(({ kind, file: from, parser }) => {
    const number = count[kind]++;
    const pad = number === 0 ? kind : `${kind}_${number}`;
    return `filesrc location="${from}" ! ${parser} ! queue ! mux.${pad}`;
  });
  /** @type {string[]} */
  const complaints = [];
  await launch(`eflvmux name=mux ! filesink location="${file}"\n${chains.join("\n")}`, {
    onMessage: ({ type, element, text }) => {
      if (type === "warning" || type === "error") complaints.push(`${element}: ${text}`);
    },
  }).run();
  if (complaints.length > 0) throw new Error(`our pipeline says: ${complaints.join("; ")}`);
}
