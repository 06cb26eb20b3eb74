import {
  type Caps,
  type CapsStructure,
  type Fraction,
  formatCaps,
  parseCaps,
  parseStructure,
} from "./caps.js";

/** A property of an element, as `inspect` shows it and as the launch syntax reads it. */
export type PropertySpec = { readonly description: string } & (
  | { readonly type: "string"; readonly default: string | undefined }
  | { readonly type: "boolean"; readonly default: boolean }
  | {
      readonly type: "integer";
      readonly default: number | undefined;
      readonly min: number;
      readonly max: number;
    }
  | {
      readonly type: "nanoseconds";
      readonly default: bigint;
      /** Default: 0. */
      readonly min?: bigint;
    }
  | { readonly type: "fraction"; readonly default: Fraction | undefined }
  | { readonly type: "caps"; readonly default: Caps | undefined }
  | { readonly type: "structure"; readonly default: undefined }
  | {
      readonly type: "enum";
      readonly default: string;
      /** Names in the order of GStreamer's numbers, which are understood as well. */
      readonly values: readonly string[];
    }
);

/** Property of sources that end by themselves, as every source of GStreamer has it. */
export const NUM_BUFFERS_PROPERTY = {
  type: "integer",
  default: -1,
  min: -1,
  max: 0x7fffffff,
  description: "End after this many buffers; -1: never",
} as const;

/** Properties of an element by GStreamer's names. */
export type PropertySpecs = Readonly<Record<string, PropertySpec>>;

type ValueOf<Spec extends PropertySpec> = Spec extends { readonly type: "string" }
  ? string | Extract<Spec["default"], undefined>
  : Spec extends { readonly type: "boolean" }
    ? boolean
    : Spec extends { readonly type: "integer" }
      ? number | Extract<Spec["default"], undefined>
      : Spec extends { readonly type: "nanoseconds" }
        ? bigint
        : Spec extends { readonly type: "fraction" }
          ? Fraction | Extract<Spec["default"], undefined>
          : Spec extends { readonly type: "caps" }
            ? Caps | Extract<Spec["default"], undefined>
            : Spec extends { readonly type: "structure" }
              ? CapsStructure["fields"] | undefined
              : Spec extends { readonly type: "enum"; readonly values: readonly (infer Name)[] }
                ? Name
                : never;

/** The values of an element's properties. */
export type PropertyValues<Specs extends PropertySpecs = PropertySpecs> = {
  readonly [Name in keyof Specs]: ValueOf<Specs[Name]>;
};

/**
 * The value that `text` stands for.
 * @throws {RangeError} with one sentence when it is none.
 */
export function parseProperty(
  spec: PropertySpec,
  text: string,
): string | boolean | number | bigint | Fraction | Caps | CapsStructure["fields"] {
  switch (spec.type) {
    case "string":
      return text;
    case "boolean":
      if (/^(true|t|yes|on|1)$/i.test(text)) return true;
      if (/^(false|f|no|off|0)$/i.test(text)) return false;
      throw new RangeError(`"${text}" is neither true nor false`);
    case "integer": {
      const value = /^[+-]?(\d+|0x[\da-f]+)$/i.test(text) ? Number(text) : Number.NaN;
      if (!(value >= spec.min && value <= spec.max)) {
        throw new RangeError(`"${text}" is not an integer from ${spec.min} to ${spec.max}`);
      }
      return value;
    }
    case "nanoseconds":
      if (!/^-?\d+$/.test(text) || BigInt(text) < (spec.min ?? 0n)) {
        throw new RangeError(`"${text}" is not a number of nanoseconds`);
      }
      return BigInt(text);
    case "fraction": {
      const found = /^(\d+)(?:\/(\d+))?$/.exec(text);
      const denominator = Number(found?.[2] ?? 1);
      if (found === null || denominator === 0) throw new RangeError(`"${text}" is not a fraction`);
      return { numerator: Number(found[1]), denominator };
    }
    case "caps":
      try {
        return parseCaps(text);
      } catch (error) {
        throw new RangeError((error as Error).message);
      }
    case "structure":
      try {
        return parseStructure(text);
      } catch (error) {
        throw new RangeError((error as Error).message);
      }
    case "enum": {
      const name = /^\d+$/.test(text) ? spec.values[Number(text)] : text;
      if (name === undefined || !spec.values.includes(name)) {
        throw new RangeError(`"${text}" is none of ${spec.values.join(", ")}`);
      }
      return name;
    }
    default:
      return spec satisfies never;
  }
}

/** A property's value as text, for `inspect`. */
export function formatProperty(
  value: string | boolean | number | bigint | Fraction | Caps | undefined,
): string {
  if (value === undefined) return "unset";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object") return String(value);
  return "numerator" in value
    ? `${value.numerator}/${value.denominator}`
    : formatCaps(value as Caps);
}
