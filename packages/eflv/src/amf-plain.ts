import type { Amf3Value, AmfValue } from "./amf-value.js";
import { fourCcText, isKnownFourCc, swappedFourCc } from "./four-cc.js";

/** Values that references may repeat in one result: lists of a list twice, often enough, fill any memory when printed. */
const MAX_REPEATED = 65_536;

/**
 * An AMF value as plain JavaScript, for reading and for `JSON.stringify`: objects without prototype, so that a key
 * `__proto__` is a key, arrays, `Date`s, strings, numbers. A dictionary becomes an array of pairs, a vector an array, an
 * AMF3 array with named members an object with its indices among the names. AMF0 references and Unsupported become
 * `undefined`, as does an AMF3 value inside itself, and one that is repeated too often.
 */
export function amfToPlain(value: AmfValue | Amf3Value): unknown {
  return new PlainBuilder().convert(value);
}

type AnyAmfObject = Extract<AmfValue | Amf3Value, object>;

class PlainBuilder {
  readonly #done = new Map<object, { readonly plain: unknown; readonly size: number }>();
  /** Those whose members are being converted. */
  readonly #open = new Set<object>();
  /** Values in the result, each as often as it is there. */
  #size = 0;
  #repeatable = MAX_REPEATED;

  convert(value: AmfValue | Amf3Value): unknown {
    this.#size++;
    if (typeof value !== "object" || value === null) return value;
    if (this.#open.has(value)) return undefined;
    const done = this.#done.get(value);
    if (done !== undefined) return this.#repeat(done.plain, done.size);
    const before = this.#size;
    this.#open.add(value);
    const plain = this.#object(value);
    this.#open.delete(value);
    this.#done.set(value, { plain, size: this.#size - before });
    return plain;
  }

  #repeat(plain: unknown, size: number): unknown {
    if (size > this.#repeatable) return undefined;
    this.#repeatable -= size;
    this.#size += size;
    return plain;
  }

  #object(value: AnyAmfObject): unknown {
    switch (value.type) {
      case "object":
      case "ecma-array":
      case "typed-object":
        return this.#members([...value.properties]);
      case "strict-array":
      case "vector":
        return this.#list(value.values);
      case "array":
        return value.properties.size === 0
          ? this.#list(value.values)
          : this.#members([...Object.entries(value.values), ...value.properties]);
      case "dictionary":
        return value.entries.map((entry) => this.#list(entry));
      case "date":
        return new Date(value.time);
      case "long-string":
      case "xml":
        return value.value;
      case "bytes":
        return value.bytes;
      case "amf3":
        return this.convert(value.value);
      case "reference":
      case "unsupported":
        return undefined;
    }
  }

  #list(values: readonly (AmfValue | Amf3Value)[]): unknown[] {
    return values.map((member) => this.convert(member));
  }

  #members(entries: readonly (readonly [string, AmfValue | Amf3Value])[]): object {
    const object = Object.create(null) as Record<string, unknown>;
    for (const [key, member] of entries) object[key] = this.convert(member);
    return object;
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
