/** ISO/IEC 6937's accents, which stand before their letter, as combining characters. */
const ACCENTS: Readonly<Record<number, string>> = {
  193: "\u0300",
  194: "\u0301",
  195: "\u0302",
  196: "\u0303",
  197: "\u0304",
  198: "\u0306",
  199: "\u0307",
  200: "\u0308",
  202: "\u030a",
  203: "\u0327",
  205: "\u030b",
  206: "\u0328",
  207: "\u030c",
};

/** Text of a DVB descriptor by its first bytes' character table (EN 300 468 annex A); control codes are left out. */
export function dvbText(bytes: Uint8Array): string {
  const [table = 0x20, , third = 0] = bytes;
  if (table === 0x10) return decode(bytes.subarray(3), `iso-8859-${third}`);
  if (table === 0x11) return decode(bytes.subarray(1), "utf-16be");
  if (table === 0x15) return decode(bytes.subarray(1), "utf-8");
  if (table < 0x0c) return decode(bytes.subarray(1), `iso-8859-${table + 4}`);
  let text = "";
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    const accent = ACCENTS[byte];
    if (accent !== undefined && i + 1 < bytes.length) {
      text += `${String.fromCharCode(bytes[++i] as number)}${accent}`.normalize("NFC");
    } else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else if (byte >= 0xa0) text += "\ufffd";
  }
  return text;
}

function decode(bytes: Uint8Array, encoding: string): string {
  try {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is left out
    return new TextDecoder(encoding).decode(bytes).replace(/[\u0000-\u001f\u0080-\u009f]/g, "");
  } catch {
    return "";
  }
}
