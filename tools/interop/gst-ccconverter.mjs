// GStreamer's ccconverter and the one that imitates it, on seeded random buffers.
import { ccCountOf, cdpFrameRateOf, encodeCdp } from "@x/cea708";
import { GstCcConverter } from "@x/cea708/gst";
import { mustBeSame, Skip } from "./check.mjs";
import { buffersOf, throughGst } from "./gdp.mjs";
import { gstCheck } from "./gst-check.mjs";
import { seeded } from "./random.mjs";

/** @typedef {import("./random.mjs").Random} Random */
/** @typedef {import("@x/cea708/gst").GstCaptionFormat} Format */
/** @typedef {{ readonly numerator: number, readonly denominator: number }} Rate */

const RUNS = 100;

/** @type {Readonly<Record<Format, string>>} */
const CAPS = {
  cdp: "closedcaption/x-cea-708,format=cdp",
  cc_data: "closedcaption/x-cea-708,format=cc_data",
  "s334-1a": "closedcaption/x-cea-608,format=s334-1a",
  "raw-field0": "closedcaption/x-cea-608,format=raw,field=0",
  "raw-field1": "closedcaption/x-cea-608,format=raw,field=1",
};
const FORMATS = /** @type {Format[]} */ (Object.keys(CAPS));

const RATES = [
  { numerator: 24_000, denominator: 1001 },
  { numerator: 24, denominator: 1 },
  { numerator: 25, denominator: 1 },
  { numerator: 30_000, denominator: 1001 },
  { numerator: 30, denominator: 1 },
  { numerator: 50, denominator: 1 },
  { numerator: 60_000, denominator: 1001 },
  { numerator: 60, denominator: 1 },
];

/** @type {readonly import("./check.mjs").InteropCheck[]} */
export const checks = [
  // From CDP to a single field the rate stays below 50 Hz: at the end of a stream the element may add a frame of padding.
  gstCheck("GStreamer's ccconverter and our compatible one", ["ccconverter"], async (folder) => {
    let count = 0;
    for (let seed = 0; seed < RUNS; seed++) {
      const random = seeded(seed);
      const from = random.pick(FORMATS);
      const to = random.pick(FORMATS.filter((format) => format !== from));
      const single = from === "cdp" && to.startsWith("raw");
      const inputRate = random.pick(single ? RATES.slice(0, 5) : RATES);
      const outputRate = to === "cdp" && random.once(2) ? random.pick(RATES) : inputRate;
      const buffers = random.list(1 + random.below(40), (index) =>
        bufferOf(random, from, inputRate, index),
      );
      const { numerator, denominator } = inputRate;
      const at = (/** @type {number} */ index) =>
        BigInt(Math.floor((index * 1e9 * denominator) / numerator));
      const items = buffers.map((data, index) => ({
        type: /** @type {const} */ ("buffer"),
        data,
        pts: at(index),
        duration: at(index + 1) - at(index),
      }));
      const source = `${CAPS[from]},framerate=${fraction(inputRate)}`;
      const chain = `ccconverter ! ${CAPS[to]},framerate=${fraction(outputRate)}`;
      /** @type {string[]} */
      let theirs;
      try {
        theirs = buffersOf(throughGst(folder, source, items, chain)).map(({ data }) =>
          Buffer.from(data).toString("hex"),
        );
      } catch (error) {
        if (!/code should not be reached/.test(String(error))) throw error;
        return new Skip(`this ccconverter aborts from ${from} to ${to} (1.22 does, 1.28 does not)`);
      }
      const converter = new GstCcConverter({ from, to, inputRate, outputRate });
      const ours = [...buffers.flatMap((data) => converter.push(data)), ...converter.flush()]
        .map((data) => Buffer.from(data).toString("hex"))
        // What would be empty is a gap there.
        .filter((data) => data !== "");
      const where = `seed ${seed}, ${from} ${fraction(inputRate)} to ${to} ${fraction(outputRate)}`;
      const sent = theirs.filter((data) => data !== "");
      mustBeSame(where, sent, ours);
      count += sent.length;
    }
    return `${count} buffers of ${RUNS} conversions are identical`;
  }),
];

/** @param {Rate} rate */
function fraction({ numerator, denominator }) {
  return `${numerator}/${denominator}`;
}

/** @param {Random} random @param {Format} format @param {Rate} rate @param {number} index */
function bufferOf(random, format, rate, index) {
  const pairs = Math.max(1, Math.floor((60 * rate.denominator) / rate.numerator));
  switch (format) {
    case "cdp":
      return encodeCdp({
        cdpFrameRate: cdpFrameRateOf(rate),
        captionServiceActive: true,
        cdpHdrSequenceCntr: index,
        timeCode: undefined,
        ccData: triplets(random, pairs, ccCountOf(rate)),
        svcInfo: undefined,
        futureSections: [],
      });
    case "cc_data":
      return triplets(random, pairs, ccCountOf(rate));
    case "s334-1a":
      return Uint8Array.from(
        random
          .list(1 + random.below(pairs + 1), () => [random.pick([0x8c, 0x0c]), ...pair(random)])
          .flat(),
      );
    default:
      return Uint8Array.from(random.list(1 + random.below(pairs), () => pair(random)).flat());
  }
}

/** Line 21 first, some of it not valid, then parts of DTVCC packets, then perhaps padding. @param {Random} random @param {number} pairs @param {number} count */
function triplets(random, pairs, count) {
  const line21 = random.list(random.below(pairs + 1), () => [
    (random.once(4) ? 0xf8 : 0xfc) | random.below(2),
    ...pair(random),
  ]);
  const dtvcc = random.list(random.below(random.pick([3, count - line21.length]) + 1), () => [
    random.pick([0xff, 0xfe, 0xfe, 0xfe, 0xfa]),
    random.below(256),
    random.below(256),
  ]);
  const all = [...line21, ...dtvcc];
  const padding = all.length === 0 || random.once(2) ? count - all.length : 0;
  return Uint8Array.from([...all, ...random.list(padding, () => [0xfa, 0, 0])].flat());
}

/** @param {Random} random */
function pair(random) {
  if (random.once(3)) return [0x80, 0x80];
  return [0x20 + random.below(0x60), 0x20 + random.below(0x60)];
}
