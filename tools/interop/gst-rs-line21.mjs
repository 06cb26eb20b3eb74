// Line 21 read by the elements of gst-plugins-rs and by us, on seeded random pairs.
import {
  Cea608Decoder,
  encodeErase,
  encodePaintOn,
  encodePopOn,
  encodeRollUp,
  screenRows,
  screenText,
  withPairParity,
  wordsToBytes,
} from "@x/cea608";
import { CaptionDecoder, Cea608To708 } from "@x/cea708";
import { must } from "./check.mjs";
import { buffersOf, throughGst } from "./gdp.mjs";
import { gstCheck } from "./gst-check.mjs";
import { seeded } from "./random.mjs";

/** @typedef {import("./random.mjs").Random} Random */
/** @typedef {import("@x/cea608").Cea608Row} Cea608Row */

const RAW =
  "closedcaption/x-cea-608, format=(string)raw, field=(int)0, framerate=(fraction)30000/1001";
const FRAME = 33_366_667n;
const PADDING = 0x8080;

/** @type {readonly import("./check.mjs").InteropCheck[]} */
export const checks = [
  // Where the element is known to be wrong or to have chosen otherwise, nothing is sent: transparent spaces, Flash On and
  // text mode (it ignores them), another depth of roll-up (begins in column 0, keeps the rows), a roll-up row above its
  // depth (shows nothing), padding between the copies of a control pair (executes both), a third copy (0.1.4 of its
  // cea608-types drops it), wrong parity of the first byte (drops the pair).
  gstCheck(
    "cea608tott of gst-plugins-rs sees the screens that our decoder sees",
    ["cea608tott"],
    async (folder) => {
      let shown = 0;
      for (let seed = 0; seed < 40; seed++) {
        const words = anyPairs(seeded(seed));
        // It leaves what is in column 31 there when a backspace moves to column 30.
        const decoder = new Cea608Decoder({ backspaceAtEdgeClearsLast: false });
        const screens = words.map((word, frame) => {
          decoder.push(1, word, frame);
          return plain(screenText(decoder.screen("CC1")));
        });
        const cues = ofPairs(folder, words, "cea608tott ! text/x-raw,format=utf8");
        cues.forEach(({ start, end, data }, index) => {
          const text = plain(new TextDecoder().decode(data));
          must(screens[start] === text, `seed ${seed}, frame ${start}: ${text}, ${screens[start]}`);
          const followed = end === start || cues[index + 1]?.start === end;
          must(followed || screens[end] === "", `seed ${seed}: ${text} ends in frame ${end}`);
        });
        shown += cues.length;
      }
      must(shown > 500, `only ${shown} screens`);
      return `${shown} screens of 40 random streams are identical`;
    },
  ),
  // It has one style for italics, without a colour.
  gstCheck(
    "cea608tojson of gst-plugins-rs reads rows, columns and styles of our captions as we do",
    ["cea608tojson"],
    async (folder) => {
      let cells = 0;
      for (let seed = 0; seed < 40; seed++) {
        const words = captionPairs(seeded(seed), styledCaption, ["popOn", "paintOn", "rollUp"]);
        const decoder = new Cea608Decoder();
        const screens = words.map((word, frame) => {
          decoder.push(1, word, frame);
          return cellsOfScreen(screenRows(decoder.screen("CC1")));
        });
        for (const { start, end, data } of ofPairs(folder, words, "cea608tojson")) {
          const { lines, mode } = JSON.parse(new TextDecoder().decode(data));
          const theirs = cellsOfJson(lines);
          // A pop-on caption is the whole screen; the others are rows that end with the pair behind them, or the stream.
          const ours = mode === "PopOn" ? [screens[start]] : [screens[end - 2], screens[end - 1]];
          const where = `seed ${seed}, frame ${start}, ${mode}: ${theirs.join()}, ours ${ours}`;
          must(
            ours.some((screen = []) => theirs.every((cell) => screen.includes(cell))),
            where,
          );
          if (mode === "PopOn") must(theirs.length === screens[start]?.length, where);
          cells += theirs.length;
        }
      }
      must(cells > 2000, `only ${cells} cells`);
      return `${cells} cells of 40 random streams are identical`;
    },
  ),
  // Only letters of the basic set at indents: it ignores tabs, counts an extended character twice, deletes a caption
  // under way at an RCL, which stands between equal special characters. It counts a packet number for each frame, sent
  // or not, so that a receiver that minds the gaps shows nothing.
  gstCheck(
    "cea608tocea708 of gst-plugins-rs and ours show what line 21 shows",
    ["cea608tocea708"],
    async (folder) => {
      const frameRate = { numerator: 30_000, denominator: 1001 };
      let screens = 0;
      for (let seed = 0; seed < 40; seed++) {
        const words = captionPairs(seeded(seed), plainCaption, ["popOn", "paintOn", "rollUp"]);
        const theirs = new CaptionDecoder({ sequenceCheck: "report" });
        const ours = new CaptionDecoder();
        const converter = new Cea608To708({ frameRate });
        const line21 = new Cea608Decoder();
        const sent = new Map(
          ofPairs(folder, words, "cea608tocea708").map(({ start, data }) => [start, data]),
        );
        words.forEach((word, frame) => {
          line21.push(1, word, frame);
          theirs.push(sent.get(frame) ?? new Uint8Array(0), frame);
          ours.push(converter.push(Uint8Array.of(0xfc, word >> 8, word & 0xff), frame), frame);
          // After a while without codes every packet has arrived.
          if (word !== PADDING || words[frame + 1] === PADDING) return;
          const wanted = plain(screenText(line21.screen("CC1")));
          for (const [name, decoder] of Object.entries({ theirs, ours })) {
            const text = plain(textOf708(decoder));
            must(text === wanted, `seed ${seed}, frame ${frame}, ${name}: ${text}, not ${wanted}`);
          }
          screens++;
        });
      }
      return `${screens} screens of 40 random streams are identical`;
    },
  ),
];

/** Pairs of any kind on CC1, not what an encoder would send. @param {Random} random */
function anyPairs(random) {
  const depth = random.pick([0x25, 0x26, 0x27]);
  /** @type {number[]} */
  const words = [];
  let rollUp = false;
  const text = (/** @type {number} */ first, /** @type {number} */ second) =>
    words.push(withPairParity((first << 8) | second));
  const control = (/** @type {number} */ word) => {
    const copies = 1 + random.below(2);
    for (let i = 0; i < copies; i++) words.push(withPairParity(word));
  };
  const preamble = () => {
    const row = rollUp ? random.pick(PREAMBLES.slice(3)) : random.pick(PREAMBLES);
    control(row | random.below(32));
  };
  const resume = (/** @type {number} */ word) => {
    rollUp = (word & 0xff) === depth;
    control(word);
    if (!rollUp || random.once(2)) preamble();
  };
  const mode = () => resume(random.pick([0x1420, 0x1429, 0x1400 | depth]));
  const letter = () => random.pick(BASIC);
  mode();
  for (let left = 50 + random.below(150); left > 0; left--) {
    random.pick([
      ...random.list(12, () => () => text(letter(), random.once(6) ? 0 : letter())),
      () => control(random.pick(SPECIAL)),
      () => {
        text(letter(), random.pick([0x61, 0x20]));
        control(random.pick(EXTENDED));
      },
      preamble,
      () => control(0x1721 + random.below(3)),
      () => control(0x1120 + random.below(16)),
      () => control(random.pick([0x1421, 0x1424, 0x142d, 0x142d, 0x142c, 0x142e])),
      () => resume(0x142f),
      mode,
      () => words.push(PADDING, withPairParity(0x6161)),
    ])();
  }
  return words;
}

/** First code of each row, from the top. */
const PREAMBLES = [
  ...[0x1140, 0x1160, 0x1240, 0x1260, 0x1540, 0x1560, 0x1640, 0x1660, 0x1740, 0x1760],
  ...[0x1040, 0x1340, 0x1360, 0x1440, 0x1460],
];
const BASIC = [...Buffer.from("abcdefgh      '*\\~\x7f")];
/** All but © and │, for which cea608-types 0.1.4 has characters of its own. */
const EXTENDED = [0x1220, 0x1320]
  .flatMap((first) => Array.from({ length: 32 }, (_, index) => first + index))
  .filter((code) => code !== 0x122b && code !== 0x1337);
/** All but the transparent space. */
const SPECIAL = Array.from({ length: 16 }, (_, index) => 0x1130 + index).filter(
  (code) => code !== 0x1139,
);

/**
 * Random captions of our encoder, with an erasure before what is painted: the element does not take over the attributes
 * of a cell on the left.
 * @param {Random} random @param {(random: Random) => import("@x/cea608").Cea608Caption} captionOf
 * @param {readonly string[]} modes
 */
function captionPairs(random, captionOf, modes) {
  const depth = 2 + random.below(3);
  /** @type {number[]} */
  const words = [];
  for (let left = 1 + random.below(8); left > 0; left--) {
    const caption = captionOf(random);
    switch (random.pick([...modes, "erase"])) {
      case "popOn":
        words.push(...encodePopOn(caption));
        break;
      case "paintOn":
        words.push(...encodeErase(), ...encodePaintOn(caption));
        break;
      case "rollUp":
        words.push(...encodeRollUp(caption, depth));
        break;
      default:
        words.push(...encodeErase());
    }
    for (let pad = 60; pad > 0; pad--) words.push(PADDING);
  }
  return words;
}

/** @param {Random} random @returns {import("@x/cea608").Cea608Caption} */
function styledCaption(random) {
  const run = () => ({
    text: letters(random, "abc  defghij.,ñÑé’½♪™àÁÜ—“ãÅøß█|~{", 12),
    color: random.once(2) ? /** @type {const} */ ("white") : random.pick(COLORS),
    italics: random.once(4),
    underline: random.once(4),
  });
  const lines = random.list(1 + random.below(3), () => random.list(1 + random.below(3), run));
  const place = random.once(2)
    ? { column: random.below(32) }
    : { align: random.pick(/** @type {const} */ (["left", "center", "right"])) };
  return { lines, row: 3 + random.below(12), ...place };
}

const COLORS = /** @type {const} */ (["green", "blue", "cyan", "red", "yellow", "magenta"]);

/** @param {Random} random @returns {import("@x/cea608").Cea608Caption} */
function plainCaption(random) {
  const line = () => letters(random, "abc  defghij.,ñÑé█", 24);
  const lines = random.list(1 + random.below(3), line);
  return { lines, row: 3 + random.below(12), column: 4 * random.below(2) };
}

/** @param {Random} random @param {string} alphabet @param {number} most */
function letters(random, alphabet, most) {
  return random.list(1 + random.below(most), () => random.pick([...alphabet])).join("");
}

/**
 * Pairs, one a frame, through an element; `start` and `end` are frames.
 * @param {string} folder @param {readonly number[]} words @param {string} chain
 */
function ofPairs(folder, words, chain) {
  /** @type {import("./gdp.mjs").GdpItem[]} */
  const items = words.map((word, frame) => ({
    type: "buffer",
    data: wordsToBytes([word]),
    pts: BigInt(frame) * FRAME,
    duration: FRAME,
  }));
  return buffersOf(throughGst(folder, RAW, items, chain)).map(
    ({ data, pts = 0n, duration = 0n }) => {
      const start = Number(pts / FRAME);
      return { start, end: start + Number(duration / FRAME), data };
    },
  );
}

/** Rows without the spaces around them, empty ones left out. @param {string} text */
function plain(text) {
  const rows = text.split(/\r?\n/).map((row) => row.trim());
  return rows.filter((row) => row !== "").join("\n");
}

/** `row,column character style` of each cell that is no space. @param {readonly Cea608Row[]} rows */
function cellsOfScreen(rows) {
  return rows.flatMap(({ row, runs }) =>
    runs.flatMap(({ column, text, style }) =>
      cellsOf(text, row, column, style.italics ? "italics" : style.color, style.underline),
    ),
  );
}

/**
 * @param {readonly { row: number, column: number,
 *   chunks: readonly { text: string, style: string, underline: boolean }[] }[]} lines
 */
function cellsOfJson(lines) {
  return lines.flatMap(({ row, column, chunks }) => {
    let at = column;
    return chunks.flatMap(({ text, style, underline }) => {
      const name = style === "ItalicWhite" ? "italics" : style.toLowerCase();
      const cells = cellsOf(text, row, at, name, underline);
      at += text.length;
      return cells;
    });
  });
}

/** @param {string} text @param {number} row @param {number} column @param {string} style @param {boolean} underline */
function cellsOf(text, row, column, style, underline) {
  return [...text].flatMap((letter, index) =>
    letter === " "
      ? []
      : [`${row},${column + index} ${letter} ${style}${underline ? " underlined" : ""}`],
  );
}

/** What the visible windows of service 1 show, from the top. @param {CaptionDecoder} decoder */
function textOf708(decoder) {
  /** @type {string[]} */
  const rows = [];
  for (const window of decoder.service(1)?.windows ?? []) {
    if (!window?.visible) continue;
    for (let row = 0; row < window.rows; row++) {
      let text = "";
      for (let column = 0; column < window.columns; column++) {
        const cell = window.cell(row, column);
        text += cell === undefined || cell.transparent ? " " : cell.text;
      }
      rows.push(text);
    }
  }
  return rows.join("\n");
}
