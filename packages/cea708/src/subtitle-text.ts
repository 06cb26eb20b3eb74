/** Encodings that subtitle files are found in. */
export type SubtitleEncoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";

/** windows-1252 where it differs from ISO 8859-1; unassigned bytes keep their control characters. */
const WINDOWS_1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

/**
 * Text of a subtitle file. A byte order mark decides; without one, and without `encoding`, valid UTF-8 is UTF-8
 * and everything else windows-1252. NUL bytes are dropped. Any input gives a text.
 */
export function decodeSubtitleText(bytes: Uint8Array, encoding?: SubtitleEncoding): string {
  const [first, second, third] = bytes;
  if (encoding === undefined || encoding === "utf-8") {
    if (first === 0xff && second === 0xfe) return decodeUtf16(bytes.subarray(2), true);
    if (first === 0xfe && second === 0xff) return decodeUtf16(bytes.subarray(2), false);
  }
  const marked = first === 0xef && second === 0xbb && third === 0xbf;
  switch (encoding) {
    case "utf-16le":
    case "utf-16be": {
      const text = decodeUtf16(bytes, encoding === "utf-16le");
      return text.startsWith("\ufeff") ? text.slice(1) : text;
    }
    case "windows-1252":
      return decodeWindows1252(bytes);
    case "utf-8":
      return new TextDecoder().decode(bytes).replaceAll("\0", "");
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes).replaceAll("\0", "");
  } catch {
    return marked ? new TextDecoder().decode(bytes).replaceAll("\0", "") : decodeWindows1252(bytes);
  }
}

function decodeUtf16(bytes: Uint8Array, littleEndian: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    const unit = view.getUint16(at, littleEndian);
    if (unit !== 0) text += String.fromCharCode(unit);
  }
  return text;
}

function decodeWindows1252(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    if (byte === 0) continue;
    const special = byte >= 0x80 && byte < 0xa0;
    text += special ? (WINDOWS_1252[byte - 0x80] as string) : String.fromCharCode(byte);
  }
  return text;
}

/**
 * Lines of a text that comes in pieces. CR, LF and CRLF end a line, a CRLF split between two pieces too.
 */
export class LineSplitter {
  #rest = "";
  #skipLineFeed = false;

  push(text: string): string[] {
    if (text === "") return [];
    let input = text;
    if (this.#skipLineFeed && input.startsWith("\n")) input = input.slice(1);
    this.#skipLineFeed = input.endsWith("\r") || (this.#skipLineFeed && input === "");
    const lines = input.split(/\r\n|\r|\n/);
    lines[0] = this.#rest + lines[0];
    this.#rest = lines.pop() as string;
    return lines;
  }

  /** The last line, when it had no end. */
  flush(): string[] {
    const rest = this.#rest;
    this.#rest = "";
    this.#skipLineFeed = false;
    return rest === "" ? [] : [rest];
  }
}
