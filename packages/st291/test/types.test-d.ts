import { expectTypeOf, test } from "vitest";
import {
  type AfdBarData,
  type AncPacket,
  createAncPacket,
  decodeAfd,
  decodeHdr,
  decodeScte104Message,
  encodeAfd,
  type FormatError,
  type FormatIssue,
  type HdrFrame,
  isFormatError,
  KlvReassembler,
  lookup,
  payload,
  type Scte104Message,
  Scte104Reassembler,
  type St291ErrorCode,
  sdid,
  type VancIssue,
  wordOf,
} from "../src/index.js";

test("packets are plain data", () => {
  expectTypeOf(createAncPacket).returns.toEqualTypeOf<AncPacket>();
  expectTypeOf<{
    cNotYChannelFlag: boolean;
    lineNumber: number;
    horizontalOffset: number;
    words: Uint16Array;
  }>().toExtend<AncPacket>();
  expectTypeOf(sdid).returns.toEqualTypeOf<number | undefined>();
  expectTypeOf(payload).returns.toEqualTypeOf<Uint8Array<ArrayBuffer>>();
  expectTypeOf(wordOf).toEqualTypeOf<(byte: number) => number>();
});

test("codecs take bytes and give plain data", () => {
  expectTypeOf(decodeAfd).toEqualTypeOf<(payload: Uint8Array) => AfdBarData>();
  expectTypeOf(encodeAfd).returns.toEqualTypeOf<Uint8Array<ArrayBuffer>>();
  expectTypeOf(decodeHdr).returns.toEqualTypeOf<HdrFrame[]>();
  expectTypeOf(lookup(0x61, 0x01).document).toEqualTypeOf<string | undefined>();
});

test("unions are told apart by their kind", () => {
  const message = decodeScte104Message(new Uint8Array(0)) as Scte104Message;
  if (message.kind === "single") expectTypeOf(message.opId).toEqualTypeOf<number>();
  else expectTypeOf(message.operations[0]?.opId).toEqualTypeOf<number | undefined>();
  expectTypeOf<Extract<AfdBarData["bars"], { kind: "letterbox" }>>().toHaveProperty("top");
  expectTypeOf<Extract<HdrFrame, { kind: "raw" }>>().toHaveProperty("data");
});

test("errors and issues have their codes", () => {
  expectTypeOf<St291ErrorCode>().toExtend<string>();
  expectTypeOf<FormatError<St291ErrorCode>["code"]>().toEqualTypeOf<St291ErrorCode>();
  expectTypeOf<VancIssue>().toExtend<FormatIssue>();
  expectTypeOf(isFormatError).guards.toEqualTypeOf<FormatError>();
});

test("reassemblers take packets", () => {
  expectTypeOf(new Scte104Reassembler().push).parameter(0).toEqualTypeOf<AncPacket>();
  expectTypeOf(new KlvReassembler().push).returns.items.toHaveProperty("complete");
});
