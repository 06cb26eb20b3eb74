import { characterOfCode, codeIn } from "./characters.js";
import {
  CEA608_COLORS,
  type Cea608Code,
  type Cea608Color,
  type Cea608Field,
  CHARACTER_SETS,
  type CharacterSet,
  type DataChannel,
  Kind,
  MISC_COMMANDS,
  type MiscCommand,
  pacRow,
  pairKind,
} from "./codes.js";
import { withPairParity } from "./parity.js";
import { inRange } from "./range.js";

/** What a pair means. The parity bits are ignored: test them with `pairHasParity` first. */
export function decodePair(word: number): Cea608Code {
  const first = (word >>> 8) & 0x7f;
  const second = word & 0x7f;
  const dataChannel: DataChannel = (first & 8) === 0 ? 1 : 2;
  const underline = (second & 1) === 1;
  switch (pairKind(first, second)) {
    case Kind.padding:
      return { type: "padding" };
    case Kind.text: {
      const text = (characterOfCode(first) ?? "") + (characterOfCode(second) ?? "");
      return { type: "text", first, second, text };
    }
    case Kind.xds:
      return { type: "xds", first, second };
    case Kind.special:
    case Kind.extended: {
      const type = pairKind(first, second) === Kind.special ? "special" : "extended";
      return { type, dataChannel, text: characterOfCode(((first & 0x17) << 8) | second) as string };
    }
    case Kind.misc: {
      const command = MISC_COMMANDS[second & 15] as MiscCommand;
      return { type: "misc", field: (first & 1) === 0 ? 1 : 2, dataChannel, command };
    }
    case Kind.tab:
      return { type: "tab", dataChannel, columns: (second & 3) as 1 | 2 | 3 };
    case Kind.pac: {
      const attribute = (second >> 1) & 15;
      return {
        type: "pac",
        dataChannel,
        row: pacRow(first, second),
        indent: attribute < 8 ? undefined : (attribute - 8) * 4,
        color: attribute < 7 ? colorName(attribute) : "white",
        italics: attribute === 7,
        underline,
      };
    }
    case Kind.midRow: {
      const attribute = (second >> 1) & 7;
      const color = attribute < 7 ? colorName(attribute) : undefined;
      return { type: "midRow", dataChannel, color, italics: attribute === 7, underline };
    }
    case Kind.background: {
      const type = "background";
      if ((first & 7) === 7) return { type, dataChannel, color: undefined, opacity: "transparent" };
      const opacity = underline ? "semi" : "opaque";
      return { type, dataChannel, color: colorName((second >> 1) & 7), opacity };
    }
    case Kind.blackForeground:
      return { type: "blackForeground", dataChannel, underline };
    case Kind.charset:
      return { type: "charset", dataChannel, set: CHARACTER_SETS[second - 0x24] as CharacterSet };
    case Kind.reserved:
      return { type: "reserved", dataChannel, first, second };
    default:
      return { type: "invalid", first, second };
  }
}

function colorName(index: number): Cea608Color {
  return CEA608_COLORS[index] as Cea608Color;
}

/**
 * The pair of a code, with parity.
 * @throws {RangeError} when a value has no code: a row above 14, an indent that is no multiple of four, two
 * characters that are not both basic, a black PAC.
 */
export function encodePair(code: Cea608Code): number {
  const channel = "dataChannel" in code && code.dataChannel === 2 ? 0x0800 : 0;
  return withPairParity(pairOf(code) | channel);
}

function pairOf(code: Cea608Code): number {
  const underline = "underline" in code && code.underline ? 1 : 0;
  switch (code.type) {
    case "padding":
      return 0;
    case "text":
    case "xds":
    case "reserved":
    case "invalid":
      return verbatim(code);
    case "special":
    case "extended":
      return inTable(codeIn(code.type, code.text), code.text);
    case "misc": {
      const command = indexIn(MISC_COMMANDS, code.command);
      return ((code.field === 2 ? 0x15 : 0x14) << 8) | 0x20 | command;
    }
    case "tab":
      return 0x1720 | inRange("columns", code.columns, 1, 3);
    case "pac": {
      const index = PAC_INDEX[inRange("row", code.row, 0, 14)] as number;
      return (
        ((0x10 | (index >> 1)) << 8) | 0x40 | ((index & 1) << 5) | pacAttribute(code) | underline
      );
    }
    case "midRow": {
      const attribute = code.italics ? 7 : foreground(code.color ?? "black");
      return 0x1120 | (attribute << 1) | underline;
    }
    case "background": {
      if (code.opacity === "transparent") return 0x172d;
      const color = indexIn(CEA608_COLORS, code.color);
      return 0x1020 | (color << 1) | (code.opacity === "semi" ? 1 : 0);
    }
    case "blackForeground":
      return 0x172e | underline;
    case "charset":
      return 0x1724 + indexIn(CHARACTER_SETS, code.set);
    default:
      return unknownType(code);
  }
}

/** The pair that moves the cursor to a row and a column that is a multiple of four, white and plain. */
export function pacPair(dataChannel: DataChannel, row: number, indent: number): number {
  return encodePair({
    type: "pac",
    dataChannel,
    row,
    indent,
    color: "white",
    italics: false,
    underline: false,
  });
}

/**
 * A pair for the other field: miscellaneous control codes change between `14` and `15`, `1C` and `1D`, parity
 * included; every other pair is returned as it is. GStreamer's ccconverter does the same between raw fields.
 */
export function moveToField(word: number, field: Cea608Field): number {
  const first = (word >>> 8) & 0x7f;
  if (pairKind(first, word & 0x7f) !== Kind.misc) return word;
  return withPairParity((((first & 0x7e) | (field - 1)) << 8) | (word & 0x7f));
}

function pacAttribute(code: Extract<Cea608Code, { type: "pac" }>): number {
  if (code.indent !== undefined) {
    if (code.color !== "white" || code.italics) {
      throw new RangeError("pac: an indent is always white and upright");
    }
    if (code.indent % 4 !== 0) throw new RangeError(`indent: ${code.indent} is no multiple of 4`);
    return 16 | (inRange("indent", code.indent, 0, 28) >> 1);
  }
  if (!code.italics) return foreground(code.color) << 1;
  if (code.color !== "white") throw new RangeError("pac: italics are always white");
  return 14;
}

function foreground(color: Cea608Color): number {
  const index = indexIn(CEA608_COLORS, color);
  if (index === 7) throw new RangeError("color: black has no code here");
  return index;
}

function verbatim(code: { readonly first: number; readonly second: number }): number {
  return (inRange("first", code.first, 0, 0x7f) << 8) | inRange("second", code.second, 0, 0x7f);
}

function inTable(code: number | undefined, text: string): number {
  if (code === undefined) throw new RangeError(`text: no such character: ${text}`);
  return code;
}

function indexIn<T>(list: readonly T[], value: T | undefined): number {
  const index = list.indexOf(value as T);
  if (index < 0) throw new RangeError(`${String(value)} is not one of ${list.join(", ")}`);
  return index;
}

function unknownType(code: never): never {
  throw new TypeError(`unknown code ${JSON.stringify(code)}`);
}

// The inverse of the decoder's table of rows.
const PAC_INDEX: readonly number[] = [2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 0, 6, 7, 8, 9];
