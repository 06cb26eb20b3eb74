import { fits } from "./fits.js";
import { lengthError } from "./payload-error.js";
import { wordOf } from "./word.js";

const CLAUSE = "RDD 8";
const NESTED_HEADER = 3;

/** A packet inside an ANC multipacket. It has no checksum of its own. */
export interface NestedAncPacket {
  /** The line and field word before the packet, 8 bits. */
  readonly lineField: number;
  readonly did: number;
  readonly sdid: number;
  /** User data words, ten bits each with their own parity; a view when decoded. */
  readonly userDataWords: Uint16Array;
}

/** OP-47 ANC multipacket, DID 43 SDID 03 (RDD 8). */
export interface Op47Multipacket {
  readonly priority: number;
  readonly packets: readonly NestedAncPacket[];
}

/**
 * Decode the user data words of an ANC multipacket, all ten bits of them: `userDataWords(packet)`.
 * @throws {FormatError} `length` when there is no first line and field word, or a nested packet is cut off; offsets
 *   count words.
 */
export function decodeOp47Multipacket(words: Uint16Array): Op47Multipacket {
  if (words.length < 2) throw lengthError("multipacket", 0, "at least 2", words.length, CLAUSE);
  const byte = (at: number): number => (words[at] as number) & 0xff;
  const packets: NestedAncPacket[] = [];
  // A line and field word with nothing behind it ends an empty multipacket.
  for (let at = 1; at + 1 < words.length; ) {
    const left = words.length - at - 1;
    if (left < NESTED_HEADER) throw lengthError("nested", at + 1, NESTED_HEADER, left, CLAUSE);
    const start = at + 1 + NESTED_HEADER;
    const end = start + byte(at + 3);
    if (end > words.length) {
      throw lengthError("dataCount", at + 3, byte(at + 3), words.length - start, CLAUSE);
    }
    const [lineField, did, sdid] = [byte(at), byte(at + 1), byte(at + 2)];
    packets.push({ lineField, did, sdid, userDataWords: words.subarray(start, end) });
    at = end;
    if (at + 1 === words.length) throw lengthError("nested", at + 1, NESTED_HEADER, 0, CLAUSE);
  }
  return { priority: byte(0), packets };
}

/**
 * Encode the user data words of an ANC multipacket. Priority, line and field, and the headers get their parity; the
 * nested words are taken as they are.
 * @throws {RangeError} when there is no packet, a value does not fit its field, or the result exceeds 255 words.
 */
export function encodeOp47Multipacket(multipacket: Op47Multipacket): Uint16Array<ArrayBuffer> {
  const { priority, packets } = multipacket;
  fits("priority", priority, 0xff);
  const size = packets.reduce((sum, p) => sum + 1 + NESTED_HEADER + p.userDataWords.length, 1);
  fits("packets", size, 0xff, 2);
  const words = new Uint16Array(size);
  words[0] = wordOf(priority);
  let at = 1;
  for (const { lineField, did, sdid, userDataWords } of packets) {
    fits("lineField", lineField, 0xff);
    fits("did", did, 0xff);
    fits("sdid", sdid, 0xff);
    words.set([lineField, did, sdid, userDataWords.length].map(wordOf), at);
    for (const word of userDataWords) fits("userDataWord", word, 0x3ff);
    words.set(userDataWords, at + 1 + NESTED_HEADER);
    at += 1 + NESTED_HEADER + userDataWords.length;
  }
  return words;
}
