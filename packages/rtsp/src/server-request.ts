import { headerValue, isFieldValue, type RtspRequest, type RtspResponse } from "./message.js";

/** What a server may ask of a client (RFC 2326 10, RFC 7826 13). */
const METHODS = [
  "OPTIONS",
  "ANNOUNCE",
  "GET_PARAMETER",
  "SET_PARAMETER",
  "PLAY_NOTIFY",
  "REDIRECT",
  "TEARDOWN",
];

/** The response to a server's request: 200 for what a server may ask, else 501. */
export function answerTo(request: RtspRequest): RtspResponse {
  const { method, version } = request;
  const known = METHODS.includes(method);
  const headers = ["CSeq", "Session"].flatMap((name) => {
    const value = headerValue(request, name);
    return value === undefined || !isFieldValue(value) ? [] : [{ name, value }];
  });
  if (method === "OPTIONS") headers.push({ name: "Public", value: METHODS.join(", ") });
  return {
    type: "response",
    version,
    status: known ? 200 : 501,
    reason: known ? "OK" : "Not Implemented",
    headers,
    body: new Uint8Array(0),
  };
}

/** True for the requests with which a server ends the session. */
export function endsSession({ method }: RtspRequest): boolean {
  return method === "REDIRECT" || method === "TEARDOWN";
}
