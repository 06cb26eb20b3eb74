import { PendingBytes, uint16, uint32 } from "@x/bits";

/** A box of ISO/IEC 14496-12 4.2, or an atom of QuickTime. */
export interface Box {
  readonly type: string;
  /** What is behind the header. A view. */
  readonly body: Uint8Array;
}

const HEADER = 8;
const LARGE_HEADER = 16;

/** The boxes that `bytes` consist of. What is left over behind a size that cannot be is passed over. */
export function* boxes(bytes: Uint8Array): Generator<Box> {
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const header = headerAt(bytes, at);
    if (header === undefined) return;
    const { type, headerBytes, size = bytes.length - at } = header;
    if (at + size > bytes.length) return;
    yield { type, body: bytes.subarray(at + headerBytes, at + size) };
    at += size;
  }
}

/** The first box of a type behind a path of types. */
export function boxAt(bytes: Uint8Array, ...path: readonly string[]): Uint8Array | undefined {
  let inside = bytes;
  for (const type of path) {
    const found = [...boxes(inside)].find((box) => box.type === type);
    if (found === undefined) return undefined;
    inside = found.body;
  }
  return inside;
}

/** Fields behind version and flags (ISO/IEC 14496-12 4.2.2). What is missing counts as 0. */
export class FullBox {
  readonly version: number;
  readonly flags: number;
  readonly #body: Uint8Array;

  constructor(body: Uint8Array | undefined) {
    const whole = body !== undefined && body.length >= 4;
    const versionAndFlags = whole ? uint32(body, 0) : 0;
    this.version = versionAndFlags >>> 24;
    this.flags = versionAndFlags & 0xffffff;
    this.#body = whole ? body.subarray(4) : new Uint8Array(0);
  }

  get length(): number {
    return this.#body.length;
  }

  u8(at: number): number {
    return this.#body[at] ?? 0;
  }

  u16(at: number): number {
    return at + 2 <= this.length ? uint16(this.#body, at) : 0;
  }

  u32(at: number): number {
    return at + 4 <= this.length ? uint32(this.#body, at) : 0;
  }
}

interface BoxHeader {
  readonly type: string;
  readonly headerBytes: number;
  /** Header included; `undefined`: up to the end. */
  readonly size: number | undefined;
}

/** The header at `at`, of which eight bytes are there; `undefined` when it cannot be one, or is not whole. */
function headerAt(bytes: Uint8Array, at: number): BoxHeader | undefined {
  const short = uint32(bytes, at);
  const type = String.fromCharCode(...bytes.subarray(at + 4, at + HEADER));
  if (short === 0) return { type, headerBytes: HEADER, size: undefined };
  if (short !== 1) return short < HEADER ? undefined : { type, headerBytes: HEADER, size: short };
  if (at + LARGE_HEADER > bytes.length) return undefined;
  const size = uint32(bytes, at + 8) * 2 ** 32 + uint32(bytes, at + 12);
  const isSize = size >= LARGE_HEADER && Number.isSafeInteger(size);
  return isSize ? { type, headerBytes: LARGE_HEADER, size } : undefined;
}

/** Walks over the boxes of a file, in chunks of any size, and keeps only those that are asked for. */
export class BoxWalker {
  readonly #wanted: ReadonlySet<string>;
  readonly #maxSize: number;
  readonly #onBox: (box: Box) => void;
  readonly #pending = new PendingBytes();
  /** Where the pending bytes begin. */
  #at = 0;
  /** Where the last box that is known ends. */
  #end = 0;
  #last = "";
  #damagedAt: number | undefined;

  /** `maxSize`: a wanted box that is longer is passed over. */
  constructor(wanted: readonly string[], maxSize: number, onBox: (box: Box) => void) {
    this.#wanted = new Set(wanted);
    this.#maxSize = maxSize;
    this.#onBox = onBox;
  }

  /** Byte of the file at which the next `push` begins. */
  get next(): number {
    return Math.max(this.#end, this.#at + this.#pending.length);
  }

  /** Where bytes are that cannot be a box: nothing behind them was read. */
  get damagedAt(): number | undefined {
    return this.#damagedAt;
  }

  /** Type of the box in which a file of `size` bytes ends, if it does not end behind one. */
  cutAt(size: number): string | undefined {
    if (this.#damagedAt !== undefined) return undefined;
    if (this.#pending.length > 0) return this.#pending.length < HEADER ? "header" : this.#last;
    return this.#end > size && Number.isFinite(this.#end) ? this.#last : undefined;
  }

  push(chunk: Uint8Array): void {
    if (this.#damagedAt !== undefined) return;
    if (this.#pending.length === 0) this.#at = this.next;
    const bytes = this.#pending.append(chunk);
    let at = 0;
    while (at + HEADER <= bytes.length && this.#damagedAt === undefined) {
      const end = this.#box(bytes, at);
      if (end === at) break;
      at = Math.min(end, bytes.length);
    }
    this.#pending.keep(bytes, at);
    this.#at += at;
  }

  /** Where the box at `at` ends, or `at` when more of it is needed. */
  #box(bytes: Uint8Array, at: number): number {
    const header = headerAt(bytes, at);
    if (header === undefined) {
      const isShort = uint32(bytes, at) === 1 && bytes.length - at < LARGE_HEADER;
      if (!isShort) this.#damagedAt = this.#at + at;
      return at;
    }
    const { type, headerBytes, size = Number.POSITIVE_INFINITY } = header;
    this.#last = type;
    if (this.#wanted.has(type) && size <= this.#maxSize) {
      if (at + size > bytes.length) return at;
      this.#onBox({ type, body: bytes.subarray(at + headerBytes, at + size) });
    }
    this.#end = this.#at + at + size;
    return at + size;
  }
}
