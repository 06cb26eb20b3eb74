import { type AmfErrorCode, tagError } from "./errors.js";

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Deepest nesting of values, the outermost being 1. */
export const AMF_MAX_DEPTH = 32;

/** Most objects and arrays in a message: two bytes can make one, which then costs a hundred. */
export const AMF_MAX_OBJECTS = 65_536;

/** Reads the primitives of both AMF versions, with every length checked. */
export class AmfReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;
  /** An object ended with the input instead of its end marker. */
  missingEnd = false;
  /** Objects that may still come. */
  objectsLeft: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, at: number, end: number, objectsLeft: number = AMF_MAX_OBJECTS) {
    this.objectsLeft = objectsLeft;
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.end - this.at;
  }

  uint8(field: string): number {
    return this.#view.getUint8(this.#take(1, field));
  }

  uint16(field: string): number {
    return this.#view.getUint16(this.#take(2, field));
  }

  int16(field: string): number {
    return this.#view.getInt16(this.#take(2, field));
  }

  uint32(field: string): number {
    return this.#view.getUint32(this.#take(4, field));
  }

  int32(field: string): number {
    return this.#view.getInt32(this.#take(4, field));
  }

  double(field: string): number {
    return this.#view.getFloat64(this.#take(8, field));
  }

  /** Invalid UTF-8 becomes U+FFFD. */
  text(length: number, field: string): string {
    const at = this.#take(length, field);
    return utf8.decode(this.bytes.subarray(at, at + length));
  }

  view(length: number, field: string): Uint8Array {
    const at = this.#take(length, field);
    return this.bytes.subarray(at, at + length);
  }

  fail(code: AmfErrorCode, message: string, field: string): Error {
    return tagError(code, message, field, this.at);
  }

  /** Refuse a count that cannot fit what is left, before anything is allocated for it. */
  checkCount(count: number, bytesEach: number): void {
    if (count * bytesEach > this.remaining) {
      throw this.fail("amf-count", `${count} elements in ${this.remaining} bytes`, "count");
    }
  }

  /** Count a value that becomes an object. */
  countObject(): void {
    if (this.objectsLeft-- > 0) return;
    throw this.fail("amf-count", `more than ${AMF_MAX_OBJECTS} objects`, "value");
  }

  #take(length: number, field: string): number {
    const at = this.at;
    if (length > this.end - at) {
      throw this.fail("amf-truncated", `${length - (this.end - at)} bytes short`, field);
    }
    this.at = at + length;
    return at;
  }
}
