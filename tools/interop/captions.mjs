// Captions in ST 2038 in a transport stream, and in RFC 8331, against ffmpeg, GStreamer and tshark.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  Cea608CueExporter,
  formatScc,
  cueText as line21Text,
  parseScc,
  sccPairs,
  timecodeOfFrame,
} from "@x/cea608";
import { cueText, parseSrt } from "@x/cea708";
import { TsDemuxer } from "@x/mpegts";
import { appSink, launch } from "@x/pipeline";
import { encodePcap } from "../demo/pcap.mjs";
import { root } from "../packages.mjs";
import { must, Skip } from "./check.mjs";
import { gstHas, runPeer } from "./peers.mjs";

const SRT = join(root, "fixtures/demo/lisbon.srt");
const FRONT = `filesrc location="${SRT}" ! subparse ! tttocea708 ! closedcaption/x-cea-708,framerate=30/1 ! ccconverter ! cctost2038anc`;

/** @type {readonly import("./check.mjs").InteropCheck[]} */
export const checks = [
  {
    name: "ffprobe sees our ST 2038 stream",
    peers: ["ffprobe"],
    async run(folder) {
      const file = await transportStream(folder);
      const { stdout, stderr } = runPeer("ffprobe", [
        ...["-v", "warning", "-show_streams", "-of", "json", file],
      ]);
      const { streams } = JSON.parse(stdout.toString());
      must(streams.length === 1 && streams[0].codec_type === "data", "not one data stream");
      must(streams[0].codec_tag_string === "VANC", `tag ${streams[0].codec_tag_string}`);
      must(
        Math.abs(Number(streams[0].start_time) - 3600) < 0.001,
        `start ${streams[0].start_time}`,
      );
      // ffprobe has no decoder for ancillary data and says so; anything else would be about our stream.
      const warnings = stderr
        .split("\n")
        .filter((line) => line !== "" && !/Unsupported codec/.test(line));
      must(warnings.length === 0, `warnings: ${warnings.join("; ")}`);
      return `codec ${streams[0].codec_name ?? "bin_data"}, tag VANC, no warning`;
    },
  },
  {
    name: "ffmpeg demuxes our ST 2038 to the same bytes",
    peers: ["ffmpeg"],
    async run(folder) {
      const file = await transportStream(folder);
      const { stdout } = runPeer("ffmpeg", [
        ...["-v", "error", "-i", file, "-map", "0", "-c", "copy", "-f", "data", "pipe:1"],
      ]);
      return sameAsOurs(file, stdout);
    },
  },
  {
    name: "GStreamer's tsdemux demuxes our ST 2038 to the same bytes",
    peers: ["gst-launch-1.0", "gst-inspect-1.0"],
    async run(folder) {
      const file = await transportStream(folder);
      try {
        const { stdout } = runPeer("gst-launch-1.0", [
          ...["-q", "filesrc", `location=${file}`, "!", "tsdemux", "!", "meta/x-st-2038"],
          ...["!", "fdsink", "fd=1"],
        ]);
        return sameAsOurs(file, stdout);
      } catch (error) {
        if (/no valid or supported streams/.test(String(error))) {
          return new Skip("this GStreamer's tsdemux does not know ST 2038 (1.24 does)");
        }
        throw error;
      }
    },
  },
  {
    name: "GStreamer's st2038anctocc and cea708 parser read our captions",
    peers: ["gst-launch-1.0", "gst-inspect-1.0"],
    async run(folder) {
      if (!gstHas("st2038anctocc")) return new Skip("gst-plugins-rs is not installed");
      const file = await transportStream(folder);
      const { stdout } = runPeer("gst-launch-1.0", [
        ...["-q", "filesrc", `location=${file}`, "!", "tsdemux", "!", "st2038anctocc"],
        ...["!", "closedcaption/x-cea-708,format=cdp", "!", "fdsink", "fd=1"],
      ]);
      const ours = await cdps();
      must(stdout.equals(ours), `${stdout.length} bytes of CDP, ours are ${ours.length}`);
      return `${ours.length} bytes of CDP are identical`;
    },
  },
  {
    name: "GStreamer's tttocea708 and cctost2038anc are read by us",
    peers: ["gst-launch-1.0", "gst-inspect-1.0"],
    async run(folder) {
      for (const element of ["tttocea708", "cctost2038anc", "mpegtsmux"]) {
        if (!gstHas(element)) return new Skip(`GStreamer's ${element} is not installed`);
      }
      const file = join(folder, "gst.ts");
      const { stdout } = runPeer("gst-launch-1.0", [
        ...["-q", "filesrc", `location=${SRT}`, "!", "subparse", "!", "text/x-raw,format=utf8"],
        ...["!", "tttocea708", "mode=pop-on", "!", "closedcaption/x-cea-708,framerate=30/1"],
        ...["!", "ccconverter", "!", "closedcaption/x-cea-708,format=cdp,framerate=30/1"],
        ...[
          "!",
          "cctost2038anc",
          "!",
          "meta/x-st-2038,alignment=line",
          "!",
          "mpegtsmux",
          "!",
          "fdsink",
          "fd=1",
        ],
      ]);
      writeFileSync(file, stdout);
      /** @type {string[]} */
      const texts = [];
      await launch(`filesrc location="${file}" ! tsdemux ! st2038anctocc ! cea708tott ! cues`, {
        elements: [
          appSink("cues", (item) => {
            if (item.type === "buffer" && item.buffer.meta.cue)
              texts.push(cueText(item.buffer.meta.cue));
          }),
        ],
      }).run();
      // It drops what is behind column 31; a space in front of every row but the first makes that column 30.
      const shown = (/** @type {string} */ row, /** @type {number} */ index) =>
        [...row].slice(0, index === 0 ? 32 : 31).join("");
      const wanted = parseSrt(new Uint8Array(readFileSync(SRT))).cues.map((cue) =>
        cueText(cue).split("\n").map(shown).join("\n"),
      );
      // And it has one screen for all cues.
      const plain = (/** @type {string} */ text) => text.replace(/\s+/g, " ").trim();
      const all = texts.map(plain).join(" | ");
      const missing = wanted.filter((text) => !all.includes(plain(text)));
      must(
        missing.length === 0,
        `${missing.length} of ${wanted.length} cues are missing: ${missing[0]}`,
      );
      return `${wanted.length} cues`;
    },
  },
  {
    name: "ffmpeg's line-21 decoder reads our SCC as we do",
    peers: ["ffmpeg"],
    async run(folder) {
      const file = join(folder, "captions.scc");
      await writeScc(file);
      const { stdout } = runPeer("ffmpeg", [
        "-v",
        "error",
        "-f",
        "scc",
        "-i",
        file,
        "-f",
        "srt",
        "pipe:1",
      ]);
      const theirs = parseSrt(new Uint8Array(stdout)).cues;
      /** @type {import("@x/cea708").Cue[]} */
      const ours = [];
      await launch(`filesrc location="${file}" ! sccparse ! cea608tott ! cues`, {
        elements: [
          appSink("cues", (item) => {
            if (item.type === "buffer" && item.buffer.meta.cue) ours.push(item.buffer.meta.cue);
          }),
        ],
      }).run();
      // ffmpeg prints 0x27 as a typographic apostrophe, and its own marks for position and hard spaces.
      const plain = (/** @type {import("@x/cea708").Cue} */ cue) =>
        cueText(cue)
          .replaceAll("’", "'")
          .replace(/\\h|[\s\u00a0]+/g, " ")
          .replace(/\{[^}]*\}/g, "")
          .trim();
      // ffmpeg gives all pairs of an SCC line the time of the line, so its times are not those of line 21, and captions
      // in one line become one: what can be compared is the whole text.
      const whole = (/** @type {readonly import("@x/cea708").Cue[]} */ cues) =>
        cues.map(plain).join("").replaceAll(" ", "");
      must(whole(theirs) === whole(ours), "the text differs");
      return `${whole(ours).length} letters of ${ours.length} cues identical, in order`;
    },
  },
  {
    name: "ffmpeg's line-21 decoder shows and erases our captions in the same frames as we do",
    peers: ["ffmpeg"],
    async run(folder) {
      const whole = join(folder, "whole.scc");
      await writeScc(whole);
      const vectors = join(root, "fixtures/cea708/scc");
      const files = readdirSync(vectors).filter((name) => name.endsWith(".scc"));
      let cues = 0;
      for (const source of [whole, ...files.map((name) => join(vectors, name))]) {
        cues += sameTimes(source, join(folder, "words.scc"));
      }
      return `${cues} cues of ${files.length + 1} files: start, end and text identical`;
    },
  },
  {
    name: "tshark dissects our RTP",
    peers: ["tshark"],
    async run(folder) {
      /** @type {{ timeNs: bigint, payload: Uint8Array }[]} */
      const datagrams = [];
      const sink = appSink("datagrams", (item) => {
        if (item.type !== "buffer") return;
        datagrams.push({ timeNs: item.buffer.pts ?? 0n, payload: item.buffer.data });
      });
      await launch(
        `${FRONT} ! rtpsmpte291pay pt=112 timestamp-offset=0 seqnum-offset=65530 ! datagrams`,
        {
          elements: [sink],
        },
      ).run();
      const file = join(folder, "captions.pcap");
      writeFileSync(file, encodePcap(datagrams, 45_678));
      const { stdout } = runPeer("tshark", [
        ...["-r", file, "-d", "udp.port==45678,rtp", "-T", "fields", "-E", "separator=,"],
        ...["-e", "rtp.seq", "-e", "rtp.timestamp", "-e", "rtp.marker", "-e", "rtp.p_type"],
      ]);
      const rows = stdout.toString().trim().split("\n");
      must(rows.length === datagrams.length, `${rows.length} of ${datagrams.length} packets`);
      rows.forEach((row, index) => {
        const wanted = `${(65_530 + index) % 65_536},${index * 3000},`;
        must(row.startsWith(wanted) && /,(1|True),112$/.test(row), `packet ${index}: ${row}`);
      });
      return `${rows.length} packets, sequence, timestamp, marker and payload type`;
    },
  },
];

/** Our subtitle file as SCC. @param {string} file */
function writeScc(file) {
  return launch(
    `filesrc location="${SRT}" ! subparse ! tttocea608 ! closedcaption/x-cea-608,framerate=30000/1001
     ! sccenc ! filesink location="${file}"`,
  ).run();
}

/**
 * Compare what ffmpeg makes of an SCC file with what we make of it. Returns the number of cues.
 * @param {string} source @param {string} file for ffmpeg
 */
function sameTimes(source, file) {
  const pairs = [...sccPairs(parseScc(readFileSync(source, "utf8")))];
  const exporter = new Cea608CueExporter({ services: ["CC1"] });
  const ours = pairs.flatMap(({ frame, word }) => exporter.push(1, word, frame));
  // ffmpeg does not time what is painted on, and a file without captions is an error for it.
  if (ours.length === 0 || ours.some(({ mode }) => mode === "paintOn")) return 0;
  // It gives all words of a line the time of the line: a line for each word keeps the times of line 21.
  const lines = pairs.map(({ frame, word }) => ({
    timecode: timecodeOfFrame(frame, false),
    words: Uint16Array.of(word),
  }));
  writeFileSync(file, formatScc({ lines }));
  const { stdout } = runPeer("ffmpeg", [
    ...["-v", "error", "-f", "scc", "-i", file, "-f", "srt", "pipe:1"],
  ]);
  const theirs = parseSrt(new Uint8Array(stdout)).cues;
  must(theirs.length === ours.length, `${source}: ${theirs.length} cues, ours ${ours.length}`);
  // Its clock has seconds of 30 frames and frames of 33 ms.
  const clock = (/** @type {number} */ frame) => Math.floor(frame / 30) * 1000 + (frame % 30) * 33;
  const plain = (/** @type {string} */ text) =>
    text
      .replaceAll("’", "'")
      .replace(/\\h|[\s\u00a0]+/g, "")
      .replace(/\{[^}]*\}/g, "");
  ours.forEach((cue, index) => {
    const their = /** @type {import("@x/cea708").Cue} */ (theirs[index]);
    const at = `${source}, cue ${index} at ${clock(cue.start)} to ${clock(cue.end)} ms`;
    // The first line that scrolls in begins with its carriage return there, and with its first letter here.
    const early = cue.mode === "rollUp" && index === 0 ? clock(cue.start) - their.startMs : 0;
    must(early >= 0 && early < 200, `${at}: ${their.startMs}`);
    must(their.startMs + early === clock(cue.start), `${at}: ${their.startMs}`);
    must(their.endMs === clock(cue.end), `${at}: ends ${their.endMs}`);
    const [text, theirText] = [plain(line21Text(cue)), plain(cueText(their))];
    // What comes behind column 31 overwrites it; ffmpeg leaves it out.
    const full = cue.rows.some(({ runs }) =>
      runs.some((run) => run.column + run.text.length === 32),
    );
    must(full ? text.startsWith(theirText) : text === theirText, `${at}: ${cueText(their)}`);
  });
  return ours.length;
}

/** @type {string | undefined} */
let made;

/** @param {string} folder */
async function transportStream(folder) {
  if (made !== undefined) return made;
  const file = join(folder, "captions.ts");
  await launch(`${FRONT} ! mpegtsmux ! filesink location="${file}"`).run();
  made = file;
  return file;
}

/** @param {string} file @param {Buffer} theirs */
function sameAsOurs(file, theirs) {
  const demuxer = new TsDemuxer();
  const bytes = new Uint8Array(readFileSync(file));
  const units = [...demuxer.push(bytes), ...demuxer.flush()].flatMap((event) =>
    event.type === "pes" ? [event.data] : [],
  );
  const ours = Buffer.concat(units);
  must(ours.equals(theirs), `${theirs.length} bytes, ours are ${ours.length}`);
  return `${ours.length} bytes of ${units.length} units are identical`;
}

async function cdps() {
  /** @type {Uint8Array[]} */
  const all = [];
  const sink = appSink("cdps", (item) => {
    if (item.type === "buffer") all.push(item.buffer.data);
  });
  await launch(`${FRONT} ! st2038anctocc ! cdps`, { elements: [sink] }).run();
  return Buffer.concat(all);
}
