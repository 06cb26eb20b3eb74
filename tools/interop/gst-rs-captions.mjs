// Captions against the elements of gst-plugins-rs, on seeded random input. Its releases are locked to cea608-types
// 0.1.4; 0.1.5 has four characters more or less, which the texts here leave out.
import { mustBeSame } from "./check.mjs";
import { buffersOf, throughGst } from "./gdp.mjs";
import { gstCheck } from "./gst-check.mjs";
import { throughOurs } from "./ours.mjs";
import { seeded } from "./random.mjs";

const TEXT = "text/x-raw, format=(string)utf8";
const RATES = ["24000/1001", "24/1", "25/1", "30000/1001", "30/1", "50/1", "60000/1001", "60/1"];
const LETTERS = [..."abcdefghijklm  nopqrstu .,'áéñ÷Ñ█®½♪àÁ¡•“”Ãß┌—–’™\t€漢😀^{}~\\_*&<"];

/** @type {readonly import("./check.mjs").InteropCheck[]} */
export const checks = [
  gstCheck("tttocea608 of gst-plugins-rs and ours with gst-compat", ["tttocea608"], (folder) =>
    sameCaptions(folder, "tttocea608", "closedcaption/x-cea-608", (random) => ({
      mode: random.pick(["pop-on", "paint-on", "roll-up2", "roll-up3", "roll-up4"]),
    })),
  ),
  // roll-up-rows is not compared: the element forgets it when it starts.
  gstCheck("tttocea708 of gst-plugins-rs and ours with gst-compat", ["tttocea708"], (folder) =>
    sameCaptions(folder, "tttocea708", "closedcaption/x-cea-708", (random) => ({
      mode: random.pick(["pop-on", "paint-on", "roll-up"]),
      "service-number": random.pick([1, 6, 7, 63]),
      "cea608-channel": random.pick([0, 0, 1, 2, 3, 4]),
    })),
  ),
];

/**
 * Random cues through the element of both, for random settings.
 * @param {string} folder @param {string} element @param {string} mediaType
 * @param {(random: import("./random.mjs").Random) => Record<string, string | number>} settingsOf
 */
async function sameCaptions(folder, element, mediaType, settingsOf) {
  let frames = 0;
  for (let seed = 0; seed < 40; seed++) {
    const random = seeded(seed);
    const rate = random.pick(RATES);
    const settings = Object.entries({ ...settingsOf(random), ...placeOf(random) })
      .map(([name, value]) => `${name}=${value}`)
      .join(" ");
    const items = cues(random);
    const chain = `${settings} ! ${mediaType},framerate=${rate}`;
    const theirs = buffersOf(throughGst(folder, TEXT, items, `${element} ${chain}`)).map(at(rate));
    const ours = (await throughOurs(TEXT, items, `${element} gst-compat=true ${chain}`)).map(
      at(rate),
    );
    const where = `seed ${seed}, ${rate}, ${settings}`;
    mustBeSame(where, theirs, ours);
    frames += theirs.length;
  }
  return `${frames} frames of 40 cue lists at ${RATES.length} rates are identical`;
}

/** @param {import("./random.mjs").Random} random */
function placeOf(random) {
  return {
    ...(random.once(3) ? { "origin-row": random.below(15) } : {}),
    ...(random.once(3) ? { "origin-column": random.below(32) } : {}),
    ...(random.once(2) ? { "roll-up-timeout": random.below(5000) * 1_000_000 } : {}),
  };
}

/** Cues and gaps, some overlapping, some of no time at all. @param {import("./random.mjs").Random} random */
function cues(random) {
  /** @type {import("./gdp.mjs").GdpItem[]} */
  const items = [];
  let pts = BigInt(random.below(4000)) * 1_000_000n;
  for (let left = 1 + random.below(6); left > 0; left--) {
    const duration = BigInt(random.below(4000)) * 333_333n * BigInt(random.pick([1, 3]));
    if (random.once(10)) items.push({ type: "gap", pts, duration });
    else items.push({ type: "buffer", data: Buffer.from(textOf(random)), pts, duration });
    pts += duration;
    if (random.once(5)) pts += BigInt(random.below(3000)) * 1_000_000n;
    if (random.once(5)) pts -= duration / 2n;
  }
  return items;
}

/** One to sixteen rows. @param {import("./random.mjs").Random} random */
function textOf(random) {
  const word = () => random.list(1 + random.below(random.pick([3, 8, 40])), letter).join("");
  const letter = () => random.pick(LETTERS);
  const row = () =>
    random.once(12)
      ? random.pick([".", "?", "", " "])
      : random.list(1 + random.below(8), word).join(" ");
  const rows = random.list(1 + random.below(random.pick([1, 3, 16])), row);
  return rows.join(random.pick(["\n", "\n", "\r\n"])) + random.pick(["", "", "\n"]);
}

/** Frame number and bytes: times of frames are rounded there and truncated here, a nanosecond apart. @param {string} rate */
function at(rate) {
  const [numerator = 0, denominator = 1] = rate.split("/").map(Number);
  return (/** @type {{ pts?: bigint | undefined, data: Uint8Array }} */ { pts = 0n, data }) => {
    const frame = Math.round((Number(pts) * numerator) / denominator / 1e9);
    return `frame ${frame} ${Buffer.from(data).toString("hex")}`;
  };
}
