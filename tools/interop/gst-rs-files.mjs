// Caption files through the readers and writers of gst-plugins-rs and through ours, on seeded random content.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatScc, parseScc, sccPairs, timecodeOfFrame, withPairParity } from "@x/cea608";
import { formatMcc, mccFrameOf, mccFrameRate, parseMcc } from "@x/cea708";
import { parseUnit } from "@x/st2038";
import { must, mustBeSame } from "./check.mjs";
import { buffersOf, decodeGdp } from "./gdp.mjs";
import { gstCheck } from "./gst-check.mjs";
import { fromOurs } from "./ours.mjs";
import { runPeer } from "./peers.mjs";
import { seeded } from "./random.mjs";

/** @typedef {import("./random.mjs").Random} Random */

const RUNS = 40;
/** Frames of a day but for the last hour. */
const LATEST = 23 * 107_892;

/** @type {readonly import("./check.mjs").InteropCheck[]} */
export const checks = [
  // It takes non-drop files as 30 frames a second; compared are frames, not times.
  gstCheck(
    "sccparse and sccenc of gst-plugins-rs and our SCC reader and writer",
    ["sccparse", "sccenc"],
    async (folder) => {
      const file = join(folder, "random.scc");
      let count = 0;
      for (let seed = 0; seed < RUNS; seed++) {
        const random = seeded(seed);
        const text = sccText(random);
        writeFileSync(file, text);
        const pairsOf = (/** @type {string} */ scc) =>
          [...sccPairs(parseScc(scc, { fixParity: false }))].map(
            ({ frame, word }) => `${frame} ${word.toString(16).padStart(4, "0")}`,
          );
        const ours = pairsOf(text);
        const rate = text.includes(";") ? 30_000 / 1001 : 30;
        const parsed = buffersOf(decodeGdp(ofFile(file, "sccparse ! gdppay"))).map(
          ({ pts, data }) => `${frameAt(pts, rate)} ${Buffer.from(data).toString("hex")}`,
        );
        const written = ofFile(file, "sccparse ! sccenc").toString();
        mustBeSame(`seed ${seed}`, parsed, ours);
        const again = pairsOf(written);
        mustBeSame(`seed ${seed}, written`, again, ours);
        count += ours.length;
      }
      return `${count} pairs of ${RUNS} files in the same frames, read and written`;
    },
  ),
  // It puts the packets, which have no place, in line 255 at offset 255; 0x7ff and 0xfff would say so.
  gstCheck(
    "mccparse and mccenc of gst-plugins-rs and our MCC reader and writer",
    ["mccparse", "mccenc"],
    async (folder) => {
      const file = join(folder, "random.mcc");
      let count = 0;
      for (let seed = 0; seed < RUNS; seed++) {
        const random = seeded(seed);
        const mcc = mccFile(random);
        writeFileSync(file, formatMcc(mcc));
        const { numerator, denominator } = mccFrameRate(mcc.timeCodeRate);
        const linesOf = (/** @type {import("@x/cea708").MccFile} */ { lines, timeCodeRate }) =>
          lines.map(({ timeCode, did, sdid, data }) =>
            described(mccFrameOf(timeCode, timeCodeRate), did, sdid, data),
          );
        const ours = linesOf(mcc);
        const timed = (
          /** @type {{ pts?: bigint | undefined, data: Uint8Array }} */ { pts, data },
        ) => {
          const words = parseUnit(data).packets.map((packet) => packet.words.join(" "));
          return `${frameAt(pts, numerator / denominator)} ${words.join("; ")}`;
        };
        const parsed = buffersOf(decodeGdp(ofFile(file, "mccparse ! gdppay"))).map(timed);
        const description = `filesrc location="${file}" ! mccparse ! meta/x-st-2038 ! result`;
        const records = (await fromOurs({}, description)).map(timed);
        const where = `seed ${seed}, ${mcc.timeCodeRate}`;
        mustBeSame(where, parsed, records);
        const written = parseMcc(ofFile(file, "mccparse ! mccenc").toString());
        const [issue] = written.issues;
        must(issue === undefined, `${where}, written: ${issue?.message}`);
        const again = linesOf(written);
        mustBeSame(`${where}, written`, again, ours);
        count += ours.length;
      }
      return `${count} packets of ${RUNS} files in the same frames, read and written`;
    },
  ),
];

/** What a chain of GStreamer's elements makes of a file. @param {string} file @param {string} chain */
function ofFile(file, chain) {
  const args = `filesrc location=${file} ! ${chain} ! fdsink fd=1`.split(" ");
  return runPeer("gst-launch-1.0", ["-q", ...args]).stdout;
}

/** @param {bigint | undefined} pts @param {number} rate frames a second */
function frameAt(pts = 0n, rate) {
  return Math.round((Number(pts) * rate) / 1e9);
}

/** Line ends, digits and byte order mark as they are found, and labels that drop-frame leaves out. @param {Random} random */
function sccText(random) {
  const dropFrame = random.once(2);
  let frame = random.below(LATEST);
  const lines = random.list(1 + random.below(12), () => {
    frame += random.below(3000);
    const words = Uint16Array.from(random.list(1 + random.below(40), () => word(random)));
    const timecode = timecodeOfFrame(frame, dropFrame);
    frame += words.length;
    return { timecode, words };
  });
  let text = formatScc({ lines });
  if (dropFrame) text = text.replaceAll(/:00;02\t/g, ":00;00\t");
  if (random.once(3)) text = text.replaceAll("\r\n", "\n");
  if (random.once(3)) text = text.replaceAll(/\b[0-9a-f]{4}\b/g, (digits) => digits.toUpperCase());
  return (random.once(3) ? "\ufeff" : "") + text;
}

/** A pair, now and then with wrong parity. @param {Random} random */
function word(random) {
  const pair = random.below(0x8000) & 0x7f7f;
  return random.once(10) ? random.below(0x10000) : withPairParity(pair);
}

/** Packets of any kind, some of what the aliases stand for. @param {Random} random @returns {import("@x/cea708").MccFile} */
function mccFile(random) {
  const timeCodeRate = random.pick(
    /** @type {const} */ (["24", "25", "30", "30DF", "50", "60", "60DF"]),
  );
  const version = timeCodeRate === "60DF" || random.once(2) ? "2.0" : "1.0";
  const nominal = Number.parseInt(timeCodeRate, 10);
  let second = random.below(86_000);
  // Behind the labels that drop-frame leaves out.
  let frames = 4 + random.below(nominal - 4);
  const lines = random.list(1 + random.below(20), () => {
    if (!random.once(4)) {
      second += 1 + random.below(3);
      frames = 4 + random.below(nominal - 4);
    }
    const [hours = 0, minutes = 0, seconds = 0] = [
      second / 3600,
      (second / 60) % 60,
      second % 60,
    ].map(Math.floor);
    const suffix = version === "2.0" && random.once(2);
    return {
      timeCode: { hours, minutes, seconds, frames },
      field: suffix ? random.below(2) : undefined,
      packetNumber: suffix && random.once(2) ? random.below(4) : undefined,
      did: random.pick([0x61, 0x61, 0x43]),
      sdid: random.pick([1, 2]),
      data: Uint8Array.from(
        random
          .list(random.below(60), () => random.pick([...RUNS_OF_BYTES, [random.below(256)]]))
          .flat()
          .slice(0, 255),
      ),
      checksum: undefined,
    };
  });
  const comments = random.once(2) ? [] : ["/", " permission"];
  return { version, timeCodeRate, header: [["UUID", "0"]], comments, lines };
}

const RUNS_OF_BYTES = [
  [0xfa, 0, 0],
  [0xfb, 0x80, 0x80],
  [0xfc, 0x80, 0x80],
  [0xfd, 0x80, 0x80],
  [0xe1, 0, 0, 0],
  [0x96, 0x69],
  [0x61, 1],
  [0],
];

/** @param {number} frame @param {number} did @param {number | undefined} sdid @param {Uint8Array} data */
function described(frame, did, sdid, data) {
  return `${frame} ${did} ${sdid} ${Buffer.from(data).toString("hex")}`;
}
