import {
  BACKGROUND_MASK,
  BACKGROUND_SHIFT,
  DEFAULT_PEN,
  FLASH,
  FOREGROUND_MASK,
  FOREGROUND_SHIFT,
  ITALICS,
  OPACITY_SHIFT,
  UNDERLINE,
} from "./screen.js";

// A pen is a packed cell without its character. The functions take the second byte of the code, seven bits.

/** The pen after a PAC: colour or white, everything else reset but underline (CTA-608-E table 53). */
export function pacPen(second: number): number {
  const attribute = (second >> 1) & 15;
  const color = attribute < 7 ? attribute : 0;
  return (
    DEFAULT_PEN |
    (color << FOREGROUND_SHIFT) |
    (attribute === 7 ? ITALICS : 0) |
    ((second & 1) === 1 ? UNDERLINE : 0)
  );
}

/** The column that a PAC moves to: its indent, or 0 (CTA-608-E table 53). */
export function pacColumn(second: number): number {
  return (second & 0x10) === 0 ? 0 : ((second >> 1) & 7) * 4;
}

/** The pen after a mid-row code: italics keep the colour, a colour ends italics, both end flash. */
export function midRowPen(pen: number, second: number): number {
  const attribute = (second >> 1) & 7;
  const underline = (second & 1) === 1 ? UNDERLINE : 0;
  if (attribute === 7) return (pen & ~(UNDERLINE | FLASH)) | ITALICS | underline;
  return (pen & ~FOREGROUND_MASK) | (attribute << FOREGROUND_SHIFT) | underline;
}

/** The pen after a background code: `10 20` to `10 2F`, or `17 2D` for none. */
export function backgroundPen(pen: number, second: number, transparent: boolean): number {
  const without = pen & ~BACKGROUND_MASK;
  if (transparent) return without | DEFAULT_PEN | (2 << OPACITY_SHIFT);
  return without | (((second >> 1) & 7) << BACKGROUND_SHIFT) | ((second & 1) << OPACITY_SHIFT);
}

/** The pen after `17 2E` or `17 2F`: black, upright, steady. */
export function blackPen(pen: number, second: number): number {
  const underline = (second & 1) === 1 ? UNDERLINE : 0;
  return (pen & ~FOREGROUND_MASK) | (7 << FOREGROUND_SHIFT) | underline;
}
