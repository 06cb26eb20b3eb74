import { g0g1Character, g2Character, g3Character, TRANSPARENT_SPACE } from "./characters.js";
import { codeLength } from "./code-space.js";
import { captionError } from "./issue.js";

/** Colour of CTA-708-E 8.5: two bits a component, `rrggbb`. */
export type Color6 = number;

/** Opacity of CTA-708-E 8.5.8. */
export const Opacity = { solid: 0, flash: 1, translucent: 2, transparent: 3 } as const;

/** SetPenAttributes (CTA-708-E 8.10.5.8). */
export interface PenAttributes {
  /** 0 dialog … 15 not to be displayed. */
  readonly textTag: number;
  /** 0 subscript, 1 normal, 2 superscript. */
  readonly offset: number;
  /** 0 small, 1 standard, 2 large. */
  readonly penSize: number;
  readonly italics: boolean;
  readonly underline: boolean;
  /** 0 none, 1 raised, 2 depressed, 3 uniform, 4 left and 5 right drop shadow. */
  readonly edgeType: number;
  /** 0 default … 7 small capitals. */
  readonly fontStyle: number;
}

/** SetPenColor (CTA-708-E 8.10.5.9). */
export interface PenColor {
  readonly fgOpacity: number;
  readonly fgColor: Color6;
  readonly bgOpacity: number;
  readonly bgColor: Color6;
  readonly edgeColor: Color6;
}

/** SetWindowAttributes (CTA-708-E 8.10.5.2). */
export interface WindowAttributes {
  readonly fillOpacity: number;
  readonly fillColor: Color6;
  /** 0 none, 1 raised, 2 depressed, 3 uniform, 4 shadow left, 5 shadow right. */
  readonly borderType: number;
  readonly borderColor: Color6;
  readonly wordWrap: boolean;
  /** 0 left to right, 1 right to left, 2 top to bottom, 3 bottom to top. */
  readonly printDirection: number;
  readonly scrollDirection: number;
  /** 0 left, 1 right, 2 center, 3 full. */
  readonly justify: number;
  /** Half seconds, 0 to 15. */
  readonly effectSpeed: number;
  readonly effectDirection: number;
  /** 0 snap, 1 fade, 2 wipe. */
  readonly displayEffect: number;
}

/** DefineWindow's six argument bytes (CTA-708-E 8.10.5.1). */
export interface WindowDefinition {
  readonly visible: boolean;
  readonly rowLock: boolean;
  readonly columnLock: boolean;
  /** 0 highest to 7. */
  readonly priority: number;
  readonly relativePositioning: boolean;
  /** 0 to 74 on the grid, or percent when relative. */
  readonly anchorVertical: number;
  /** 0 to 209 (16:9) or 159 (4:3) on the grid, or percent when relative. */
  readonly anchorHorizontal: number;
  /** 0 upper-left … 4 center … 8 lower-right. */
  readonly anchorPoint: number;
  /** One less than the rows, as in the standard. */
  readonly rowCount: number;
  /** One less than the columns, as in the standard. */
  readonly columnCount: number;
  readonly windowStyle: number;
  readonly penStyle: number;
}

/** The commands of C1 that take a bitmap of windows. */
export type WindowsCommand =
  | "clearWindows"
  | "displayWindows"
  | "hideWindows"
  | "toggleWindows"
  | "deleteWindows";

/** The commands without arguments. */
export type PlainCommand =
  | "nul"
  | "etx"
  | "backspace"
  | "formFeed"
  | "carriageReturn"
  | "horizontalCarriageReturn"
  | "delayCancel"
  | "reset";

/** One element of a service's code stream (CTA-708-E 7.1, 8.10). */
export type Cea708Code =
  | { readonly kind: "text"; readonly text: string; readonly transparent: boolean }
  | { readonly kind: PlainCommand }
  | { readonly kind: "setCurrentWindow"; readonly window: number }
  | { readonly kind: WindowsCommand; readonly windows: number }
  | { readonly kind: "delay"; readonly tenths: number }
  | { readonly kind: "setPenAttributes"; readonly attributes: PenAttributes }
  | { readonly kind: "setPenColor"; readonly color: PenColor }
  | { readonly kind: "setPenLocation"; readonly row: number; readonly column: number }
  | { readonly kind: "setWindowAttributes"; readonly attributes: WindowAttributes }
  | {
      readonly kind: "defineWindow";
      readonly window: number;
      readonly definition: WindowDefinition;
    }
  | { readonly kind: "reserved"; readonly bytes: Uint8Array };

const C0: ReadonlyMap<number, PlainCommand> = new Map([
  [0x00, "nul"],
  [0x03, "etx"],
  [0x08, "backspace"],
  [0x0c, "formFeed"],
  [0x0d, "carriageReturn"],
  [0x0e, "horizontalCarriageReturn"],
  [0x8e, "delayCancel"],
  [0x8f, "reset"],
]);

const WINDOWS_COMMANDS: readonly WindowsCommand[] = [
  "clearWindows",
  "displayWindows",
  "hideWindows",
  "toggleWindows",
  "deleteWindows",
];

/**
 * Decode one code, as {@link tokenise} cuts them. Reserved codes keep their bytes (a view); reserved argument bits
 * are dropped, so {@link encodeCode} of the result may differ from `bytes` in them and in them only.
 *
 * @param p16 what a P16 character (`18 hh ll`) stands for. Default: a UTF-16 code unit.
 * @throws {FormatError} `truncated` when `bytes` is not exactly one code.
 */
export function decodeCode(
  bytes: Uint8Array,
  p16: (code: number) => string = (code) => String.fromCharCode(code),
): Cea708Code {
  const length = bytes.length === 0 ? 1 : codeLength(bytes, 0);
  if (length === 0 || (length > 0 && length !== bytes.length)) {
    throw captionError("truncated", `${bytes.length} bytes are not one code`, {
      field: "code",
      offset: 0,
      expected: Math.max(length, 1),
      actual: bytes.length,
      clause: "CTA-708-E 7.1",
    });
  }
  const first = bytes[0] as number;
  const argument = bytes[1] ?? 0;
  if (first >= 0xa0 || (first >= 0x20 && first < 0x80)) {
    return { kind: "text", text: g0g1Character(first), transparent: false };
  }
  if (first === 0x10) return decodeExtended(bytes, argument);
  if (first === 0x18) {
    return { kind: "text", text: p16((argument << 8) | (bytes[2] as number)), transparent: false };
  }
  const plain = C0.get(first);
  if (plain !== undefined) return { kind: plain };
  if (first < 0x80) return { kind: "reserved", bytes };
  if (first < 0x88) return { kind: "setCurrentWindow", window: first & 7 };
  if (first < 0x8d) {
    return { kind: WINDOWS_COMMANDS[first - 0x88] as WindowsCommand, windows: argument };
  }
  switch (first) {
    case 0x8d:
      return { kind: "delay", tenths: argument };
    case 0x90:
      return { kind: "setPenAttributes", attributes: decodePenAttributes(bytes) };
    case 0x91:
      return { kind: "setPenColor", color: decodePenColor(bytes) };
    case 0x92: {
      const column = (bytes[2] as number) & 0x3f;
      return { kind: "setPenLocation", row: argument & 0x0f, column };
    }
    case 0x97:
      return { kind: "setWindowAttributes", attributes: decodeWindowAttributes(bytes) };
  }
  if (first < 0x98) return { kind: "reserved", bytes };
  return { kind: "defineWindow", window: first & 7, definition: decodeWindowDefinition(bytes) };
}

function decodeExtended(bytes: Uint8Array, second: number): Cea708Code {
  if (second >= 0xa0) return { kind: "text", text: g3Character(second), transparent: false };
  if (second < 0x20 || second >= 0x80) return { kind: "reserved", bytes };
  const text = g2Character(second);
  return { kind: "text", text, transparent: text === TRANSPARENT_SPACE };
}

function decodePenAttributes(bytes: Uint8Array): PenAttributes {
  const [, first, second] = bytes as unknown as [number, number, number];
  return {
    textTag: first >> 4,
    offset: (first >> 2) & 3,
    penSize: first & 3,
    italics: (second & 0x80) !== 0,
    underline: (second & 0x40) !== 0,
    edgeType: (second >> 3) & 7,
    fontStyle: second & 7,
  };
}

function decodePenColor(bytes: Uint8Array): PenColor {
  const [, first, second, third] = bytes as unknown as [number, number, number, number];
  return {
    fgOpacity: first >> 6,
    fgColor: first & 0x3f,
    bgOpacity: second >> 6,
    bgColor: second & 0x3f,
    edgeColor: third & 0x3f,
  };
}

function decodeWindowAttributes(bytes: Uint8Array): WindowAttributes {
  const [, first, second, third, fourth] = bytes as unknown as [
    number,
    number,
    number,
    number,
    number,
  ];
  return {
    fillOpacity: first >> 6,
    fillColor: first & 0x3f,
    borderType: (second >> 6) | ((third & 0x80) >> 5),
    borderColor: second & 0x3f,
    wordWrap: (third & 0x40) !== 0,
    printDirection: (third >> 4) & 3,
    scrollDirection: (third >> 2) & 3,
    justify: third & 3,
    effectSpeed: fourth >> 4,
    effectDirection: (fourth >> 2) & 3,
    displayEffect: fourth & 3,
  };
}

function decodeWindowDefinition(bytes: Uint8Array): WindowDefinition {
  const [, first, second, third, fourth, fifth, sixth] = bytes as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return {
    visible: (first & 0x20) !== 0,
    rowLock: (first & 0x10) !== 0,
    columnLock: (first & 0x08) !== 0,
    priority: first & 7,
    relativePositioning: (second & 0x80) !== 0,
    anchorVertical: second & 0x7f,
    anchorHorizontal: third,
    anchorPoint: fourth >> 4,
    rowCount: fourth & 0x0f,
    columnCount: fifth & 0x3f,
    windowStyle: (sixth >> 3) & 7,
    penStyle: sixth & 7,
  };
}
