import type { AncPacket as St291Packet } from "@x/st291";
import { expectTypeOf, test } from "vitest";
import {
  type AncFrame,
  type AncFrameInit,
  type AncPacket,
  type AncPacketizer,
  type DecodedPayload,
  decodePayload,
  encodePayload,
  fromSt2038,
  type ParsedPayload,
  parsePayload,
  type toSt2038,
} from "../src/index.js";

test("packets are those of @x/st291", () => {
  expectTypeOf<AncPacket>().toEqualTypeOf<St291Packet>();
});

test("what we allocate goes to Web APIs without a cast", () => {
  expectTypeOf(encodePayload).returns.toEqualTypeOf<Uint8Array<ArrayBuffer>>();
  expectTypeOf<AncPacketizer["packetize"]>().returns.toEqualTypeOf<Uint8Array<ArrayBuffer>[]>();
});

test("header fields are certain only when decoding is strict", () => {
  expectTypeOf(parsePayload).returns.toEqualTypeOf<ParsedPayload>();
  expectTypeOf<ParsedPayload["f"]>().toEqualTypeOf<number | undefined>();
  expectTypeOf(decodePayload).returns.toEqualTypeOf<DecodedPayload>();
  expectTypeOf<DecodedPayload["f"]>().toEqualTypeOf<number>();
});

test("frames and payloads go into the conversion, and what comes back into the packetizer", () => {
  expectTypeOf<AncFrame>().toExtend<Parameters<typeof toSt2038>[0]>();
  expectTypeOf<ParsedPayload>().toExtend<Parameters<typeof toSt2038>[0]>();
  expectTypeOf(fromSt2038).returns.toEqualTypeOf<AncFrameInit[]>();
});
