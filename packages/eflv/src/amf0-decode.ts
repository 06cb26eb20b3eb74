import { plain } from "@x/bits";
import { AMF_MAX_DEPTH, AmfReader } from "./amf-reader.js";
import type { AmfProperties, AmfValue } from "./amf-value.js";
import { decodeAmf3 } from "./amf3.js";

/** The values of a message, and whether its last object lacked its end marker. */
export interface AmfValues {
  readonly values: readonly AmfValue[];
  /** Warning `amf-missing-end`. */
  readonly missingEnd: boolean;
}

/**
 * Decode AMF0 values to the end of the bytes. One surplus object end in the last three bytes is passed over.
 * @returns byte arrays inside are views
 * @throws {FormatError} `amf-truncated`, `amf-type`, `amf-depth`, `amf-count`, `amf-object-end`
 */
export function decodeAmf0Values(bytes: Uint8Array): AmfValues {
  const input = plain(bytes);
  const reader = new AmfReader(input, 0, input.length);
  const values = readAmf0Values(reader);
  return { values, missingEnd: reader.missingEnd };
}

/** As {@link decodeAmf0Values}, from where `reader` stands. */
export function readAmf0Values(reader: AmfReader): AmfValue[] {
  const values: AmfValue[] = [];
  while (reader.remaining > 0 && !isSurplusEnd(reader)) values.push(readAmf0(reader, 1));
  return values;
}

/** FLV 9 closed script data with an object end. */
function isSurplusEnd({ bytes, at, remaining }: AmfReader): boolean {
  return remaining === 3 && bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 9;
}

/** One value; `depth` is its own, 1 for the outermost. */
export function readAmf0(reader: AmfReader, depth: number): AmfValue {
  if (depth > AMF_MAX_DEPTH) throw reader.fail("amf-depth", "nested too deep", "value");
  const marker = reader.uint8("marker");
  if (marker > 0x02 && marker !== 0x05 && marker !== 0x06) reader.countObject();
  switch (marker) {
    case 0x00:
      return reader.double("number");
    case 0x01:
      return reader.uint8("boolean") !== 0;
    case 0x02:
      return reader.text(reader.uint16("stringLength"), "string");
    case 0x03:
      return { type: "object", properties: readProperties(reader, depth) };
    case 0x05:
      return null;
    case 0x06:
      return undefined;
    case 0x07:
      return { type: "reference", index: reader.uint16("reference") };
    case 0x08: {
      const count = reader.uint32("ecmaArrayCount");
      return { type: "ecma-array", count, properties: readProperties(reader, depth) };
    }
    case 0x0a:
      return { type: "strict-array", values: readStrictArray(reader, depth) };
    case 0x0b: {
      const time = reader.double("date");
      return { type: "date", time, timeZone: reader.int16("timeZone") };
    }
    case 0x0c: {
      const length = reader.uint32("longStringLength");
      const value = reader.text(length, "longString");
      return length > 0xffff ? value : { type: "long-string", value };
    }
    case 0x0d:
      return { type: "unsupported" };
    case 0x0f:
      return { type: "xml", value: reader.text(reader.uint32("xmlLength"), "xml") };
    case 0x10: {
      const className = reader.text(reader.uint16("classNameLength"), "className");
      return { type: "typed-object", className, properties: readProperties(reader, depth) };
    }
    case 0x11: {
      const start = reader.at;
      const value = decodeAmf3(reader, depth);
      return { type: "amf3", value, bytes: reader.bytes.subarray(start, reader.at) };
    }
    case 0x09:
      throw reader.fail("amf-object-end", "object end where a value must stand", "marker");
    default:
      throw reader.fail("amf-type", `marker ${marker}`, "marker");
  }
}

function readProperties(reader: AmfReader, depth: number): AmfProperties {
  const properties = new Map<string, AmfValue>();
  for (;;) {
    if (reader.remaining === 0) {
      reader.missingEnd = true;
      return properties;
    }
    const length = reader.uint16("keyLength");
    if (length === 0) {
      const marker = reader.uint8("objectEnd");
      if (marker === 0x09) return properties;
      throw reader.fail("amf-object-end", `marker ${marker} behind an empty key`, "objectEnd");
    }
    const key = reader.text(length, "key");
    properties.set(key, readAmf0(reader, depth + 1));
  }
}

function readStrictArray(reader: AmfReader, depth: number): AmfValue[] {
  const count = reader.uint32("strictArrayCount");
  reader.checkCount(count, 1);
  const values: AmfValue[] = [];
  for (let i = 0; i < count; i++) values.push(readAmf0(reader, depth + 1));
  return values;
}
