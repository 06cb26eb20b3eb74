// Pictures and sound through our demuxer and muxer, against ffmpeg and GStreamer.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { launch } from "@x/pipeline";
import { TsDemuxer, TsMonitor, TsMuxer } from "../../packages/mpegts/dist/index.js";
import { makeFile, measurePeers, ratios } from "../../packages/mpegts/scripts/peer-speed.mjs";
import { analyzePcrStream } from "../../packages/mpegts-pcr-clock/dist/index.js";
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
  {
    name: "constant rate out of our muxer, through ffprobe, tsdemux and TR 101 290",
    peers: ["ffmpeg", "ffprobe", "gst-launch-1.0"],
    async run(folder) {
      const from = join(folder, "programme.ts");
      const to = join(folder, "constant.ts");
      runPeer("ffmpeg", [
        ...["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25"],
        ...["-f", "lavfi", "-i", "sine=frequency=440", "-t", "20", "-c:v", "libx264", "-bf", "2"],
        ...["-c:a", "aac", "-f", "mpegts", from],
      ]);
      const bytes = constantRate(readFileSync(from), 3_000_000);
      writeFileSync(to, bytes);
      const { stderr } = runPeer("ffprobe", ["-v", "warning", "-show_packets", to]);
      must(stderr.trim() === "", `ffprobe warns: ${stderr}`);
      const gst = runPeer("gst-launch-1.0", [
        ...["-q", "filesrc", `location=${to}`, "!", "tsdemux", "name=d"],
        ...["d.", "!", "queue", "!", "h264parse", "!", "fakesink"],
        ...["d.", "!", "queue", "!", "aacparse", "!", "fakesink"],
      ]).stderr;
      must(!/warn|error|critical/i.test(gst), `gst-launch-1.0 says: ${gst}`);
      const monitor = new TsMonitor({ bitrate: 3_000_000 });
      const [violation] = [...monitor.push(bytes), ...monitor.flush()];
      must(violation === undefined, `TR 101 290 ${violation?.indicator}: ${violation?.message}`);
      const [report] = analyzePcrStream(bytes, { bitrate: 3_000_000 }).values();
      const error = report?.accuracy?.maxErrorNs ?? Number.POSITIVE_INFINITY;
      must(error <= 500, `a PCR is ${error.toFixed(0)} ns off`);
      return `${report?.count} PCRs within ${error.toFixed(0)} ns, no warning, no TR 101 290 error`;
    },
  },
  {
    name: "speed beside ffmpeg and GStreamer, on one file in one run",
    peers: ["ffmpeg", "gst-launch-1.0"],
    async run(folder) {
      const own = join(folder, "speed");
      mkdirSync(own);
      const found = measurePeers(makeFile(own), own, 5);
      return `${(found.size / 1e6).toFixed(0)} MB\n${ratios(found).join("\n")}`;
    },
  },
  {
    name: "H.264 and three tracks of AAC into FLV, read by ffmpeg and by us",
    peers: ["ffmpeg", "ffprobe"],
    async run(folder) {
      const from = join(folder, "source.ts");
      const flv = join(folder, "ours.flv");
      const back = join(folder, "back.ts");
      runPeer("ffmpeg", [
        ...["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25"],
        ...["-f", "lavfi", "-i", "sine=frequency=440", "-t", "4", "-c:v", "libx264", "-bf", "2"],
        ...["-c:a", "aac", "-f", "mpegts", from],
      ]);
      await launch(
        `filesrc location="${from}" ! tsdemux name=d  eflvmux name=mux ! filesink location="${flv}"
         d. ! video/x-h264 ! queue ! mux.video
         d. ! audio/mpeg ! aacparse ! tee name=t
         t. ! queue ! mux.audio  t. ! queue ! mux.audio_1  t. ! queue ! mux.audio_2`,
      ).run();
      const { stdout, stderr } = runPeer("ffprobe", [
        "-v",
        "warning",
        "-show_packets",
        "-of",
        "json",
        flv,
      ]);
      const kinds = new Map();
      for (const { codec_type: kind } of JSON.parse(stdout.toString()).packets) {
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      }
      must(kinds.get("video") === 100, `${kinds.get("video")} of 100 pictures`);
      // ffmpeg before 8 reads the first audio track only.
      must((kinds.get("audio") ?? 0) >= 170, `${kinds.get("audio")} audio frames`);
      must(!/error|invalid/i.test(stderr), `ffprobe says: ${stderr}`);
      await launch(
        `filesrc location="${flv}" ! flvdemux name=d  mpegtsmux name=mux ! filesink location="${back}"
         d.video ! queue ! mux.  d.audio ! queue ! mux.  d.audio_1 ! queue ! mux.  d.audio_2 ! queue ! mux.`,
      ).run();
      const pictures = (/** @type {string} */ file) =>
        runPeer("ffmpeg", ["-v", "error", "-i", file, "-map", "0:v", "-f", "framemd5", "pipe:1"])
          .stdout.toString()
          .split("\n")
          .filter((line) => line !== "" && !line.startsWith("#"))
          .map((line) => line.split(",").at(-1)?.trim());
      must(pictures(back).join() === pictures(from).join(), "the decoded pictures differ");
      return `${kinds.get("video")} pictures and ${kinds.get("audio")} audio frames, decoded pictures identical after FLV and back`;
    },
  },
];

/** The same streams through our muxer, at `bitrate`. @param {Uint8Array} bytes @param {number} bitrate */
function constantRate(bytes, bitrate) {
  const demuxer = new TsDemuxer();
  const events = [...demuxer.push(bytes), ...demuxer.flush()];
  const pmt = events.find((event) => event.type === "pmt")?.pmt;
  must(pmt !== undefined, "no programme map");
  const streams = pmt.streams.map(({ elementaryPid, streamType, descriptors }) => {
    return { pid: elementaryPid, streamType, descriptors };
  });
  const muxer = new TsMuxer({ bitrate, programs: [{ streams }] });
  const parts = events.map((event) => (event.type === "pes" ? muxer.push(event) : []));
  return Uint8Array.from([...parts, muxer.flush()].flatMap((part) => [...part]));
}

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
