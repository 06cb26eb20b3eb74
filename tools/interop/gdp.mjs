// GStreamer's data protocol, which gdppay writes and gdpdepay reads: buffers with their times, flags and caps, so that
// what an element makes of them is seen as the element beside it would see it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runPeer } from "./peers.mjs";

/**
 * @typedef {object} GdpBuffer
 * @property {"buffer"} type
 * @property {Uint8Array} data
 * @property {bigint} [pts] nanoseconds
 * @property {bigint} [duration] nanoseconds
 * @property {boolean} [marker] last of its frame; gdppay leaves it out, see {@link markersThroughGst}
 */

/** @typedef {GdpBuffer | { type: "caps", caps: string } | { type: "gap", pts: bigint, duration?: bigint }} GdpItem */

const HEADER = 62;
const BUFFER = 1;
const CAPS = 2;
const STREAM_START = 0x284e;
const SEGMENT = 0x464e;
const GAP = 0xa046;
const NONE = 2n ** 64n - 1n;
const MARKER = 1 << 9;

const SEGMENT_OF_TIME =
  'GstEventSegment, segment=(GstSegment)"segment, flags=(GstSegmentFlags)GST_SEGMENT_FLAG_NONE, rate=(double)1, ' +
  "applied-rate=(double)1, format=(GstFormat)time, base=(guint64)0, offset=(guint64)0, start=(guint64)0, " +
  `stop=(guint64)${NONE}, time=(guint64)0, position=(guint64)0, duration=(guint64)${NONE};";`;

/**
 * What a chain of GStreamer's elements makes of `items`.
 * @param {string} folder for a file @param {string} caps @param {readonly GdpItem[]} items
 * @param {string} chain as gst-launch-1.0 has it, without quotes
 */
export function throughGst(folder, caps, items, chain) {
  const { stdout } = runPeer("gst-launch-1.0", [
    ...["-q", ...source(folder, caps, items), ...chain.split(/\s+/)],
    ...["!", "gdppay", "!", "fdsink", "fd=1"],
  ]);
  return decodeGdp(stdout);
}

/**
 * Which buffers that come out of a chain are marked, as fakesink tells. @param {string} folder @param {string} caps
 * @param {readonly GdpItem[]} items @param {string} chain
 */
export function markersThroughGst(folder, caps, items, chain) {
  const { stdout } = runPeer("gst-launch-1.0", [
    ...["-v", ...source(folder, caps, items), ...chain.split(/\s+/)],
    ...["!", "fakesink", "silent=false"],
  ]);
  const chained = stdout.toString().match(/last-message = chain .*flags: .*/g) ?? [];
  return chained.map((line) => /flags: [0-9a-f]+ [^,]*\bmarker\b/.test(line));
}

/** @param {string} folder @param {string} caps @param {readonly GdpItem[]} items */
function source(folder, caps, items) {
  const file = join(folder, "items.gdp");
  writeFileSync(file, encodeGdp(caps, items));
  return ["filesrc", `location=${file}`, "!", "gdpdepay", "!"];
}

/** The buffers among them. @param {readonly GdpItem[]} items */
export function buffersOf(items) {
  return items.flatMap((item) => (item.type === "buffer" ? [item] : []));
}

/**
 * A stream of `items` that begins with its caps. @param {string} caps @param {readonly GdpItem[]} items
 */
export function encodeGdp(caps, items) {
  const start = "GstEventStreamStart, stream-id=(string)x, group-id=(uint)1;";
  return Buffer.concat([
    packet(STREAM_START, text(start)),
    packet(CAPS, text(caps)),
    packet(SEGMENT, text(SEGMENT_OF_TIME)),
    ...items.map(encodeItem),
  ]);
}

/** @param {GdpItem} item */
function encodeItem(item) {
  switch (item.type) {
    case "caps":
      return packet(CAPS, text(item.caps));
    case "gap": {
      const { pts, duration = NONE } = item;
      return packet(
        GAP,
        text(`GstEventGap, timestamp=(guint64)${pts}, duration=(guint64)${duration};`),
      );
    }
    case "buffer": {
      const flags = item.marker ? MARKER : 0;
      return packet(BUFFER, item.data, { pts: item.pts, duration: item.duration, flags });
    }
  }
}

/** @param {string} value */
function text(value) {
  return Buffer.from(`${value}\0`);
}

/**
 * @param {number} type @param {Uint8Array} payload
 * @param {{ pts?: bigint | undefined, duration?: bigint | undefined, flags?: number }} [fields]
 */
function packet(type, payload, { pts = NONE, duration = NONE, flags = 0 } = {}) {
  const header = Buffer.alloc(HEADER);
  header[0] = 1;
  header.writeUInt16BE(type, 4);
  header.writeUInt32BE(payload.length, 6);
  header.writeBigUInt64BE(pts, 10);
  header.writeBigUInt64BE(duration, 18);
  header.writeBigUInt64BE(NONE, 26);
  header.writeBigUInt64BE(NONE, 34);
  header.writeUInt16BE(flags, 42);
  header.writeBigUInt64BE(NONE, 44);
  return Buffer.concat([header, payload]);
}

/** The caps and buffers of a stream; other events, gaps too, are left out. @param {Buffer} bytes @returns {GdpItem[]} */
export function decodeGdp(bytes) {
  /** @type {GdpItem[]} */
  const items = [];
  let at = 0;
  while (at < bytes.length) {
    const type = bytes.readUInt16BE(at + 4);
    const end = at + HEADER + bytes.readUInt32BE(at + 6);
    const data = new Uint8Array(bytes.subarray(at + HEADER, end));
    if (type === CAPS)
      items.push({ type: "caps", caps: new TextDecoder().decode(data.slice(0, -1)) });
    else if (type === BUFFER) {
      items.push({
        type: "buffer",
        data,
        ...time("pts", bytes.readBigUInt64BE(at + 10)),
        ...time("duration", bytes.readBigUInt64BE(at + 18)),
      });
    }
    at = end;
  }
  return items;
}

/** @template {string} Name @param {Name} name @param {bigint} value */
function time(name, value) {
  return value === NONE ? {} : { [name]: value };
}
