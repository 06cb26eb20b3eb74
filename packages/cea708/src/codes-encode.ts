import { CC_ICON, encodeCharacter } from "./characters.js";
import type {
  Cea708Code,
  PenAttributes,
  PenColor,
  PlainCommand,
  WindowAttributes,
  WindowDefinition,
  WindowsCommand,
} from "./codes.js";

const PLAIN: Readonly<Record<PlainCommand, number>> = {
  nul: 0x00,
  etx: 0x03,
  backspace: 0x08,
  formFeed: 0x0c,
  carriageReturn: 0x0d,
  horizontalCarriageReturn: 0x0e,
  delayCancel: 0x8e,
  reset: 0x8f,
};

const WINDOWS: Readonly<Record<WindowsCommand, number>> = {
  clearWindows: 0x88,
  displayWindows: 0x89,
  hideWindows: 0x8a,
  toggleWindows: 0x8b,
  deleteWindows: 0x8c,
};

/**
 * Encode one code; a fresh array. A character outside G0 to G3 becomes P16 code units.
 * @throws {RangeError} when a field does not fit, or the text is not exactly one character.
 */
export function encodeCode(code: Cea708Code): Uint8Array<ArrayBuffer> {
  switch (code.kind) {
    case "text":
      return Uint8Array.from(encodeText(code.text, code.transparent));
    case "setCurrentWindow":
      return Uint8Array.of(0x80 | bits(code.window, 3, "window"));
    case "clearWindows":
    case "displayWindows":
    case "hideWindows":
    case "toggleWindows":
    case "deleteWindows":
      return Uint8Array.of(WINDOWS[code.kind], bits(code.windows, 8, "windows"));
    case "delay":
      return Uint8Array.of(0x8d, bits(code.tenths, 8, "tenths"));
    case "setPenAttributes":
      return encodePenAttributes(code.attributes);
    case "setPenColor":
      return encodePenColor(code.color);
    case "setPenLocation":
      return Uint8Array.of(0x92, bits(code.row, 4, "row"), bits(code.column, 6, "column"));
    case "setWindowAttributes":
      return encodeWindowAttributes(code.attributes);
    case "defineWindow":
      return encodeWindowDefinition(code.window, code.definition);
    case "reserved":
      return Uint8Array.from(code.bytes);
    default:
      return Uint8Array.of(PLAIN[code.kind]);
  }
}

function encodeText(text: string, transparent: boolean): readonly number[] {
  if (transparent) return [0x10, 0x20];
  if (text === CC_ICON) return [0x10, 0xa0];
  const known = encodeCharacter(text);
  if (known !== undefined && String.fromCodePoint(text.codePointAt(0) as number) === text) {
    return known;
  }
  if (text.length !== 1) throw new RangeError(`"${text}" is not one character`);
  const unit = text.charCodeAt(0);
  return [0x18, unit >> 8, unit & 0xff];
}

function encodePenAttributes(pen: PenAttributes): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(
    0x90,
    (bits(pen.textTag, 4, "textTag") << 4) |
      (bits(pen.offset, 2, "offset") << 2) |
      bits(pen.penSize, 2, "penSize"),
    (pen.italics ? 0x80 : 0) |
      (pen.underline ? 0x40 : 0) |
      (bits(pen.edgeType, 3, "edgeType") << 3) |
      bits(pen.fontStyle, 3, "fontStyle"),
  );
}

function encodePenColor(color: PenColor): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(
    0x91,
    (bits(color.fgOpacity, 2, "fgOpacity") << 6) | bits(color.fgColor, 6, "fgColor"),
    (bits(color.bgOpacity, 2, "bgOpacity") << 6) | bits(color.bgColor, 6, "bgColor"),
    bits(color.edgeColor, 6, "edgeColor"),
  );
}

function encodeWindowAttributes(window: WindowAttributes): Uint8Array<ArrayBuffer> {
  const borderType = bits(window.borderType, 3, "borderType");
  return Uint8Array.of(
    0x97,
    (bits(window.fillOpacity, 2, "fillOpacity") << 6) | bits(window.fillColor, 6, "fillColor"),
    ((borderType & 3) << 6) | bits(window.borderColor, 6, "borderColor"),
    ((borderType >> 2) << 7) |
      (window.wordWrap ? 0x40 : 0) |
      (bits(window.printDirection, 2, "printDirection") << 4) |
      (bits(window.scrollDirection, 2, "scrollDirection") << 2) |
      bits(window.justify, 2, "justify"),
    (bits(window.effectSpeed, 4, "effectSpeed") << 4) |
      (bits(window.effectDirection, 2, "effectDirection") << 2) |
      bits(window.displayEffect, 2, "displayEffect"),
  );
}

function encodeWindowDefinition(
  window: number,
  definition: WindowDefinition,
): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(
    0x98 | bits(window, 3, "window"),
    (definition.visible ? 0x20 : 0) |
      (definition.rowLock ? 0x10 : 0) |
      (definition.columnLock ? 0x08 : 0) |
      bits(definition.priority, 3, "priority"),
    (definition.relativePositioning ? 0x80 : 0) |
      bits(definition.anchorVertical, 7, "anchorVertical"),
    bits(definition.anchorHorizontal, 8, "anchorHorizontal"),
    (bits(definition.anchorPoint, 4, "anchorPoint") << 4) |
      bits(definition.rowCount, 4, "rowCount"),
    bits(definition.columnCount, 6, "columnCount"),
    (bits(definition.windowStyle, 3, "windowStyle") << 3) |
      bits(definition.penStyle, 3, "penStyle"),
  );
}

function bits(value: number, width: number, field: string): number {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** width) {
    throw new RangeError(`${field}: ${value} does not fit ${width} bits`);
  }
  return value;
}
