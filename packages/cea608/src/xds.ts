import { Kind, pairKind } from "./codes.js";
import { type Cea608Issue, fail } from "./issues.js";
import { hasParity, withParity } from "./parity.js";

/** The classes in the order of their start codes `01`, `03` … `0D` (CTA-608-E 9.3). */
export const XDS_CLASSES = [
  "current",
  "future",
  "channel",
  "misc",
  "public",
  "reserved",
  "private",
] as const;

/** What an XDS packet is about. */
export type XdsClass = (typeof XDS_CLASSES)[number];

/** One packet of the extended data service, undecoded. See `decodeXdsContent`. */
export interface XdsPacket {
  readonly class: XdsClass;
  /** 1 to 7F. */
  readonly type: number;
  /** 0 to 32 informational bytes, seven bits each, without the pad that makes the count even. */
  readonly data: Uint8Array;
}

/** Most informational bytes of a packet (CTA-608-E 9.2). */
export const XDS_MAX_DATA = 32;

/** Bytes of the packet on the wire. */
export function sizeOfXdsPacket(packet: XdsPacket): number {
  return 4 + packet.data.length + (packet.data.length & 1);
}

/**
 * The packet as sent without interruption: start pair, data, pad, `0F` and checksum, all with parity.
 * @throws {RangeError} when the type, a byte or the length does not fit.
 */
export function encodeXdsPacket(packet: XdsPacket): Uint8Array<ArrayBuffer> {
  const { type, data } = packet;
  const index = XDS_CLASSES.indexOf(packet.class);
  if (index < 0) throw new RangeError(`class: ${packet.class}`);
  if (!Number.isInteger(type) || type < 1 || type > 0x7f) throw new RangeError(`type: ${type}`);
  if (data.length > XDS_MAX_DATA) throw new RangeError(`data: ${data.length} bytes`);
  const bytes = new Uint8Array(sizeOfXdsPacket(packet));
  bytes[0] = 2 * index + 1;
  bytes[1] = type;
  for (let i = 0; i < data.length; i++) {
    const byte = data[i] as number;
    if (byte < 0x20 || byte > 0x7f) throw new RangeError(`data[${i}]: ${byte} is no XDS data`);
    bytes[2 + i] = byte;
  }
  bytes[bytes.length - 2] = 0x0f;
  let sum = 0;
  for (const byte of bytes) sum += byte;
  bytes[bytes.length - 1] = -sum & 0x7f;
  for (let i = 0; i < bytes.length; i++) bytes[i] = withParity(bytes[i] as number);
  return bytes;
}

/**
 * One whole packet from its start pair to its checksum (CTA-608-E 9.2). `data` is a copy without parity.
 * @throws {FormatError} `truncated`, `parity`, `xdsSequence`, `xdsLength`, `invalidPair` or `xdsChecksum`.
 */
export function decodeXdsPacket(bytes: Uint8Array): XdsPacket {
  const clause = "CTA-608-E 9.2";
  if (bytes.length < 4) fail("truncated", `${bytes.length} bytes`, "packet", bytes.length, clause);
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (!hasParity(byte)) fail("parity", "even parity", "packet", i, clause);
    sum += byte & 0x7f;
  }
  const first = (bytes[0] as number) & 0x7f;
  const type = (bytes[1] as number) & 0x7f;
  if (first > 0x0d || (first & 1) === 0) fail("xdsSequence", "no start code", "class", 0, clause);
  if (type === 0) fail("xdsSequence", "no type", "type", 1, clause);
  const end = bytes.length - 2;
  if (end % 2 !== 0 || ((bytes[end] as number) & 0x7f) !== 0x0f) {
    fail("xdsSequence", "no end code before the checksum", "end", end, clause);
  }
  let length = end - 2;
  if (length > 0 && ((bytes[end - 1] as number) & 0x7f) === 0) length--;
  if (length > XDS_MAX_DATA) fail("xdsLength", `${length} bytes`, "data", 2, clause);
  const data = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const byte = (bytes[2 + i] as number) & 0x7f;
    if (byte < 0x20) fail("invalidPair", "a control byte in the data", "data", 2 + i, clause);
    data[i] = byte;
  }
  if ((sum & 0x7f) !== 0) {
    fail("xdsChecksum", `sum is ${sum & 0x7f}, not 0`, "checksum", end + 1, clause);
  }
  return { class: XDS_CLASSES[first >> 1] as XdsClass, type, data };
}

/** What a pair brought about. */
export interface XdsResult {
  /** The packet that the pair completed. */
  readonly packet?: XdsPacket;
  readonly issue?: Cea608Issue;
}

interface OpenPacket {
  readonly data: Uint8Array;
  length: number;
  sum: number;
}

/**
 * Collects the packets of field 2, interrupted and resumed ones too (CTA-608-E 9.2). Feed it every pair of the field
 * whose parity is right, captions included: a caption control pair interrupts the packet that is open.
 * At most one packet of each class and type is held, 42 kB in the worst case.
 */
export class XdsParser {
  readonly #open = new Map<number, OpenPacket>();
  #current = 0;
  #offset = 0;

  /** True while characters belong to a packet and not to captions. */
  get active(): boolean {
    return this.#current !== 0;
  }

  /** One pair; the parity bits are ignored. Returns `undefined` when nothing is to be told. */
  push(word: number): XdsResult | undefined {
    const first = (word >>> 8) & 0x7f;
    const second = word & 0x7f;
    const offset = this.#offset;
    this.#offset += 2;
    if (first === 0x0f) return this.#end(second, offset);
    if (first > 0 && first < 0x0f) return this.#start(first, second, offset);
    if (first >= 0x10 && first < 0x20) {
      if (pairKind(first, second) !== Kind.reserved) this.#current = 0;
    } else if ((first | second) !== 0 && this.#current !== 0)
      return this.#append(first, second, offset);
    return undefined;
  }

  /** Forget everything. */
  reset(): void {
    this.#open.clear();
    this.#current = 0;
    this.#offset = 0;
  }

  #start(first: number, type: number, offset: number): XdsResult | undefined {
    if (type === 0) {
      this.#current = 0;
      return issue("xdsSequence", "type", "a packet of type 0", offset);
    }
    const start = (first - 1) | 1;
    const key = (((first - 1) >> 1) << 7) | type | KEY;
    this.#current = key;
    const open = this.#open.get(key);
    if ((first & 1) === 0) {
      if (open !== undefined) return undefined;
      this.#current = 0;
      return issue("xdsSequence", "class", "a packet that was not begun is continued", offset);
    }
    this.#open.set(key, {
      data: open?.data ?? new Uint8Array(XDS_MAX_DATA),
      length: 0,
      sum: start + type,
    });
    if (open === undefined) return undefined;
    return issue("xdsSequence", "class", "a packet was begun again before its end", offset);
  }

  #append(first: number, second: number, offset: number): XdsResult | undefined {
    const open = this.#open.get(this.#current);
    if (open === undefined) return undefined;
    if (pairKind(first, second) === Kind.invalid) {
      this.#drop();
      return issue("invalidPair", "data", "a control byte in the data", offset);
    }
    const size = (first === 0 ? 0 : 1) + (second === 0 ? 0 : 1);
    if (open.length + size > XDS_MAX_DATA) {
      this.#drop();
      return issue("xdsLength", "data", `more than ${XDS_MAX_DATA} bytes`, offset);
    }
    if (first !== 0) open.data[open.length++] = first;
    if (second !== 0) open.data[open.length++] = second;
    open.sum += first + second;
    return undefined;
  }

  #drop(): void {
    this.#open.delete(this.#current);
    this.#current = 0;
  }

  #end(checksum: number, offset: number): XdsResult {
    const key = this.#current;
    const open = this.#open.get(key);
    this.#current = 0;
    if (open === undefined) return issue("xdsSequence", "end", "no packet is open", offset);
    this.#open.delete(key);
    const sum = (open.sum + 0x0f + checksum) & 0x7f;
    if (sum !== 0) return issue("xdsChecksum", "checksum", `sum is ${sum}, not 0`, offset);
    const type = key & 0x7f;
    const xdsClass = XDS_CLASSES[(key & ~KEY) >> 7] as XdsClass;
    return { packet: { class: xdsClass, type, data: open.data.slice(0, open.length) } };
  }
}

// Keeps the key of class 0, type 0 apart from "none".
const KEY = 0x400;

function issue(
  code: Cea608Issue["code"],
  field: string,
  message: string,
  offset: number,
): XdsResult {
  return {
    issue: { code, severity: "error", offset, field: `xds.${field}`, message: `${message}.` },
  };
}
