// FLV that we write, read by ffprobe and GStreamer's flvdemux.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { FlvDemuxer, presentationTimeNs } from "@x/eflv";
import { must, Skip } from "./check.mjs";
import { makeSources, writeFlv } from "./flv-sources.mjs";
import { runPeer, versionOf } from "./peers.mjs";

/** @typedef {import("./flv-sources.mjs").Source} Source */

/**
 * @typedef {object} Frame one frame of a track, times in milliseconds
 * @property {number} pts
 * @property {number} dts
 * @property {string} hash
 */

/**
 * @typedef {object} Track
 * @property {"audio" | "video"} kind
 * @property {number} id
 * @property {Frame[]} frames
 */

/** @typedef {{ codec_type: string, index: number }} Stream of ffprobe */
/** @typedef {{ stream_index: number, pts: number, dts: number, data_hash: string }} Packet of ffprobe */

/** What a peer can read of FLV. @typedef {{ codecs: ReadonlySet<string>, multitrack: boolean }} Abilities */

const LEGACY = ["avc1", "mp4a", ".mp3"];
const ENHANCED_VIDEO = ["hvc1", "av01", "vp09"];
const ENHANCED_AUDIO = ["Opus", "fLaC", "ac-3", "ec-3"];

/** @type {readonly import("./check.mjs").InteropCheck[]} */
export const checks = [
  {
    name: "our FLV of every number of tracks and every codec, read by ffprobe",
    peers: ["ffmpeg", "ffprobe"],
    run: (folder) => checkAll(folder, "ffprobe", ffprobeAbilities(), ffprobeTracks),
  },
  {
    name: "our FLV of every number of tracks and every codec, read by GStreamer's flvdemux",
    peers: ["ffmpeg", "gst-launch-1.0", "gst-inspect-1.0"],
    run: (folder) => checkAll(folder, "GStreamer", gstAbilities(), gstTracks),
  },
  {
    name: "two audio files and a video file through eflvmux, read by ffprobe",
    peers: ["ffmpeg", "ffprobe"],
    run: everyday,
  },
];

/**
 * Files of 1 to 8 audio and 1 to 4 video tracks, every codec once as track 0 at least; then those with one track of a
 * kind, for peers that know no more.
 * @param {readonly Source[]} sources
 * @returns {Source[][]}
 */
function combinations(sources) {
  const audio = sources.filter(({ kind }) => kind === "audio");
  const video = sources.filter(({ kind }) => kind === "video");
  const rotated = (
    /** @type {readonly Source[]} */ all,
    /** @type {number} */ from,
    /** @type {number} */ count,
  ) =>
    Array.from({ length: count }, (_, i) => all[(from + i) % all.length]).filter(
      (one) => one !== undefined,
    );
  const many = Array.from({ length: 8 }, (_, i) => [
    ...rotated(video, i, 1 + (i % 4)),
    ...rotated(audio, i, 1 + i),
  ]);
  const single = video.flatMap((picture) => audio.map((sound) => [picture, sound]));
  return [...many, ...single];
}

/**
 * @param {string} folder @param {string} peer @param {Abilities} abilities
 * @param {(file: string, tracks: readonly Track[]) => Track[]} read the tracks as the peer has them
 */
async function checkAll(folder, peer, { codecs, multitrack }, read) {
  const { sources, missing } = makeSources(folder);
  const usable = sources.filter(({ codec }) => codecs.has(codec));
  const groups = combinations(usable).filter((group) => multitrack || group.length <= 2);
  must(groups.length > 0, "nothing to check");
  const file = join(folder, `flv/${peer}.flv`);
  let tracks = 0;
  let frames = 0;
  for (const group of groups) {
    const what = group.map(({ codec }) => codec).join("+");
    try {
      await writeFlv(file, group);
      const ours = ourTracks(file);
      must(ours.length === group.length, `${ours.length} tracks`);
      checkAgainstSources(ours, group);
      const theirs = read(file, ours);
      must(theirs.length === ours.length, `${theirs.length} of ${ours.length} tracks`);
      ours.forEach((track, index) => {
        same(/** @type {Track} */ (theirs[index]), track);
        frames += track.frames.length;
      });
      tracks += ours.length;
    } catch (error) {
      throw new Error(`${what}: ${/** @type {Error} */ (error).message}`);
    }
  }
  const all = sources.map(({ codec }) => codec).filter((codec) => !codecs.has(codec));
  const left = [
    ...(missing.length > 0 ? [`ffmpeg has no encoder of ${missing.join(", ")}`] : []),
    ...(all.length > 0 ? [`this ${peer} does not read ${all.join(", ")} in FLV`] : []),
    ...(multitrack ? [] : [`this ${peer} knows one track of a kind`]),
  ];
  const said = left.length === 0 ? "" : `; left out: ${left.join(", ")}`;
  return `${groups.length} files, ${tracks} tracks, ${frames} frames: hashes, DTS and PTS are identical${said}`;
}

/** @param {string} folder */
async function everyday(folder) {
  const { codecs, multitrack } = ffprobeAbilities();
  if (!multitrack) return new Skip(`${versionOf("ffprobe")} knows one audio track`);
  const { sources } = makeSources(folder);
  const find = (/** @type {string} */ codec) => sources.find((one) => one.codec === codec);
  const [video, first, second] = ["avc1", "mp4a", codecs.has("Opus") ? "Opus" : ".mp3"].map(find);
  if (video === undefined || first === undefined || second === undefined) {
    return new Skip("ffmpeg lacks an encoder");
  }
  const file = join(folder, "flv/everyday.flv");
  await writeFlv(file, [video, first, second]);
  const ours = ourTracks(file);
  ffprobeTracks(file, ours).forEach((track, index) => {
    same(track, /** @type {Track} */ (ours[index]));
  });
  const { stdout } = runPeer("ffprobe", [
    ...["-v", "warning", "-of", "json", "-show_entries"],
    ...["stream=codec_name,width,height,sample_rate,channels,avg_frame_rate:format=duration", file],
  ]);
  const { streams, format } = JSON.parse(stdout.toString());
  const names = streams.map((/** @type {{ codec_name: string }} */ stream) => stream.codec_name);
  must(names.sort().join() === "aac,h264,opus", `the streams are ${names}`);
  // Two seconds, what the first picture waits for decoding, and what is left of the last frame of sound.
  const seconds = Number(format.duration);
  must(seconds > 2 && seconds < 2.15, `the duration is ${seconds} s`);
  return `three tracks (${names.join(", ")}), ${format.duration} s, hashes and times identical`;
}

/** The tracks of a file in the order of their first tags, as our demuxer has them. @param {string} file */
function ourTracks(file) {
  const demuxer = new FlvDemuxer();
  /** @type {Map<string, Track>} */
  const tracks = new Map();
  for (const event of [...demuxer.push(readFileSync(file)), ...demuxer.flush()]) {
    must(
      event.type !== "issue" && event.type !== "invalid",
      `our demuxer: ${JSON.stringify(event)}`,
    );
    if (event.type !== "audio" && event.type !== "video") continue;
    const { messages, timestampOffsetNano } = event.type === "audio" ? event.audio : event.video;
    for (const { trackId, packetType, compositionTime, body } of messages) {
      const key = `${event.type}/${trackId}`;
      const track = tracks.get(key) ?? { kind: event.type, id: trackId, frames: [] };
      tracks.set(key, track);
      if (!packetType.startsWith("CodedFrames")) continue;
      const pts = Number(presentationTimeNs(event.dts, compositionTime, timestampOffsetNano)) / 1e6;
      track.frames.push({ pts, dts: event.dts, hash: hashOf(body) });
    }
  }
  const rank = (/** @type {Track} */ { kind }) => (kind === "video" ? 0 : 1);
  return [...tracks.values()].sort((a, b) => rank(a) - rank(b));
}

/** @param {Uint8Array} bytes */
function hashOf(bytes) {
  return createHash("md5").update(bytes).digest("hex");
}

/** @param {Track} theirs @param {Track} ours */
function same(theirs, ours) {
  const name = `${ours.kind} ${ours.id}`;
  const count = `${theirs.frames.length} of ${ours.frames.length} frames`;
  must(theirs.frames.length === ours.frames.length, `${name}: ${count}`);
  ours.frames.forEach((frame, index) => {
    const [got, want] = [JSON.stringify(theirs.frames[index]), JSON.stringify(frame)];
    must(got === want, `${name}, frame ${index}: ${got}, we wrote ${want}`);
  });
}

/**
 * What is in the file must be what the encoder made: times of the source, floored to milliseconds, all moved by the
 * same amount when the first is negative; and its bytes, where the source's container keeps them as FLV does.
 * @param {readonly Track[]} ours @param {readonly Source[]} sources
 */
function checkAgainstSources(ours, sources) {
  const packets = sources.map(({ reference }) => ffprobePackets(reference));
  const starts = packets.map(([first]) => Math.floor(first?.dtsMs ?? 0));
  const shift = Math.min(0, ...starts);
  sources.forEach((source, index) => {
    const name = `${source.codec} as ${source.kind} ${index}`;
    const id = sources.slice(0, index).filter(({ kind }) => kind === source.kind).length;
    const track = ours.find((one) => one.kind === source.kind && one.id === id);
    const expected = /** @type {ReturnType<typeof ffprobePackets>} */ (packets[index]);
    must(
      track?.frames.length === expected.length,
      `${name}: ${track?.frames.length} frames of ${expected.length}`,
    );
    track?.frames.forEach(({ pts, hash }, frame) => {
      const { ptsMs, hash: want } = /** @type {(typeof expected)[0]} */ (expected[frame]);
      must(
        pts === Math.floor(ptsMs) - shift,
        `${name}, frame ${frame}: PTS ${pts}, the source has ${ptsMs} - ${shift}`,
      );
      must(!source.sameBytes || hash === want, `${name}, frame ${frame}: the bytes differ`);
    });
  });
}

/** The packets of a file with one stream. @param {string} file */
function ffprobePackets(file) {
  const { stdout } = runPeer("ffprobe", [
    ...[
      "-v",
      "error",
      "-show_packets",
      "-show_data_hash",
      "md5",
      "-show_streams",
      "-of",
      "json",
      file,
    ],
  ]);
  const { packets, streams } = JSON.parse(stdout.toString());
  const [numerator = 0, denominator = 1] = streams[0].time_base.split("/").map(Number);
  // Exact, where the decimals of pts_time end: 1/90000 s is no whole number of microseconds.
  const ms = (/** @type {number} */ ticks) => (1000 * ticks * numerator) / denominator;
  return packets.map((/** @type {any} */ packet) => ({
    ptsMs: ms(packet.pts ?? 0),
    dtsMs: ms(packet.dts ?? 0),
    hash: packet.data_hash.replace("MD5:", ""),
  }));
}

/** @returns {Abilities} */
function ffprobeAbilities() {
  const major = Number(/version n?(\d+)/.exec(versionOf("ffprobe") ?? "")?.[1] ?? 0);
  const minor = Number(/version n?\d+\.(\d+)/.exec(versionOf("ffprobe") ?? "")?.[1] ?? 0);
  const video = major > 6 || (major === 6 && minor >= 1);
  const audio = major >= 8;
  return {
    codecs: new Set([
      ...LEGACY,
      ...(video ? ENHANCED_VIDEO : []),
      ...(audio ? ENHANCED_AUDIO : []),
    ]),
    multitrack: audio,
  };
}

/** @param {string} file @param {readonly Track[]} ours @returns {Track[]} */
function ffprobeTracks(file, ours) {
  const { stdout, stderr } = runPeer("ffprobe", [
    ...[
      "-v",
      "warning",
      "-show_packets",
      "-show_data_hash",
      "md5",
      "-show_streams",
      "-of",
      "json",
      file,
    ],
  ]);
  must(stderr.trim() === "", `ffprobe warns: ${stderr.trim()}`);
  /** @type {{ streams: Stream[], packets: Packet[] }} */
  const { streams, packets } = JSON.parse(stdout.toString());
  // A stream has no track id in ffprobe's output, and its number is that of its first frame or configuration.
  const taken = new Set();
  return ours.flatMap((track) => {
    const candidates = streams
      .filter(({ codec_type: kind, index }) => kind === track.kind && !taken.has(index))
      .map(({ index }) => ({
        index,
        frames: packets
          .filter(({ stream_index: stream }) => stream === index)
          .map(({ pts, dts, data_hash: hash }) => ({ pts, dts, hash: hash.replace("MD5:", "") })),
      }));
    const [first] = track.frames;
    const found = candidates.find(({ frames }) => frames[0]?.hash === first?.hash) ?? candidates[0];
    if (found === undefined) return [];
    taken.add(found.index);
    return [{ kind: track.kind, id: track.id, frames: found.frames }];
  });
}

/** What the caps of the peer's own pads say. @returns {Abilities} */
function gstAbilities() {
  const text = runPeer("gst-inspect-1.0", ["flvdemux"]).stdout.toString();
  const mediaTypes = {
    hvc1: "video/x-h265",
    av01: "video/x-av1",
    vp09: "video/x-vp9",
    Opus: "audio/x-opus",
    fLaC: "audio/x-flac",
    "ac-3": "audio/x-ac3",
    "ec-3": "audio/x-eac3",
  };
  const more = Object.entries(mediaTypes).filter(([, mediaType]) => text.includes(mediaType));
  return {
    codecs: new Set([...LEGACY, ...more.map(([codec]) => codec)]),
    multitrack: text.includes("audio_%u"),
  };
}

/** @param {string} file @param {readonly Track[]} ours @returns {Track[]} */
function gstTracks(file, ours) {
  const folder = join(file, "../gst");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const names = ours.map(({ kind, id }) => (id === 0 ? kind : `${kind}_${id}`));
  const branches = names.flatMap((name) => [
    ...[`d.${name}`, "!", "queue", "max-size-time=0", "max-size-bytes=0", "max-size-buffers=0"],
    ...["!", "identity", `name=${name}`, "!", "multifilesink", `location=${folder}/${name}-%05d`],
  ]);
  // What identity itself says goes over the bus, which drops some of it.
  const debug = ["--gst-debug-no-color", "--gst-debug=GST_SCHEDULING:5"];
  const { stderr } = runPeer("gst-launch-1.0", [
    ...[...debug, "filesrc", `location=${file}`, "!", "flvdemux", "name=d", ...branches],
  ]);
  const lines = stderr.split("\n").filter((line) => line.includes("calling chainfunction"));
  return ours.map((track, index) => {
    const name = /** @type {string} */ (names[index]);
    const files = readdirSync(folder)
      .filter((one) => one.replace(/-\d+$/, "") === name)
      .sort();
    const times = lines.filter((line) => line.includes(`<${name}:sink>`));
    must(
      times.length === files.length,
      `${name}: ${times.length} times of ${files.length} buffers`,
    );
    const frames = files.map((one, at) => {
      const line = /** @type {string} */ (times[at]);
      const pts = gstTime(line, "pts");
      // GStreamer leaves DTS out of audio.
      const dts = gstTime(line, "dts");
      return {
        pts,
        dts: Number.isNaN(dts) ? pts : dts,
        hash: hashOf(readFileSync(join(folder, one))),
      };
    });
    return { kind: track.kind, id: track.id, frames };
  });
}

/** Milliseconds; NaN for none. @param {string} line @param {string} what */
function gstTime(line, what) {
  const found = new RegExp(`${what} (\\d+):(\\d+):(\\d+\\.\\d+)`).exec(line);
  // None is 99:99:99.
  if (found === null || found[1] === "99") return Number.NaN;
  const [, hours, minutes, seconds] = found.map(Number);
  return Math.round(((hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0)) * 1e6) / 1e3;
}
