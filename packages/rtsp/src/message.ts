import { concatBytes } from "@x/bits";
import { octets } from "./octets.js";

/** One header line. The value is as received, without blanks around it, one character an octet. */
export interface RtspHeader {
  readonly name: string;
  readonly value: string;
}

/** RFC 2326 6, RFC 7826 7. */
export interface RtspRequest {
  readonly type: "request";
  readonly method: string;
  /** As on the wire. */
  readonly uri: string;
  /** `1.0` or `2.0`; whatever else was received is kept. */
  readonly version: string;
  readonly headers: readonly RtspHeader[];
  readonly body: Uint8Array;
}

/** RFC 2326 7, RFC 7826 8. */
export interface RtspResponse {
  readonly type: "response";
  readonly version: string;
  /** Three digits. */
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly RtspHeader[];
  readonly body: Uint8Array;
}

export type RtspMessage = RtspRequest | RtspResponse;

/** Value of the first header with this name, in any case. */
export function headerValue(message: RtspMessage, name: string): string | undefined {
  const lower = name.toLowerCase();
  return message.headers.find((header) => header.name.toLowerCase() === lower)?.value;
}

/** Values of all headers with this name, in any case. */
export function headerValues(message: RtspMessage, name: string): string[] {
  const lower = name.toLowerCase();
  return message.headers
    .filter((header) => header.name.toLowerCase() === lower)
    .map(({ value }) => value);
}

/**
 * A message as bytes. Content-Length is added when there is a body and no such header.
 *
 * @throws {RangeError} when a part could end its line early, is no octets, or Content-Length is not the body's.
 */
export function encodeMessage(message: RtspMessage): Uint8Array<ArrayBuffer> {
  const { version, headers, body } = message;
  if (!/^\d+\.\d+$/.test(version)) throw new RangeError(`version: ${version}`);
  let head: string;
  if (message.type === "request") {
    check("method", message.method, TOKEN);
    check("uri", message.uri, /^[!-~\u0080-\u00ff]+$/);
    head = `${message.method} ${message.uri} RTSP/${version}\r\n`;
  } else {
    check("status", String(message.status), /^[1-9]\d\d$/);
    check("reason", message.reason, FIELD_VALUE);
    head = `RTSP/${version} ${message.status} ${message.reason}\r\n`;
  }
  for (const { name, value } of headers) {
    check("header name", name, TOKEN);
    check(name, value, FIELD_VALUE);
    head += `${name}: ${value}\r\n`;
  }
  const length = headerValue(message, "Content-Length");
  if (length === undefined) {
    if (body.length > 0) head += `Content-Length: ${body.length}\r\n`;
  } else if (Number(length) !== body.length) {
    throw new RangeError(`Content-Length: ${length} with ${body.length} bytes`);
  }
  return concatBytes(octets(`${head}\r\n`), body);
}

/** `$`, channel, length, data (RFC 2326 10.12, RFC 7826 14). @throws {RangeError} beyond 8 and 16 bits. */
export function encodeFrame(channel: number, data: Uint8Array): Uint8Array<ArrayBuffer> {
  if (!Number.isInteger(channel) || channel < 0 || channel > 0xff) {
    throw new RangeError(`channel: ${channel}`);
  }
  if (data.length > 0xffff) throw new RangeError(`data: ${data.length} bytes`);
  const frame = new Uint8Array(4 + data.length);
  frame[0] = 0x24;
  frame[1] = channel;
  frame[2] = data.length >> 8;
  frame[3] = data.length & 0xff;
  frame.set(data, 4);
  return frame;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const FIELD_VALUE = /^[\t -~\u0080-\u00ff]*$/;

/** True when a header can have this value: octets, and no control characters but tabs. */
export function isFieldValue(text: string): boolean {
  return FIELD_VALUE.test(text);
}

function check(what: string, text: string, pattern: RegExp): void {
  if (!pattern.test(text)) throw new RangeError(`${what} cannot be sent: ${JSON.stringify(text)}`);
}
