/** Encodings that subtitle files are found in. */
export type SubtitleEncoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";

/** windows-1252 where it differs from ISO 8859-1; unassigned bytes keep their control characters. */
const WINDOWS_1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

/**
 * Text of a subtitle file. Without `encoding` a byte order mark decides; without one valid UTF-8 is UTF-8 and
 * everything else windows-1252. NUL bytes are dropped. Any input gives a text.
 */
export function decodeSubtitleText(bytes: Uint8Array, encoding?: SubtitleEncoding): string {
  return decodeAs(encoding ?? encodingOf(bytes), bytes).replaceAll("\0", "");
}

/** Whose byte order mark stands there, or what could be read without an error. */
function encodingOf(bytes: Uint8Array): SubtitleEncoding {
  const [first, second, third] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8";
  try {
    decodeAs("utf-8", bytes, true);
    return "utf-8";
  } catch {
    return "windows-1252";
  }
}

function decodeAs(encoding: SubtitleEncoding, bytes: Uint8Array, fatal = false): string {
  // Node.js 20 takes its own windows-1252 for ISO 8859-1.
  if (encoding === "windows-1252") {
    let text = "";
    for (const byte of bytes) text += WINDOWS_1252[byte - 0x80] ?? String.fromCharCode(byte);
    return text;
  }
  return new TextDecoder(encoding, { fatal }).decode(bytes);
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
