import { BitReader } from "@x/bits";
import { type A53Captions, decodeA53UserData, encodeA53UserData } from "./a53.js";
import { captionError } from "./issue.js";

const SCTE20_TYPE = 0x03;
const DVD_IDENTIFIER = [0x43, 0x43, 0x01, 0xf8];

/** One construct of SCTE 20: a line-21 pair of one field of the picture. */
export interface Scte20Pair {
  /** 0 to 3. */
  readonly ccPriority: number;
  /** 1 first displayed field, 2 second, 3 third (a repeated first field); 0 is forbidden. */
  readonly fieldNumber: number;
  /** 5 bits; 12 in 525-line systems is line 21 or 284. */
  readonly lineOffset: number;
  readonly ccData1: number;
  readonly ccData2: number;
}

/** What a picture's user data holds, whichever of the three forms it has. */
export type Mpeg2Captions =
  | { readonly kind: "a53"; readonly captions: A53Captions }
  | { readonly kind: "scte20"; readonly pairs: readonly Scte20Pair[] }
  | { readonly kind: "dvd"; readonly ccData: Uint8Array<ArrayBuffer> };

/**
 * Decode what stands behind an MPEG-2 user_data start code (`00 00 01 B2`): A/53, SCTE 20 or DVD captions.
 *
 * @returns `undefined` when it is none of them.
 * @throws {FormatError} `truncated`.
 */
export function decodeMpeg2UserData(bytes: Uint8Array): Mpeg2Captions | undefined {
  const captions = decodeA53UserData(bytes);
  if (captions !== undefined) return { kind: "a53", captions };
  if (DVD_IDENTIFIER.every((byte, index) => bytes[index] === byte)) {
    return { kind: "dvd", ccData: decodeDvdUserData(bytes) };
  }
  if (bytes[0] === SCTE20_TYPE && ((bytes[1] ?? 0) & 0x7f) === 1) {
    return { kind: "scte20", pairs: decodeScte20(bytes) };
  }
  return undefined;
}

/** A/53 user data with its start code, ready to go behind the picture header's extensions. */
export function encodeMpeg2UserData(captions: Uint8Array | A53Captions): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([0, 0, 1, 0xb2, ...encodeA53UserData(captions)]);
}

/** SCTE 20, bytes `03 81` first. */
function decodeScte20(bytes: Uint8Array): Scte20Pair[] {
  const reader = new BitReader(bytes, 2);
  const count = bytes.length < 3 ? 0 : reader.read(5, "ccCount");
  if (bytes.length < 3 || (bytes.length - 2) * 8 < 5 + count * 26) {
    throw captionError("truncated", `${bytes.length} bytes for ${count} constructs`, {
      field: "cc",
      offset: bytes.length,
      clause: "SCTE 20",
    });
  }
  const pairs: Scte20Pair[] = [];
  for (let i = 0; i < count; i++) {
    const ccPriority = reader.read(2, "ccPriority");
    const fieldNumber = reader.read(2, "fieldNumber");
    const lineOffset = reader.read(5, "lineOffset");
    const ccData1 = reversed(reader.read(8, "ccData1"));
    const ccData2 = reversed(reader.read(8, "ccData2"));
    reader.read(1, "markerBit");
    pairs.push({ ccPriority, fieldNumber, lineOffset, ccData1, ccData2 });
  }
  return pairs;
}

/**
 * Encode SCTE 20 user data, `03 81` first; a fresh array.
 * @throws {RangeError} for more than 31 pairs, or a field that does not fit.
 */
export function encodeScte20UserData(pairs: readonly Scte20Pair[]): Uint8Array<ArrayBuffer> {
  const bytes = [SCTE20_TYPE, 0x81];
  let held = 1;
  const write = (width: number, value: number, field: string): void => {
    if (value >>> width !== 0) throw new RangeError(`${field}: ${value} is not ${width} bits`);
    for (let bit = width - 1; bit >= 0; bit--) {
      held = (held << 1) | ((value >> bit) & 1);
      if (held < 0x100) continue;
      bytes.push(held & 0xff);
      held = 1;
    }
  };
  write(5, pairs.length, "ccCount");
  for (const pair of pairs) {
    write(2, pair.ccPriority, "ccPriority");
    write(2, pair.fieldNumber, "fieldNumber");
    write(5, pair.lineOffset, "lineOffset");
    write(8, reversed(pair.ccData1), "ccData1");
    write(8, reversed(pair.ccData2), "ccData2");
    write(1, 1, "markerBit");
  }
  // Ones up to the byte: zeros could make a start code with what follows.
  while (held > 1) write(1, 1, "stuffing");
  return Uint8Array.from(bytes);
}

/** SCTE 20 pairs as cc_data triplets; which field a number names depends on top_field_first. */
export function scte20ToCcData(
  pairs: readonly Scte20Pair[],
  topFieldFirst: boolean,
): Uint8Array<ArrayBuffer> {
  const ccData: number[] = [];
  for (const { fieldNumber, ccData1, ccData2 } of pairs) {
    if (fieldNumber === 0) continue;
    const field1 = (fieldNumber !== 2) === topFieldFirst;
    ccData.push(field1 ? 0xfc : 0xfd, ccData1, ccData2);
  }
  return Uint8Array.from(ccData);
}

/** DVD user data as cc_data triplets. block_count is often wrong, so the blocks' own markers count. */
function decodeDvdUserData(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const ccData: number[] = [];
  for (let at = 5; at + 2 < bytes.length && ((bytes[at] as number) & 0xfe) === 0xfe; at += 3) {
    const field1 = (bytes[at] as number) === 0xff;
    ccData.push(field1 ? 0xfc : 0xfd, bytes[at + 1] as number, bytes[at + 2] as number);
  }
  return Uint8Array.from(ccData);
}

/**
 * Encode the line-21 triplets of cc_data as DVD user data, `43 43 01 F8` first; a fresh array.
 * @throws {RangeError} for more than 63 pairs.
 */
export function encodeDvdUserData(ccData: Uint8Array): Uint8Array<ArrayBuffer> {
  const blocks: number[] = [];
  for (let at = 0; at + 2 < ccData.length; at += 3) {
    const first = ccData[at] as number;
    if ((first & 6) !== 4) continue;
    blocks.push(0xff - (first & 1), ccData[at + 1] as number, ccData[at + 2] as number);
  }
  const count = blocks.length / 3;
  if (count > 63) throw new RangeError(`${count} pairs do not fit DVD user data`);
  const oddFirst = blocks[0] === 0xfe ? 0 : 0x80;
  // block_count counts pairs of blocks, extra_field says that there is one more: together the number of blocks.
  return Uint8Array.from([...DVD_IDENTIFIER, oddFirst | count, ...blocks]);
}

function reversed(byte: number): number {
  let out = 0;
  for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) out |= 0x80 >> bit;
  return out;
}
