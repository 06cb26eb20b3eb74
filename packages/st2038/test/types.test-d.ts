import type { AncPacket as Origin } from "@x/st291";
import { expectTypeOf, test } from "vitest";
import type { St2038Implementation } from "../src/conformance.js";
import {
  type AncCaption,
  AncCursor,
  AncDemuxer,
  type AncDiagnosticCode,
  type AncPacket,
  type AncUnit,
  ancToCaption,
  decodePes,
  decodeUnit,
  type encodeSt436,
  encodeUnit,
  parseSt436,
  parseUnit,
  type St2038Packet,
} from "../src/index.js";

test("packets are those of @x/st291, and fit everywhere", () => {
  expectTypeOf<AncPacket>().toEqualTypeOf<Origin>();
  expectTypeOf<St2038Packet>().toExtend<AncPacket>();
  expectTypeOf(decodeUnit).returns.toEqualTypeOf<readonly St2038Packet[]>();
  expectTypeOf(parseUnit).parameter(0).toEqualTypeOf<Uint8Array>();
  expectTypeOf(new AncCursor().packet).returns.toEqualTypeOf<St2038Packet>();
  expectTypeOf<Parameters<typeof encodeSt436>[0]>().toExtend<readonly AncPacket[]>();
  expectTypeOf(parseSt436).returns.toHaveProperty("packets");
});

test("what we allocate can go to Web APIs, what is a view cannot claim it", () => {
  expectTypeOf(encodeUnit).returns.toEqualTypeOf<Uint8Array<ArrayBuffer>>();
  expectTypeOf(decodePes).returns.toHaveProperty("payload").toEqualTypeOf<Uint8Array>();
});

test("codes and formats are closed unions", () => {
  expectTypeOf<AncDiagnosticCode>().not.toEqualTypeOf<string>();
  expectTypeOf(ancToCaption).returns.toEqualTypeOf<AncCaption | undefined>();
  expectTypeOf<AncCaption["format"]>().toEqualTypeOf<"cdp" | "s334-1a">();
});

test("the demultiplexer keeps the type of its packets", () => {
  const [group] = new AncDemuxer().push(decodeUnit(new Uint8Array(0)));
  expectTypeOf(group?.packets).toEqualTypeOf<readonly St2038Packet[] | undefined>();
  expectTypeOf<AncUnit["packets"]>().toEqualTypeOf<readonly AncPacket[]>();
});

test("our functions are a conformance implementation as they are", () => {
  expectTypeOf(parseUnit).toExtend<St2038Implementation["parseUnit"]>();
  expectTypeOf(parseSt436).toExtend<NonNullable<St2038Implementation["parseSt436"]>>();
});
