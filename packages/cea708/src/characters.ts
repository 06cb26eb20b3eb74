/** Text of a transparent space: the cell shows what is behind it (CTA-708-E table 18, G2 20 and 21). */
export const TRANSPARENT_SPACE = "\u00a0";
/** Text of the closed-caption icon, G3 A0, which has no Unicode character. */
export const CC_ICON = "[CC]";
/** What unassigned characters show as (47 CFR 79.102). */
const UNASSIGNED = "_";

/** G2, `10 20` to `10 7F`, without the two transparent spaces (CTA-708-E 7.1.7). */
const G2: ReadonlyMap<number, string> = new Map([
  [0x25, "…"],
  [0x2a, "Š"],
  [0x2c, "Œ"],
  [0x30, "█"],
  [0x31, "‘"],
  [0x32, "’"],
  [0x33, "“"],
  [0x34, "”"],
  [0x35, "•"],
  [0x39, "™"],
  [0x3a, "š"],
  [0x3c, "œ"],
  [0x3d, "℠"],
  [0x3f, "Ÿ"],
  [0x76, "⅛"],
  [0x77, "⅜"],
  [0x78, "⅝"],
  [0x79, "⅞"],
  [0x7a, "│"],
  [0x7b, "┐"],
  [0x7c, "└"],
  [0x7d, "─"],
  [0x7e, "┘"],
  [0x7f, "┌"],
]);

const G2_CODES: ReadonlyMap<string, number> = new Map(
  [...G2].map(([code, character]) => [character, code]),
);

/** Text of the G2 character `10 code`; `_` when unassigned. */
export function g2Character(code: number): string {
  if (code === 0x20 || code === 0x21) return TRANSPARENT_SPACE;
  return G2.get(code) ?? UNASSIGNED;
}

/** Text of the G3 character `10 code`: only `A0` is assigned. */
export function g3Character(code: number): string {
  return code === 0xa0 ? CC_ICON : UNASSIGNED;
}

/** Text of a one-byte G0 or G1 character. */
export function g0g1Character(code: number): string {
  if (code === 0x7f) return "♪";
  if (code === 0xa0) return " ";
  return String.fromCharCode(code);
}

/**
 * Code bytes of one character in G0, G1 or G2, or `undefined` when it has none.
 *
 * @param character one Unicode scalar value.
 */
export function encodeCharacter(character: string): readonly number[] | undefined {
  const point = character.codePointAt(0) as number;
  if (point >= 0x20 && point < 0x7f) return [point];
  if (point === 0x266a) return [0x7f];
  // NO-BREAK SPACE is a space on the screen (word wrap is off), and SOFT HYPHEN would show as a hyphen.
  if (point === 0xa0) return [0x20];
  if (point > 0xa0 && point <= 0xff) return [point];
  const g2 = G2_CODES.get(character);
  return g2 === undefined ? undefined : [0x10, g2];
}

/** Characters with a good stand-in that decomposition does not find. */
const STAND_INS: ReadonlyMap<string, string> = new Map([
  ["♫", "♪"],
  ["♬", "♪"],
  ["♩", "♪"],
  ["–", "-"],
  ["—", "-"],
  ["―", "-"],
  ["‐", "-"],
  ["‑", "-"],
  ["−", "-"],
  ["‚", ","],
  ["‛", "‘"],
  ["„", "“"],
  ["‟", "“"],
  ["′", "'"],
  ["″", '"'],
  ["‹", "<"],
  ["›", ">"],
  ["€", "EUR"],
  ["Đ", "D"],
  ["đ", "d"],
  ["Ł", "L"],
  ["ł", "l"],
  ["ı", "i"],
  ["Ħ", "H"],
  ["ħ", "h"],
  ["⁄", "/"],
  ["■", "█"],
  ["━", "─"],
  ["┃", "│"],
]);

const COMBINING = /\p{M}/gu;
const INVISIBLE = /[\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\u00ad]|\p{Variation_Selector}/gu;

/** Text prepared for captions, and what could not be written. */
export interface CaptionText {
  /** Only characters that {@link encodeCharacter} knows. */
  readonly text: string;
  /** Characters that had to be replaced by `replacement`. */
  readonly unmappable: readonly string[];
}

/**
 * Bring text into the repertoire of G0 to G2: compose, transliterate what has a stand-in, strip combining marks
 * where that helps, and replace the rest. One cell for each character that is left.
 */
export function toCaptionText(text: string, replacement: string = UNASSIGNED): CaptionText {
  const unmappable: string[] = [];
  let out = "";
  for (const character of text.replace(INVISIBLE, "").normalize("NFC")) {
    if (encodeCharacter(character) !== undefined) {
      out += character;
      continue;
    }
    const standIn = STAND_INS.get(character) ?? character.normalize("NFKD").replace(COMBINING, "");
    let usable = standIn !== "" || /^\p{M}$/u.test(character);
    for (const part of standIn) usable &&= encodeCharacter(part) !== undefined;
    if (usable) {
      out += standIn;
    } else {
      out += replacement;
      unmappable.push(character);
    }
  }
  return { text: out, unmappable };
}
