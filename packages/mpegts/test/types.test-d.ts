import { expectTypeOf, test } from "vitest";
import type {
  Descriptor,
  FormatError,
  MuxUnit,
  PacketStride,
  PesDamage,
  StreamKind,
  TsErrorCode,
  TsEvent,
  TsIssueCode,
  TsMuxerOptions,
  TsPesEvent,
  TsViolation,
} from "../src/index.js";
import { type TR_101_290_NAMES, TsDemuxer, TsMonitor, TsMuxer, TsRewriter } from "../src/index.js";

test("events are a union that a switch can exhaust", () => {
  expectTypeOf<TsEvent["type"]>().toEqualTypeOf<
    "pat" | "pmt" | "section" | "pes" | "pcr" | "issue"
  >();
  expectTypeOf<Extract<TsEvent, { type: "pes" }>>().toEqualTypeOf<TsPesEvent>();
  expectTypeOf(new TsDemuxer().push).returns.toEqualTypeOf<TsEvent[]>();
});

test("violations name their indicator, and every indicator has a name", () => {
  expectTypeOf(new TsMonitor().push).returns.toEqualTypeOf<readonly TsViolation[]>();
  expectTypeOf<TsViolation["indicator"]>().toEqualTypeOf<keyof typeof TR_101_290_NAMES>();
});

test("what comes out of the demuxer goes into the muxer", () => {
  expectTypeOf<
    Pick<TsPesEvent, "pid" | "data" | "pts" | "dts" | "randomAccess">
  >().toExtend<MuxUnit>();
  expectTypeOf(new TsMuxer({ programs: [] }).push).returns.toEqualTypeOf<Uint8Array<ArrayBuffer>>();
  expectTypeOf(new TsRewriter().push).returns.toEqualTypeOf<Uint8Array<ArrayBuffer>>();
});

test("options are readonly and optional but for the programmes", () => {
  expectTypeOf<{ programs: [] }>().toExtend<TsMuxerOptions>();
  expectTypeOf<PacketStride>().toEqualTypeOf<188 | 192 | 204 | 208>();
  expectTypeOf<PesDamage>().toEqualTypeOf<"loss" | "truncated" | "oversize" | "scrambled">();
});

test("codes and kinds are closed unions", () => {
  expectTypeOf<"checksum">().toExtend<TsErrorCode>();
  expectTypeOf<"made-up">().not.toExtend<TsIssueCode>();
  expectTypeOf<"smpte-2038">().toExtend<StreamKind>();
  expectTypeOf<FormatError["code"]>().toEqualTypeOf<string>();
  expectTypeOf<Descriptor["data"]>().toEqualTypeOf<Uint8Array>();
});
