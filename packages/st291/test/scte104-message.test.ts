import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../../tools/testing/vectors.js";
import {
  decodeScte104Message,
  encodeScte104Message,
  type Scte104Message,
  scte104OperationName,
} from "../src/index.js";

const INIT = "0001000dffffffff000102000a";
/** Message size, as byte 3, to be filled in. */
const SPLICE = [
  "ffff0000",
  "00012a0007",
  "00",
  "0165e1a2ff03e8",
  "02",
  "0101000a02000012340000000258",
  "01020001ff",
].join("");

describe("single operation message", () => {
  const init: Scte104Message = {
    kind: "single",
    opId: 1,
    result: 0xffff,
    resultExtension: 0xffff,
    protocolVersion: 0,
    asIndex: 1,
    messageNumber: 2,
    dpiPidIndex: 10,
    data: new Uint8Array(0),
  };

  test("has thirteen bytes and its data", () => {
    expect(decodeScte104Message(fromHex(INIT))).toEqual(init);
    expect(toHex(encodeScte104Message(init))).toBe(INIT);
    const withData = { ...init, data: Uint8Array.of(1, 2) };
    expect(decodeScte104Message(encodeScte104Message(withData))).toEqual(withData);
  });

  test.each([0, 3, 12])("refuses its first %i bytes", (length) => {
    const cut = fromHex(INIT).subarray(0, length);
    expect(() => decodeScte104Message(cut)).toThrow(expect.objectContaining({ code: "length" }));
  });

  test("refuses twelve bytes that say that they are twelve", () => {
    const short = fromHex(INIT).subarray(0, 12).slice();
    short[3] = 12;
    expect(() => decodeScte104Message(short)).toThrow(
      expect.objectContaining({ code: "length", field: "messageSize" }),
    );
  });

  test.each<Partial<Scte104Message & { kind: "single" }>>([
    { opId: 0xffff },
    { result: 0x10000 },
    { resultExtension: -1 },
    { protocolVersion: 256 },
    { asIndex: 256 },
    { messageNumber: 256 },
    { dpiPidIndex: 0x10000 },
    { data: new Uint8Array(65536) },
  ])("does not write %o", (change) => {
    expect(() => encodeScte104Message({ ...init, ...change })).toThrow(RangeError);
  });
});

describe("multiple operation message", () => {
  const splice: Scte104Message = {
    kind: "multiple",
    protocolVersion: 0,
    asIndex: 1,
    messageNumber: 42,
    dpiPidIndex: 7,
    scte35ProtocolVersion: 0,
    timestamp: { kind: "utc", utcSeconds: 0x65e1a2ff, utcMicroseconds: 1000 },
    operations: [
      { opId: 0x0101, data: fromHex("02000012340000000258") },
      { opId: 0x0102, data: fromHex("ff") },
    ],
  };

  test("has a timestamp and operations", () => {
    const message = fromHex(SPLICE);
    message[3] = message.length;
    expect(decodeScte104Message(message)).toEqual(splice);
    expect(encodeScte104Message(splice)).toEqual(message);
  });

  test.each<[string, Scte104Message & { kind: "multiple" }]>([
    ["00", { ...splice, timestamp: { kind: "none" } }],
    [
      "0217133b1d",
      { ...splice, timestamp: { kind: "vitc", hours: 23, minutes: 19, seconds: 59, frames: 29 } },
    ],
    ["030501", { ...splice, timestamp: { kind: "gpi", gpiNumber: 5, gpiEdge: 1 } }],
    [
      "01fffffffeffff",
      { ...splice, timestamp: { kind: "utc", utcSeconds: 0xfffffffe, utcMicroseconds: 65535 } },
    ],
  ])("timestamp %s", (hex, value) => {
    const message = encodeScte104Message(value);
    expect(toHex(message.subarray(10, 10 + hex.length / 2))).toBe(hex);
    expect(decodeScte104Message(message)).toEqual(value);
  });

  test("may have no operation", () => {
    const empty = { ...splice, operations: [] };
    expect(decodeScte104Message(encodeScte104Message(empty))).toEqual(empty);
  });

  test("data of operations are views", () => {
    const message = encodeScte104Message(splice);
    const read = decodeScte104Message(message);
    expect(read.kind === "multiple" && read.operations[0]?.data.buffer).toBe(message.buffer);
  });

  /** The message with bytes replaced from `at` on. */
  const damaged = (at: number, ...bytes: number[]): Uint8Array => {
    const message = encodeScte104Message(splice);
    message.set(bytes, at);
    return message;
  };
  const whole = encodeScte104Message(splice);

  test.each([
    ["length", "messageSize", whole.subarray(0, -1)],
    ["length", "messageSize", damaged(2, 0, whole.length - 1)],
    ["identifier", "timeType", damaged(10, 4)],
    ["identifier", "timeType", damaged(10, 255)],
    ["length", "numOps", damaged(17, 3)],
    ["length", "messageSize", damaged(17, 1)],
    ["length", "dataLength", damaged(20, 0, 16)],
    ["length", "messageSize", Uint8Array.of(0xff, 0xff, 0, 12, 0, 0, 0, 0, 0, 0, 3, 0)],
  ])("%s: refuses a bad %s (%#)", (code, field, message) => {
    expect(() => decodeScte104Message(message)).toThrow(expect.objectContaining({ code, field }));
  });

  test.each<Partial<Scte104Message & { kind: "multiple" }>>([
    { scte35ProtocolVersion: 256 },
    { operations: Array(256).fill({ opId: 1, data: new Uint8Array(0) }) },
    { operations: [{ opId: 0x10000, data: new Uint8Array(0) }] },
    { operations: [{ opId: 1, data: new Uint8Array(65530) }] },
    { timestamp: { kind: "utc", utcSeconds: 2 ** 32, utcMicroseconds: 0 } },
    { timestamp: { kind: "vitc", hours: 0, minutes: 0, seconds: 0, frames: 256 } },
    { timestamp: { kind: "gpi", gpiNumber: 0, gpiEdge: 256 } },
  ])("does not write what does not fit (%#)", (change) => {
    expect(() => encodeScte104Message({ ...splice, ...change })).toThrow(RangeError);
  });

  test("does not know other kinds", () => {
    const other = { ...splice, kind: "triple" } as unknown as Scte104Message;
    expect(() => encodeScte104Message(other)).toThrow(TypeError);
    const timestamp = { kind: "ltc" } as unknown as { kind: "none" };
    expect(() => encodeScte104Message({ ...splice, timestamp })).toThrow(TypeError);
  });
});

test("operations have the names of SCTE 104", () => {
  expect(scte104OperationName(0x0101)).toBe("splice_request_data");
  expect(scte104OperationName(0x010b)).toBe("insert_segmentation_descriptor_request_data");
  expect(scte104OperationName(0x7fff)).toBeUndefined();
});
