import { AMF_MAX_DEPTH, type AmfReader } from "./amf-reader.js";
import type { Amf3Value } from "./amf-value.js";

interface Traits {
  readonly className: string;
  readonly dynamic: boolean;
  readonly names: readonly string[];
}

/** The reference tables of one AMF3 value. */
class Tables {
  readonly strings: string[] = [];
  readonly objects: Amf3Value[] = [];
  readonly traits: Traits[] = [];
}

/**
 * Decode the AMF3 value behind marker 11; its reference tables start empty. `depth` is the marker's.
 * @throws {FormatError} `amf-truncated`, `amf-type`, `amf-depth`, `amf-count`
 */
export function decodeAmf3(reader: AmfReader, depth: number): Amf3Value {
  return readAmf3(reader, depth, new Tables());
}

function readAmf3(reader: AmfReader, depth: number, tables: Tables): Amf3Value {
  if (depth > AMF_MAX_DEPTH) throw reader.fail("amf-depth", "nested too deep", "value");
  const marker = reader.uint8("marker");
  switch (marker) {
    case 0x00:
      return undefined;
    case 0x01:
      return null;
    case 0x02:
      return false;
    case 0x03:
      return true;
    case 0x04:
      // 29 bits, signed.
      return (readU29(reader) << 3) >> 3;
    case 0x05:
      return reader.double("double");
    case 0x06:
      return readString(reader, tables);
    case 0x07:
    case 0x0b:
    case 0x0c:
    case 0x08:
    case 0x09:
    case 0x0a:
    case 0x0d:
    case 0x0e:
    case 0x0f:
    case 0x10:
    case 0x11:
      return readComplex(reader, depth, tables, marker);
    default:
      throw reader.fail("amf-type", `AMF3 marker ${marker}`, "marker");
  }
}

/** Variable-length unsigned integer, AMF3 1.3.1. */
function readU29(reader: AmfReader): number {
  let value = 0;
  for (let i = 0; i < 3; i++) {
    const byte = reader.uint8("u29");
    value = (value << 7) | (byte & 0x7f);
    if (byte < 0x80) return value;
  }
  return (value << 8) | reader.uint8("u29");
}

function readString(reader: AmfReader, tables: Tables): string {
  const head = readU29(reader);
  if ((head & 1) === 0) return referenced(reader, tables.strings, head >> 1);
  const text = reader.text(head >> 1, "string");
  if (head > 1) tables.strings.push(text);
  return text;
}

function referenced<T>(reader: AmfReader, table: readonly T[], index: number): T {
  if (index >= table.length) throw reader.fail("amf-type", `reference ${index}`, "reference");
  return table[index] as T;
}

/** Everything that goes into the object table. A value is entered before its members, which can refer to it. */
function readComplex(reader: AmfReader, depth: number, tables: Tables, marker: number): Amf3Value {
  reader.countObject();
  const head = readU29(reader);
  if ((head & 1) === 0) return referenced(reader, tables.objects, head >> 1);
  const count = head >> 1;
  const entered = <T extends Amf3Value>(value: T): T => {
    tables.objects.push(value);
    return value;
  };
  const member = (): Amf3Value => readAmf3(reader, depth + 1, tables);
  switch (marker) {
    case 0x07:
    case 0x0b:
      return entered({ type: "xml", value: reader.text(count, "xml") });
    case 0x08:
      return entered({ type: "date", time: reader.double("date") });
    case 0x0c:
      return entered({ type: "bytes", bytes: reader.view(count, "byteArray") });
    case 0x09: {
      reader.checkCount(count, 1);
      const values: Amf3Value[] = [];
      const properties = new Map<string, Amf3Value>();
      const array = entered({ type: "array", values, properties });
      readNamed(reader, tables, properties, member);
      for (let i = 0; i < count; i++) values.push(member());
      return array;
    }
    case 0x0a: {
      const traits = readTraits(reader, tables, head);
      const properties = new Map<string, Amf3Value>();
      const object = entered({ type: "object", className: traits.className, properties });
      for (const name of traits.names) properties.set(name, member());
      if (traits.dynamic) readNamed(reader, tables, properties, member);
      return object;
    }
    case 0x11: {
      reader.checkCount(count, 2);
      const weakKeys = reader.uint8("weakKeys") !== 0;
      const entries: [Amf3Value, Amf3Value][] = [];
      const dictionary = entered({ type: "dictionary", weakKeys, entries });
      for (let i = 0; i < count; i++) entries.push([member(), member()]);
      return dictionary;
    }
    default:
      return readVector(reader, tables, marker, count, entered, member);
  }
}

/** Names and values up to the empty name. */
function readNamed(
  reader: AmfReader,
  tables: Tables,
  properties: Map<string, Amf3Value>,
  member: () => Amf3Value,
): void {
  for (let name = readString(reader, tables); name !== ""; name = readString(reader, tables)) {
    properties.set(name, member());
  }
}

function readTraits(reader: AmfReader, tables: Tables, head: number): Traits {
  if ((head & 2) === 0) return referenced(reader, tables.traits, head >> 2);
  if ((head & 4) !== 0) throw reader.fail("amf-type", "externalizable object", "traits");
  const count = head >> 4;
  reader.checkCount(count, 1);
  const className = readString(reader, tables);
  const names: string[] = [];
  for (let i = 0; i < count; i++) names.push(readString(reader, tables));
  const traits = { className, dynamic: (head & 8) !== 0, names };
  tables.traits.push(traits);
  return traits;
}

const ITEM_TYPES = ["int", "uint", "double", "object"] as const;
const ITEM_BYTES = [4, 4, 8, 1] as const;

function readVector(
  reader: AmfReader,
  tables: Tables,
  marker: number,
  count: number,
  entered: <T extends Amf3Value>(value: T) => T,
  member: () => Amf3Value,
): Amf3Value {
  const itemType = ITEM_TYPES[marker - 0x0d] as (typeof ITEM_TYPES)[number];
  reader.checkCount(count, ITEM_BYTES[marker - 0x0d] as number);
  const fixed = reader.uint8("fixedVector") !== 0;
  const className = itemType === "object" ? readString(reader, tables) : "";
  const values: Amf3Value[] = [];
  const vector = entered({ type: "vector", itemType, fixed, className, values });
  for (let i = 0; i < count; i++) {
    if (itemType === "int") values.push(reader.int32("int"));
    else if (itemType === "uint") values.push(reader.uint32("uint"));
    else if (itemType === "double") values.push(reader.double("double"));
    else values.push(member());
  }
  return vector;
}
