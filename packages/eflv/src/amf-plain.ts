import type { Amf3Value, AmfProperties, AmfValue } from "./amf-value.js";
import { fourCcText, isKnownFourCc, swappedFourCc } from "./four-cc.js";

/**
 * An AMF value as plain JavaScript, for reading and for `JSON.stringify`: objects without prototype, so that a key
 * `__proto__` is a key, arrays, `Date`s, strings, numbers. A dictionary becomes an array of pairs, a vector an array;
 * references and Unsupported become `undefined`. AMF3 objects that contain themselves do so in the result.
 */
export function amfToPlain(value: AmfValue | Amf3Value): unknown {
  return toPlain(value, new Map());
}

function toPlain(value: AmfValue | Amf3Value, seen: Map<object, unknown>): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (seen.has(value)) return seen.get(value);
  const members = (properties: AmfProperties<AmfValue | Amf3Value>, object: object): object => {
    for (const [key, member] of properties) {
      Object.defineProperty(object, key, {
        value: toPlain(member, seen),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return object;
  };
  const list = (values: readonly (AmfValue | Amf3Value)[], array: unknown[]): unknown[] => {
    for (const member of values) array.push(toPlain(member, seen));
    return array;
  };
  const entered = <T>(plain: T): T => {
    seen.set(value, plain);
    return plain;
  };
  switch (value.type) {
    case "object":
    case "ecma-array":
    case "typed-object":
      return members(value.properties, entered(Object.create(null) as object));
    case "strict-array":
    case "vector":
      return list(value.values, entered([]));
    case "array": {
      const array = list(value.values, entered([]));
      return value.properties.size === 0 ? array : members(value.properties, array);
    }
    case "dictionary": {
      const array = entered<unknown[]>([]);
      for (const entry of value.entries) array.push(list(entry, []));
      return array;
    }
    case "date":
      return new Date(value.time);
    case "long-string":
    case "xml":
      return value.value;
    case "bytes":
      return value.bytes;
    case "amf3":
      return toPlain(value.value, seen);
    case "reference":
    case "unsupported":
      return undefined;
  }
}

/**
 * The complex values of a message in order of appearance, which AMF0 references count: `table[reference.index]` is
 * what a reference means. An index outside is a fault of the writer.
 */
export function amfReferenceTable(values: readonly AmfValue[]): readonly AmfValue[] {
  const table: AmfValue[] = [];
  const visit = (value: AmfValue): void => {
    if (typeof value !== "object" || value === null) return;
    if (value.type === "strict-array") {
      table.push(value);
      value.values.forEach(visit);
    } else if ("properties" in value) {
      table.push(value);
      value.properties.forEach(visit);
    }
  };
  values.forEach(visit);
  return table;
}

const LEGACY_AUDIO: readonly (string | undefined)[] = [
  ...["pcm", "adpcm", "mp3", "pcm-le", "nellymoser-16k", "nellymoser-8k", "nellymoser"],
  ...["g711-alaw", "g711-mulaw", undefined, "aac", "speex", undefined, undefined, "mp3-8k"],
];
const LEGACY_VIDEO: readonly (string | undefined)[] = [
  ...[undefined, "jpeg", "h263", "screen", "vp6", "vp6-alpha", "screen2", "avc"],
];

/**
 * What audiocodecid or videocodecid of onMetaData means: a FourCC, also with its bytes reversed, or a legacy name.
 * @returns `undefined` for a number that means nothing
 */
export function codecOfMetadata(kind: "audio" | "video", id: number): string | undefined {
  const swapped = swappedFourCc(id);
  if (swapped !== undefined) return swapped;
  if (id >= 256 && id <= 0xffffffff) {
    const text = fourCcText(id);
    return isKnownFourCc(text) ? text : undefined;
  }
  return (kind === "audio" ? LEGACY_AUDIO : LEGACY_VIDEO)[id];
}
