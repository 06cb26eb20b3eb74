/** A fraction as in caps: `30000/1001`. */
export interface Fraction {
  readonly numerator: number;
  readonly denominator: number;
}

/** The value of a caps field: fixed, one of several, or a range of numbers with both ends included. */
export type CapsValue =
  | string
  | number
  | boolean
  | Fraction
  | { readonly oneOf: readonly FixedValue[] }
  | { readonly from: number | Fraction; readonly to: number | Fraction };

/** A value that is one value. */
export type FixedValue = string | number | boolean | Fraction;

/** One alternative: a media type with fields. */
export interface CapsStructure {
  /** `closedcaption/x-cea-708` */
  readonly mediaType: string;
  readonly fields: Readonly<Record<string, CapsValue>>;
}

/** What a pad can carry: any of several structures, or anything at all. */
export type Caps = "ANY" | readonly CapsStructure[];

/** Caps of one structure. */
export function caps(mediaType: string, fields: Readonly<Record<string, CapsValue>> = {}): Caps {
  return [{ mediaType, fields }];
}

/**
 * Parse GStreamer's notation: `video/x-raw, framerate=(fraction)30/1, format={ I420, NV12 }; other/type`, or `ANY`.
 * @throws {SyntaxError} with the position in `text`.
 */
export function parseCaps(text: string): Caps {
  if (text.trim() === "ANY") return "ANY";
  return new CapsReader(text).all();
}

/**
 * The fields of a structure in GStreamer's notation: `program_map, sink_300=1, PMT_1=(uint)4096`.
 * @throws {SyntaxError} with the position in `text`.
 */
export function parseStructure(text: string): CapsStructure["fields"] {
  return new CapsReader(text).only();
}

/** The notation that {@link parseCaps} reads. */
export function formatCaps(of: Caps): string {
  if (of === "ANY") return "ANY";
  return of
    .map(({ mediaType, fields }) =>
      [
        mediaType,
        ...Object.entries(fields).map(([name, value]) => `${name}=${formatValue(value)}`),
      ].join(", "),
    )
    .join("; ");
}

/** What both allow; an empty array when there is nothing. Fields that one side leaves open are taken from the other. */
export function intersectCaps(a: Caps, b: Caps): Caps {
  if (a === "ANY") return b;
  if (b === "ANY") return a;
  const common: CapsStructure[] = [];
  for (const left of a) {
    for (const right of b) {
      const both = intersectStructures(left, right);
      if (both !== undefined) common.push(both);
    }
  }
  return common;
}

/** True when nothing satisfies the caps. */
export function capsAreEmpty(of: Caps): boolean {
  return of !== "ANY" && of.length === 0;
}

/** The fraction of field `name` in the first structure that has it fixed (or as a list: its first). */
export function fractionOf(of: Caps, name: string): Fraction | undefined {
  const value = firstFixed(of, name);
  if (typeof value === "number") return { numerator: value, denominator: 1 };
  return typeof value === "object" ? value : undefined;
}

/** The string of field `name` in the first structure that has it fixed (or as a list: its first). */
export function stringOf(of: Caps, name: string): string | undefined {
  const value = firstFixed(of, name);
  return typeof value === "string" ? value : undefined;
}

/** The number of field `name` in the first structure that has it fixed (or as a list: its first). */
export function numberOf(of: Caps, name: string): number | undefined {
  const value = firstFixed(of, name);
  return typeof value === "number" ? value : undefined;
}

/** The media type of the first structure. */
export function mediaTypeOf(of: Caps): string | undefined {
  return of === "ANY" ? undefined : of[0]?.mediaType;
}

function firstFixed(of: Caps, name: string): FixedValue | undefined {
  if (of === "ANY") return undefined;
  for (const { fields } of of) {
    const value = fields[name];
    if (value === undefined || isRange(value)) continue;
    return isList(value) ? value.oneOf[0] : value;
  }
  return undefined;
}

function intersectStructures(a: CapsStructure, b: CapsStructure): CapsStructure | undefined {
  if (a.mediaType !== b.mediaType) return undefined;
  const fields: Record<string, CapsValue> = { ...a.fields };
  for (const [name, value] of Object.entries(b.fields)) {
    const mine = fields[name];
    const both = mine === undefined ? value : intersectValues(mine, value);
    if (both === undefined) return undefined;
    fields[name] = both;
  }
  return { mediaType: a.mediaType, fields };
}

function intersectValues(a: CapsValue, b: CapsValue): CapsValue | undefined {
  if (isList(a)) {
    const left = a.oneOf.filter((value) => intersectValues(value, b) !== undefined);
    if (left.length === 0) return undefined;
    return left.length === 1 ? left[0] : { oneOf: left };
  }
  if (isList(b)) return intersectValues(b, a);
  if (isRange(a) && isRange(b)) {
    const from = compare(a.from, b.from) > 0 ? a.from : b.from;
    const to = compare(a.to, b.to) < 0 ? a.to : b.to;
    if (compare(from, to) > 0) return undefined;
    return compare(from, to) === 0 ? from : { from, to };
  }
  if (isRange(a)) return isRange(b) ? undefined : intersectValues(b, a);
  if (isRange(b)) {
    if (typeof a === "string" || typeof a === "boolean") return undefined;
    return compare(a, b.from) >= 0 && compare(a, b.to) <= 0 ? a : undefined;
  }
  return sameValue(a, b) ? a : undefined;
}

function sameValue(a: FixedValue, b: FixedValue): boolean {
  if (a === b) return true;
  if (typeof a === "string" || typeof b === "string") return false;
  if (typeof a === "boolean" || typeof b === "boolean") return false;
  return compare(a, b) === 0;
}

function compare(a: number | Fraction, b: number | Fraction): number {
  const left = typeof a === "number" ? { numerator: a, denominator: 1 } : a;
  const right = typeof b === "number" ? { numerator: b, denominator: 1 } : b;
  return left.numerator * right.denominator - right.numerator * left.denominator;
}

function isList(value: CapsValue): value is { readonly oneOf: readonly FixedValue[] } {
  return typeof value === "object" && "oneOf" in value;
}

function isRange(
  value: CapsValue,
): value is { readonly from: number | Fraction; readonly to: number | Fraction } {
  return typeof value === "object" && "from" in value;
}

function formatValue(value: CapsValue): string {
  if (typeof value === "string") return /^[\w.+-]+$/.test(value) ? value : JSON.stringify(value);
  if (typeof value !== "object") return String(value);
  if (isList(value)) return `{ ${value.oneOf.map(formatValue).join(", ")} }`;
  if (isRange(value)) return `[ ${formatValue(value.from)}, ${formatValue(value.to)} ]`;
  return `${value.numerator}/${value.denominator}`;
}

class CapsReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  all(): CapsStructure[] {
    const structures = [this.#structure()];
    while (this.#take(";")) {
      if (this.#rest() === "") break;
      structures.push(this.#structure());
    }
    if (this.#rest() !== "") throw this.#error("unexpected text");
    return structures;
  }

  only(): CapsStructure["fields"] {
    this.#match(/[A-Za-z][\w/.:+-]*/y, "the name of a structure");
    const fields = this.#fields();
    this.#take(";");
    if (this.#rest() !== "") throw this.#error("unexpected text");
    return fields;
  }

  #structure(): CapsStructure {
    const mediaType = this.#match(
      /[A-Za-z][\w.+-]*\/[\w.+-]+/y,
      "a media type such as video/x-raw",
    );
    // Features such as (memory:CUDAMemory) say where the data is; everything here is in system memory.
    if (this.#take("(")) {
      const feature = this.#match(/[\w:]+/y, "a memory feature");
      if (feature !== "memory:SystemMemory") {
        throw this.#error(`${feature} is not supported, only memory:SystemMemory`);
      }
      if (!this.#take(")")) throw this.#error('")" expected');
    }
    return { mediaType, fields: this.#fields() };
  }

  #fields(): Record<string, CapsValue> {
    const fields: Record<string, CapsValue> = {};
    while (this.#take(",")) {
      const name = this.#match(/[A-Za-z_][\w-]*/y, "a field name");
      if (!this.#take("=")) throw this.#error(`"=" expected after ${name}`);
      fields[name] = this.#value();
    }
    return fields;
  }

  #value(): CapsValue {
    const type = this.#take("(") ? this.#type() : undefined;
    if (this.#take("{")) {
      const oneOf: FixedValue[] = [];
      do oneOf.push(this.#fixed(type));
      while (this.#take(","));
      if (!this.#take("}")) throw this.#error('"}" expected');
      return { oneOf };
    }
    if (this.#take("[")) {
      const from = this.#fixed(type);
      if (!this.#take(",")) throw this.#error('"," expected');
      const to = this.#fixed(type);
      if (!this.#take("]")) throw this.#error('"]" expected');
      const numeric = (value: FixedValue): value is number | Fraction =>
        typeof value === "number" || typeof value === "object";
      if (!numeric(from) || !numeric(to)) throw this.#error("a range is made of numbers");
      return { from, to };
    }
    return this.#fixed(type);
  }

  #type(): string {
    const type = this.#match(/[a-z]+/iy, "a type");
    if (!this.#take(")")) throw this.#error('")" expected');
    return type;
  }

  #fixed(outer: string | undefined): FixedValue {
    const type = this.#take("(") ? this.#type() : outer;
    this.#skipSpace();
    if (this.#text[this.#at] === '"') {
      return this.#match(/"(?:[^"\\]|\\.)*"/y, "a string")
        .slice(1, -1)
        .replace(/\\(.)/g, "$1");
    }
    const text = this.#match(/[^\s,;{}[\]()]+/y, "a value");
    if (type === "string") return text;
    if (/^-?\d+\/-?\d+$/.test(text)) {
      const [numerator = 0, denominator = 1] = text.split("/").map(Number);
      if (denominator === 0) throw this.#error(`${text} is not a fraction`);
      return { numerator, denominator };
    }
    if (/^-?\d+$/.test(text)) {
      return type === "fraction" ? { numerator: Number(text), denominator: 1 } : Number(text);
    }
    if (/^-?\d*\.\d+$/.test(text)) return Number(text);
    if (/^(true|yes)$/i.test(text)) return true;
    if (/^(false|no)$/i.test(text)) return false;
    return text;
  }

  #skipSpace(): void {
    while (/\s/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #rest(): string {
    return this.#text.slice(this.#at).trim();
  }

  #peek(sign: string): boolean {
    this.#skipSpace();
    return this.#text[this.#at] === sign;
  }

  #take(sign: string): boolean {
    if (!this.#peek(sign)) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp, what: string): string {
    this.#skipSpace();
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) throw this.#error(`${what} expected`);
    this.#at = pattern.lastIndex;
    return found[0];
  }

  #error(message: string): SyntaxError {
    return new SyntaxError(`${message} at character ${this.#at + 1} of "${this.#text}"`);
  }
}
