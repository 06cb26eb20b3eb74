// Pictures and sound through our demuxer and muxer, against ffmpeg and GStreamer.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { launch } from "@x/pipeline";
import { TsDemuxer, TsMonitor, TsMuxer } from "../../packages/mpegts/dist/index.js";
import { makeFile, measurePeers, ratios } from "../../packages/mpegts/scripts/peer-speed.mjs";
import { analyzePcrStream } from "../../packages/mpegts-pcr-clock/dist/index.js";
import { must, Skip } from "./check.mjs";
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
    name: "two programmes with names, languages, MPEG-2 and Opus out of our muxer, through ffprobe and tsdemux",
    peers: ["ffmpeg", "ffprobe", "gst-launch-1.0"],
    async run(folder) {
      const first = join(folder, "first.ts");
      const second = join(folder, "second.ts");
      const both = join(folder, "both.ts");
      for (const [file, rate, video, audio] of [
        [first, 25, "mpeg2video", "libopus"],
        [second, 30, "libx264", "aac"],
      ]) {
        runPeer("ffmpeg", [
          ...["-v", "error", "-y", "-f", "lavfi", "-i", `testsrc2=size=320x180:rate=${rate}`],
          ...["-f", "lavfi", "-i", "sine=frequency=440", "-t", "4", "-c:v", `${video}`, "-bf", "2"],
          ...["-c:a", `${audio}`, "-metadata:s:a:0", "language=deu", "-f", "mpegts", `${file}`],
        ]);
      }
      await launch(
        `mpegtsmux name=m prog-map="program_map,sink_256=1,sink_257=1,sink_512=2,sink_513=2,SERVICE_1=\\"News 24\\",SERVICE_2=Ärzte,PCR_2=sink_513"
           ! filesink location="${both}"
         filesrc location="${first}" ! tsdemux name=a
           a. ! video/mpeg ! queue ! m.sink_256  a. ! audio/x-opus ! queue ! opusparse ! taginject tags=language-code=sv ! m.sink_257
         filesrc location="${second}" ! tsdemux name=b
           b. ! video/x-h264 ! queue ! m.sink_512  b. ! audio/mpeg ! queue ! aacparse ! m.sink_513`,
      ).run();
      const { stdout, stderr } = runPeer("ffprobe", [
        ...["-v", "warning", "-of", "json", "-show_programs", both],
      ]);
      must(stderr.trim() === "", `ffprobe warns: ${stderr}`);
      const seen = JSON.parse(stdout.toString()).programs.map(
        (/** @type {any} */ { program_num: number, pcr_pid: pcr, tags, streams }) =>
          `${number} ${tags.service_name} ${pcr} ${streams.map((/** @type {any} */ { codec_name: codec, id, tags: { language = "" } = {} }) => `${id} ${codec} ${language}`.trim()).join(", ")}`,
      );
      must(
        seen.join("; ") ===
          "1 News 24 256 0x100 mpeg2video, 0x101 opus swe; 2 Ärzte 513 0x200 h264, 0x201 aac deu",
        `ffprobe sees ${seen.join("; ")}`,
      );
      let packets = 0;
      for (const [file, program] of /** @type {const} */ ([
        [first, 1],
        [second, 2],
      ])) {
        for (const kind of ["v", "a"]) {
          const before = hashes(file, `0:${kind}`);
          const after = hashes(both, `0:p:${program}:${kind}`);
          must(before.join() === after.join(), `programme ${program}: ${kind} differs`);
          packets += before.length;
        }
      }
      const said = runPeer("gst-launch-1.0", [
        ...["-t", "filesrc", `location=${both}`, "!", "tsdemux", "program-number=2", "name=d"],
        ...["d.", "!", "video/x-h264", "!", "queue", "!", "h264parse", "!", "fakesink"],
        ...["d.", "!", "audio/mpeg", "!", "queue", "!", "aacparse", "!", "fakesink"],
      ]).stdout.toString();
      must(/language code: de\b/.test(said), `gst-launch-1.0 tells no language: ${said}`);
      return `${packets} packets identical, PIDs, clocks, names and languages as asked for`;
    },
  },
  {
    name: "JPEG XS out of our muxer, through GStreamer's tsdemux",
    peers: ["gst-launch-1.0"],
    async run(folder) {
      /** @type {string[]} */
      const done = [];
      for (const mode of ["progressive", "interleaved"]) {
        const ts = join(folder, `${mode}.ts`);
        const ours = join(folder, `${mode}.jxs`);
        const theirs = join(folder, `${mode}-gstreamer.jxs`);
        await launch(
          `videotestsrc pattern=snow num-buffers=10
             ! video/x-raw,format=I422_10LE,width=320,height=240,framerate=25/1,interlace-mode=${mode}
             ! jpegxsenc ! tee name=t
             t. ! queue ! mpegtsmux ! filesink location="${ts}"  t. ! queue ! filesink location="${ours}"`,
        ).run();
        const play = ["filesrc", `location=${ts}`, "!", "tsdemux", "!", "image/x-jxsc", "!"];
        /** @type {string} */
        let said;
        try {
          const sink = ["filesink", `location=${theirs}`];
          said = runPeer("gst-launch-1.0", ["-v", ...play, ...sink]).stdout.toString();
        } catch (error) {
          // Before 1.26.
          if (/no valid or supported streams/.test(String(error))) {
            return new Skip("this tsdemux does not know JPEG XS");
          }
          throw error;
        }
        const caps = /filesink0.GstPad:sink: caps = (.*)/.exec(said)?.[1] ?? "";
        const expected = ["width=(int)320", "height=(int)240", "depth=(int)10", "YCbCr-4:2:2"];
        for (const field of expected) must(caps.includes(field), `${mode}: ${caps}`);
        must(readFileSync(ours).equals(readFileSync(theirs)), `${mode}: codestreams differ`);
        done.push(mode);
      }
      return `codestreams identical, ${done.join(" and ")}, and the caps are right`;
    },
  },
  {
    name: "three pictures in a PES packet, split by our parser, as ffprobe has them",
    peers: ["ffmpeg", "ffprobe"],
    async run(folder) {
      const from = join(folder, "single.ts");
      const packed = join(folder, "packed.ts");
      const to = join(folder, "split.ts");
      let checked = 0;
      for (const [encoder, parser] of [
        ["libx264", "h264parse"],
        ["libx265", "h265parse"],
      ]) {
        runPeer("ffmpeg", [
          ...["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-t", "4"],
          ...["-c:v", `${encoder}`, "-bf", "2", "-f", "mpegts", from],
        ]);
        writeFileSync(packed, packPictures(readFileSync(from), 3));
        const mux = `mpegtsmux start-time=0 ! filesink location="${to}"`;
        await launch(
          `filesrc location="${packed}" ! tsdemux time-base=stream ! ${parser} ! ${mux}`,
        ).run();
        const before = packetTimes(from);
        const after = packetTimes(to);
        must(before.length === 100 && after.length === 100, `${after.length} of 100 pictures`);
        must(before.join() === after.join(), `${parser}: times differ`);
        checked += after.length;
      }
      return `${checked} pictures of H.264 and H.265, DTS and PTS identical`;
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

/** The hashes of a stream's packets, in order. @param {string} file @param {string} map */
function hashes(file, map) {
  const copy = ["-v", "error", "-i", file, "-map", map, "-c", "copy", "-f", "framemd5", "pipe:1"];
  return runPeer("ffmpeg", copy)
    .stdout.toString()
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(",")[5]?.trim());
}

/** DTS and PTS of a file's packets. @param {string} file */
function packetTimes(file) {
  const show = ["-v", "error", "-show_entries", "packet=pts,dts", "-of", "csv=p=0", file];
  return runPeer("ffprobe", show).stdout.toString().trim().split(/\s+/);
}

/** The only stream again, with `count` access units in each PES packet. @param {Uint8Array} bytes @param {number} count */
function packPictures(bytes, count) {
  const demuxer = new TsDemuxer();
  const events = [...demuxer.push(bytes), ...demuxer.flush()];
  const units = events.flatMap((event) => (event.type === "pes" ? [event] : []));
  const [{ pid, stream } = /** @type {never} */ ({})] = units;
  must(stream !== undefined, "no programme map");
  const { streamType, descriptors } = stream;
  const muxer = new TsMuxer({ programs: [{ streams: [{ pid, streamType, descriptors }] }] });
  /** @type {Uint8Array[]} */
  const parts = [];
  for (let at = 0; at < units.length; at += count) {
    const some = units.slice(at, at + count);
    const data = Buffer.concat(some.map((unit) => unit.data));
    parts.push(muxer.push({ ...some[0], pid, data }));
  }
  return Buffer.concat([...parts, muxer.flush()]);
}
