// RTSP heads are octets of no known charset: one character an octet (latin1) keeps them all.

/** The octets from `start` to `end` as characters. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  // In slices: `apply` with a whole head of arguments could overflow the stack.
  for (let at = start; at < end; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, Math.min(at + 4096, end)));
  }
  return text;
}

/** The octets of a latin1 text. @throws {RangeError} when a character is no octet. */
export function octets(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) throw new RangeError(`U+${code.toString(16)} is not an octet`);
    bytes[i] = code;
  }
  return bytes;
}

/** The UTF-8 octets of a text, one character each: how user names and passwords go into headers and hashes. */
export function utf8(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return latin1(bytes, 0, bytes.length);
}
