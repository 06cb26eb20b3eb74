import { describe, expect, test } from "vitest";
import {
  encodeFrame,
  encodeMessage,
  headerValue,
  headerValues,
  parseMethods,
  parseRetryAfter,
  parseSession,
  type RtspRequest,
  sdpControls,
} from "../src/index.js";
import { bytesOf, textOf } from "./ours.js";

const request: RtspRequest = {
  type: "request",
  method: "SETUP",
  uri: "rtsp://h/x",
  version: "1.0",
  headers: [
    { name: "CSeq", value: "1" },
    { name: "Via", value: "a" },
    { name: "VIA", value: "b" },
  ],
  body: new Uint8Array(0),
};

describe("messages", () => {
  test("the bytes of a request", () => {
    expect(textOf(encodeMessage(request))).toBe(
      "SETUP rtsp://h/x RTSP/1.0\r\nCSeq: 1\r\nVia: a\r\nVIA: b\r\n\r\n",
    );
  });

  test("headers are found in any case", () => {
    expect(headerValue(request, "cseq")).toBe("1");
    expect(headerValues(request, "via")).toEqual(["a", "b"]);
    expect(headerValue(request, "Range")).toBeUndefined();
  });

  test.each([
    { method: "" },
    { method: "A B" },
    { uri: "rtsp://h/ x" },
    { uri: "rtsp://h/\u65e5" },
    { version: "1" },
    { headers: [{ name: "X", value: "\u65e5" }] },
    { headers: [{ name: "X Y", value: "" }] },
    { headers: [{ name: "Content-Length", value: "1" }] },
  ])("%j cannot be sent", (change) => {
    expect(() => encodeMessage({ ...request, ...change })).toThrow(RangeError);
  });

  test("a status has three digits", () => {
    const response = {
      type: "response",
      version: "1.0",
      reason: "",
      headers: [],
      body: new Uint8Array(0),
    } as const;
    expect(() => encodeMessage({ ...response, status: 99 })).toThrow(RangeError);
    expect(() => encodeMessage({ ...response, status: 200, reason: "a\r\n" })).toThrow(RangeError);
    expect(textOf(encodeMessage({ ...response, status: 200 }))).toBe("RTSP/1.0 200 \r\n\r\n");
  });

  test("a frame fits 8 and 16 bits", () => {
    expect([...encodeFrame(3, Uint8Array.of(7))]).toEqual([0x24, 3, 0, 1, 7]);
    for (const channel of [-1, 256, 0.5]) {
      expect(() => encodeFrame(channel, new Uint8Array(0))).toThrow(RangeError);
    }
    expect(() => encodeFrame(0, new Uint8Array(65_536))).toThrow(RangeError);
  });
});

describe("headers", () => {
  test.each([
    ["12345678", { id: "12345678", timeout: 60 }],
    [" abc ; Timeout = 30 ", { id: "abc", timeout: 30 }],
    ["abc;timeout=x", { id: "abc", timeout: 60 }],
    ["abc;timeout=0", { id: "abc", timeout: 60 }],
    ["", undefined],
    [";timeout=5", undefined],
    ["a b", undefined],
  ])("Session: %s", (value, expected) => expect(parseSession(value)).toEqual(expected));

  test("Public, in several headers and odd separators", () => {
    expect([...parseMethods(["OPTIONS, describe", "PLAY,,SETUP TEARDOWN"])]).toEqual([
      "OPTIONS",
      "DESCRIBE",
      "PLAY",
      "SETUP",
      "TEARDOWN",
    ]);
  });

  test.each([
    ["5", 5],
    ["Fri, 31 Dec 1999 23:59:59 GMT", undefined],
    [undefined, undefined],
    ["-1", undefined],
  ])("Retry-After: %s", (value, expected) => expect(parseRetryAfter(value)).toBe(expected));
});

describe("sdpControls", () => {
  test("session and media controls, whatever the line ends", () => {
    const sdp =
      "v=0\r\na=control:*\na=control:second\rm=video 0 RTP/AVP 96\r\na=Control: t1 \r\nm=audio 0 RTP/AVP 0";
    expect(sdpControls(bytesOf(sdp))).toEqual({
      sessionControl: "*",
      media: [
        { line: "video 0 RTP/AVP 96", kind: "video", control: " t1 " },
        { line: "audio 0 RTP/AVP 0", kind: "audio", control: undefined },
      ],
    });
  });

  test("no description", () => {
    expect(sdpControls(bytesOf("hello"))).toEqual({ sessionControl: undefined, media: [] });
  });
});
