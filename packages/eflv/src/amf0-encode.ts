import type { AmfProperties, AmfValue } from "./amf-value.js";

const utf8 = new TextEncoder();

/**
 * Encode AMF0 values one behind the other. A string above 65535 bytes becomes a long string.
 * @throws {RangeError} for a key or class name above 65535 bytes, or nesting deeper than 32
 */
export function encodeAmf0Values(values: readonly AmfValue[]): Uint8Array<ArrayBuffer> {
  const writer = new AmfWriter();
  for (const value of values) writer.value(value, 1);
  return writer.finish();
}

/** Writes AMF0 into a buffer that grows. */
class AmfWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  value(value: AmfValue, depth: number): void {
    if (depth > 32) throw new RangeError("AMF0 value nested deeper than 32");
    if (value === undefined) this.#uint8(0x06);
    else if (value === null) this.#uint8(0x05);
    else if (typeof value === "number") {
      this.#uint8(0x00);
      this.#double(value);
    } else if (typeof value === "boolean") {
      this.#uint8(0x01);
      this.#uint8(value ? 1 : 0);
    } else if (typeof value === "string") this.#string(value);
    else this.#tagged(value, depth);
  }

  #tagged(
    value: Exclude<AmfValue, number | boolean | string | null | undefined>,
    depth: number,
  ): void {
    switch (value.type) {
      case "object":
        this.#uint8(0x03);
        this.#properties(value.properties, depth);
        break;
      case "ecma-array":
        this.#uint8(0x08);
        this.#uint32(value.count);
        this.#properties(value.properties, depth);
        break;
      case "typed-object":
        this.#uint8(0x10);
        this.#text16(value.className, "className");
        this.#properties(value.properties, depth);
        break;
      case "strict-array":
        this.#uint8(0x0a);
        this.#uint32(value.values.length);
        for (const element of value.values) this.value(element, depth + 1);
        break;
      case "date":
        this.#uint8(0x0b);
        this.#double(value.time);
        this.#uint16(value.timeZone & 0xffff);
        break;
      case "long-string":
        this.#text32(0x0c, value.value);
        break;
      case "xml":
        this.#text32(0x0f, value.value);
        break;
      case "reference":
        this.#uint8(0x07);
        this.#uint16(value.index);
        break;
      case "unsupported":
        this.#uint8(0x0d);
        break;
      case "amf3":
        this.#uint8(0x11);
        this.#put(value.bytes);
        break;
      default: {
        const never: never = value;
        throw new TypeError(`not an AMF value: ${String(never)}`);
      }
    }
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#at);
  }

  #properties(properties: AmfProperties, depth: number): void {
    for (const [key, value] of properties) {
      if (key === "") throw new RangeError("AMF0 has no empty key");
      this.#text16(key, "key");
      this.value(value, depth + 1);
    }
    this.#uint16(0);
    this.#uint8(0x09);
  }

  #string(text: string): void {
    const bytes = utf8.encode(text);
    if (bytes.length > 0xffff) {
      this.#text32(0x0c, text);
      return;
    }
    this.#uint8(0x02);
    this.#uint16(bytes.length);
    this.#put(bytes);
  }

  #text16(text: string, field: string): void {
    const bytes = utf8.encode(text);
    if (bytes.length > 0xffff) throw new RangeError(`${field}: ${bytes.length} bytes`);
    this.#uint16(bytes.length);
    this.#put(bytes);
  }

  #text32(marker: number, text: string): void {
    const bytes = utf8.encode(text);
    this.#uint8(marker);
    this.#uint32(bytes.length);
    this.#put(bytes);
  }

  #uint8(value: number): void {
    const at = this.#reserve(1);
    this.#view.setUint8(at, value);
  }

  #uint16(value: number): void {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value);
  }

  #uint32(value: number): void {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value);
  }

  #double(value: number): void {
    const at = this.#reserve(8);
    this.#view.setFloat64(at, value);
  }

  #put(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  #reserve(count: number): number {
    const at = this.#at;
    this.#at += count;
    if (this.#at > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#at, 2 * this.#bytes.length));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}
