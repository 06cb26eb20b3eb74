// CTA-608-E 6.4.1: ASCII but for 27 2A 5C 5E 5F 60 7B 7C 7D 7E 7F.
const BASIC =
  ' !"#$%&’()á+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[é]íóúabcdefghijklmnopqrstuvwxyzç÷Ññ█';
// 11 30 to 11 3F; 39 is the transparent space.
const SPECIAL = "®°½¿™¢£♪à\u00a0èâêîôû";
// 12 20 to 12 3F: Spanish, miscellaneous, French (CTA-608-E 6.4.2).
const EXTENDED_12 = "ÁÉÓÚÜü‘¡*'—©℠•“”ÀÂÇÈÊËëÎÏïÔÙùÛ«»";
// 13 20 to 13 3F: Portuguese, German, Danish. 37 is a bar of full cell height, made to join the corners.
const EXTENDED_13 = "ÃãÍÌìÒòÕõ{}\\^_|~ÄäÖöß¥¤│ÅåØø┌┐└┘";

// The nearest letter of the basic set for each extended character, in the same order.
const FALLBACK_12 = 'AEOUUu\'!.\'-cs.""AACEEEeIIiOUuU""';
const FALLBACK_13 = "AaIIiOoOo()/ -!-AaOosYC!AaOo++++";

/**
 * A character's place in the code tables, channel and parity left out: `20` to `7f` the basic set, `1130` to `113f`
 * special, `1220` to `123f` and `1320` to `133f` extended.
 */
export type CharacterCode = number;

/** The transparent space (11 39). */
export const TRANSPARENT_SPACE: CharacterCode = 0x1139;

/**
 * The Unicode character of a code (CTA-608-E 6.4), `undefined` when the code is none. `27` is U+2019 and the
 * transparent space is U+00A0.
 */
export function characterOfCode(code: CharacterCode): string | undefined {
  const low = code & 0xff;
  switch (code >>> 8) {
    case 0:
      return low >= 0x20 && low <= 0x7f ? BASIC[low - 0x20] : undefined;
    case 0x11:
      return low >= 0x30 && low <= 0x3f ? SPECIAL[low - 0x30] : undefined;
    case 0x12:
      return low >= 0x20 && low <= 0x3f ? EXTENDED_12[low - 0x20] : undefined;
    case 0x13:
      return low >= 0x20 && low <= 0x3f ? EXTENDED_13[low - 0x20] : undefined;
    default:
      return undefined;
  }
}

/**
 * The code of one character, `undefined` when the tables have none. Both apostrophes are `27`, light and heavy
 * box lines and U+00A6 are the box characters, U+2013 and U+2015 the dash, U+266B the note.
 */
export function characterCode(character: string): CharacterCode | undefined {
  return CODES.get(character);
}

/** The code of a character in one of the two tables of pairs, where `'` and `*` may have a basic code beside. */
export function codeIn(
  table: "special" | "extended",
  character: string,
): CharacterCode | undefined {
  if (character.length !== 1) return undefined;
  if (table === "special") return codeAt(SPECIAL, character, 0x1130);
  return codeAt(EXTENDED_12, character, 0x1220) ?? codeAt(EXTENDED_13, character, 0x1320);
}

function codeAt(table: string, character: string, first: CharacterCode): CharacterCode | undefined {
  const index = table.indexOf(character);
  return index < 0 ? undefined : first + index;
}

/** True for a code that carries an automatic backspace and so wants a fallback before it (CTA-608-E 6.4.2). */
export function isExtended(code: CharacterCode): boolean {
  return code >= 0x1200;
}

/** The basic code that is sent before an extended one, for decoders that know only the basic set. */
export function fallbackCode(code: CharacterCode): CharacterCode {
  const letters = code >>> 8 === 0x12 ? FALLBACK_12 : FALLBACK_13;
  return CODES.get(letters[(code & 0xff) - 0x20] ?? " ") ?? 0x20;
}

/** What {@link mapText} made of a text. */
export interface MappedText {
  /** One code a cell. */
  readonly codes: readonly CharacterCode[];
  /** The characters that became `replacement`, in order. */
  readonly unmappable: readonly string[];
}

/**
 * The codes of a text, one a cell. The text is composed first (NFC), so a letter with its combining mark is one
 * cell; what has no code is tried again without marks and compatibility forms (NFKD), and is else replaced.
 *
 * @param replacement what stands for a character without a code; default a space.
 */
export function mapText(text: string, replacement: string = " "): MappedText {
  const codes: CharacterCode[] = [];
  const unmappable: string[] = [];
  for (const character of text.normalize("NFC")) {
    const code = CODES.get(character);
    if (code !== undefined) {
      codes.push(code);
    } else if (!COMBINING.test(character)) {
      const plainer = transliterate(character);
      if (plainer.length > 0) {
        codes.push(...plainer);
      } else {
        unmappable.push(character);
        codes.push(CODES.get(replacement) ?? 0x20);
      }
    }
  }
  return { codes, unmappable };
}

// Marks, joiners and variation selectors that NFC could not compose take no cell of their own.
const COMBINING = /^[\p{M}\u00ad\u200b-\u200f\ufeff]$/u;

function transliterate(character: string): CharacterCode[] {
  const known = TRANSLITERATIONS[character];
  const codes: CharacterCode[] = [];
  for (const part of known ?? character.normalize("NFKD").replace(/\p{M}/gu, "")) {
    const code = CODES.get(part);
    if (code === undefined) return [];
    codes.push(code);
  }
  return codes;
}

// Letters and signs that NFKD leaves alone.
const TRANSLITERATIONS: Readonly<Record<string, string>> = {
  "\t": " ",
  "\u00b4": "’",
  "\u201a": ",",
  "\u201b": "‘",
  "\u201e": "“",
  "\u201f": "“",
  "\u2039": "‘",
  "\u203a": "’",
  "\u2010": "-",
  "\u2011": "-",
  "\u2012": "-",
  "\u2212": "-",
  "\u2032": "’",
  "\u2033": '"',
  "\u2044": "/",
  "\u00d7": "x",
  "\u00c6": "AE",
  "\u00e6": "ae",
  "\u0152": "OE",
  "\u0153": "oe",
  "\u0110": "D",
  "\u0111": "d",
  "\u0141": "L",
  "\u0142": "l",
  "\u20ac": "EUR",
  "\u266c": "♪",
};

const CODES: ReadonlyMap<string, CharacterCode> = /* @__PURE__ */ makeCodes();

function makeCodes(): Map<string, CharacterCode> {
  const codes = new Map<string, CharacterCode>();
  const add = (characters: string, first: CharacterCode): void => {
    [...characters].forEach((character, i) => {
      codes.set(character, first + i);
    });
  };
  add(EXTENDED_12, 0x1220);
  add(EXTENDED_13, 0x1320);
  add(SPECIAL, 0x1130);
  add(BASIC, 0x20);
  // The straight apostrophe has an extended code of its own, which costs two pairs for the same sight.
  codes.set("'", 0x27);
  for (const [alias, code] of [
    ["\u2500", 0x122a],
    ["\u2501", 0x122a],
    ["\u2013", 0x122a],
    ["\u2015", 0x122a],
    ["\u2502", 0x1337],
    ["\u2503", 0x1337],
    ["\u00a6", 0x1337],
    ["\u266b", 0x1137],
  ] as const) {
    codes.set(alias, code);
  }
  return codes;
}
