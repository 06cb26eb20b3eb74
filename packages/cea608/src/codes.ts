/** Line 21 of the first or of the second field (line 284). */
export type Cea608Field = 1 | 2;

/** The data channel bit of a control pair: 1 is CC1, T1, CC3, T3; 2 is CC2, T2, CC4, T4. */
export type DataChannel = 1 | 2;

/** The colours in the order of their codes; a number below is an index into this list. */
export const CEA608_COLORS = [
  "white",
  "green",
  "blue",
  "cyan",
  "red",
  "yellow",
  "magenta",
  "black",
] as const;

/** A colour's name. Black is for backgrounds and the one extended foreground code. */
export type Cea608Color = (typeof CEA608_COLORS)[number];

/** The miscellaneous control codes by their second byte, `20` first (CTA-608-E table 52). */
export const MISC_COMMANDS = [
  "RCL",
  "BS",
  "AOF",
  "AON",
  "DER",
  "RU2",
  "RU3",
  "RU4",
  "FON",
  "RDC",
  "TR",
  "RTD",
  "EDM",
  "CR",
  "ENM",
  "EOC",
] as const;

/** Mnemonic of a miscellaneous control code. */
export type MiscCommand = (typeof MISC_COMMANDS)[number];

/** The character sets and sizes that `17 24` to `17 2A` select. */
export const CHARACTER_SETS = [
  "normal",
  "double",
  "private1",
  "private2",
  "gb2312",
  "ksc5601",
  "registered1",
] as const;

/** A character set or size. Nobody is known to use any but `normal`. */
export type CharacterSet = (typeof CHARACTER_SETS)[number];

/**
 * What one pair means by itself. Parity is not part of it, and neither is the state of a decoder: on field 1 an
 * `xds` pair means nothing, and after XDS a `text` pair belongs to the XDS packet.
 */
export type Cea608Code =
  /** `00 00`: no data. */
  | { readonly type: "padding" }
  /** One or two basic characters. `first` or `second` is 0 where the byte was null. */
  | {
      readonly type: "text";
      readonly first: number;
      readonly second: number;
      readonly text: string;
    }
  /** A special character, one cell. */
  | { readonly type: "special"; readonly dataChannel: DataChannel; readonly text: string }
  /** An extended character, which backspaces over its fallback. */
  | { readonly type: "extended"; readonly dataChannel: DataChannel; readonly text: string }
  | {
      readonly type: "misc";
      /** 1 for `14` and `1C`, 2 for `15` and `1D`. */
      readonly field: Cea608Field;
      readonly dataChannel: DataChannel;
      readonly command: MiscCommand;
    }
  | { readonly type: "tab"; readonly dataChannel: DataChannel; readonly columns: 1 | 2 | 3 }
  | {
      readonly type: "pac";
      readonly dataChannel: DataChannel;
      /** 0 to 14. */
      readonly row: number;
      /** 0, 4 … 28; `undefined` for the codes that name a colour, which stand at column 0 too. */
      readonly indent: number | undefined;
      readonly color: Cea608Color;
      readonly italics: boolean;
      readonly underline: boolean;
    }
  | {
      readonly type: "midRow";
      readonly dataChannel: DataChannel;
      /** `undefined` for the italics code, which keeps the colour. */
      readonly color: Cea608Color | undefined;
      readonly italics: boolean;
      readonly underline: boolean;
    }
  | {
      readonly type: "background";
      readonly dataChannel: DataChannel;
      /** `undefined` for the transparent background. */
      readonly color: Cea608Color | undefined;
      readonly opacity: "opaque" | "semi" | "transparent";
    }
  | {
      readonly type: "blackForeground";
      readonly dataChannel: DataChannel;
      readonly underline: boolean;
    }
  | { readonly type: "charset"; readonly dataChannel: DataChannel; readonly set: CharacterSet }
  /** First byte `01` to `0F`, field 2 only: see `XdsParser`. Both values are seven bits. */
  | { readonly type: "xds"; readonly first: number; readonly second: number }
  /** A control pair without a meaning: it shows nothing, but takes part in the duplicate filter. */
  | {
      readonly type: "reserved";
      readonly dataChannel: DataChannel;
      readonly first: number;
      readonly second: number;
    }
  /** A control byte behind a character, or behind nothing. It is ignored, the character is not. */
  | { readonly type: "invalid"; readonly first: number; readonly second: number };

/** Kinds of pairs, as {@link pairKind} numbers them. */
export const Kind = {
  padding: 0,
  text: 1,
  invalid: 2,
  xds: 3,
  reserved: 4,
  special: 5,
  extended: 6,
  misc: 7,
  tab: 8,
  pac: 9,
  midRow: 10,
  background: 11,
  blackForeground: 12,
  charset: 13,
} as const;

/** The kind of a pair of seven-bit values (CTA-608-E 8). */
export function pairKind(first: number, second: number): number {
  if (first >= 0x20) return second === 0 || second >= 0x20 ? Kind.text : Kind.invalid;
  if (first >= 0x10) return CONTROL_KINDS[((first & 7) << 7) | second] as number;
  if (first > 0) return Kind.xds;
  if (second === 0) return Kind.padding;
  return second >= 0x20 ? Kind.text : Kind.invalid;
}

/** Row of a PAC, 0 to 14. The pair's kind is known to be `pac`. */
export function pacRow(first: number, second: number): number {
  return PAC_ROWS[((first & 7) << 1) | ((second >> 5) & 1)] as number;
}

const CONTROL_KINDS: Uint8Array = /* @__PURE__ */ makeControlKinds();

// Index 1 (10 60 to 10 7F) names no row.
const PAC_ROWS: Int8Array = /* @__PURE__ */ Int8Array.of(
  10,
  -1,
  0,
  1,
  2,
  3,
  11,
  12,
  13,
  14,
  4,
  5,
  6,
  7,
  8,
  9,
);

/** Indexed by the low three bits of the first byte and the seven of the second. */
function makeControlKinds(): Uint8Array {
  const kinds = new Uint8Array(1024).fill(Kind.reserved);
  const set = (low: number, from: number, to: number, kind: number): void => {
    kinds.fill(kind, (low << 7) | from, ((low << 7) | to) + 1);
  };
  set(0, 0x20, 0x2f, Kind.background);
  set(0, 0x40, 0x5f, Kind.pac);
  for (let low = 1; low < 8; low++) set(low, 0x40, 0x7f, Kind.pac);
  set(1, 0x20, 0x2f, Kind.midRow);
  set(1, 0x30, 0x3f, Kind.special);
  set(2, 0x20, 0x3f, Kind.extended);
  set(3, 0x20, 0x3f, Kind.extended);
  set(4, 0x20, 0x2f, Kind.misc);
  set(5, 0x20, 0x2f, Kind.misc);
  set(7, 0x21, 0x23, Kind.tab);
  set(7, 0x24, 0x2a, Kind.charset);
  set(7, 0x2d, 0x2d, Kind.background);
  set(7, 0x2e, 0x2f, Kind.blackForeground);
  return kinds;
}
