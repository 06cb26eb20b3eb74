import { expectTypeOf, test } from "vitest";
import {
  type Cea608Code,
  type Cea608Cue,
  Cea608CueExporter,
  Cea608Decoder,
  type Cea608Event,
  type Cea608Frame,
  Cea608Scheduler,
  decodePair,
  decodeXdsContent,
  encodePopOn,
  encodeXdsPacket,
  type FormatIssue,
  isFormatError,
  parseScc,
  sccPairs,
  type TimedPair,
  type XdsContent,
  type XdsPacket,
} from "../src/index.js";

test("what goes in and comes out", () => {
  expectTypeOf(new Cea608Decoder().push).parameters.toEqualTypeOf<[1 | 2, number, number]>();
  expectTypeOf(new Cea608Decoder().push).returns.toEqualTypeOf<readonly Cea608Event[]>();
  expectTypeOf(new Cea608CueExporter().push).returns.toEqualTypeOf<Cea608Cue[]>();
  expectTypeOf(decodePair).returns.toEqualTypeOf<Cea608Code>();
  expectTypeOf(encodePopOn).returns.toEqualTypeOf<number[]>();
  expectTypeOf(decodeXdsContent).parameters.toEqualTypeOf<[XdsPacket]>();
  expectTypeOf(decodeXdsContent).returns.toEqualTypeOf<XdsContent | undefined>();
  expectTypeOf(encodeXdsPacket).returns.toEqualTypeOf<Uint8Array<ArrayBuffer>>();
  expectTypeOf(sccPairs).returns.toEqualTypeOf<Generator<TimedPair>>();
  expectTypeOf(parseScc("").issues).toExtend<readonly FormatIssue[]>();
  const scheduler = new Cea608Scheduler({ frameRate: { numerator: 30, denominator: 1 } });
  expectTypeOf(scheduler.pull).returns.toEqualTypeOf<Cea608Frame>();
});

test("a code is told by its type, an event too", () => {
  const code = decodePair(0x9420);
  if (code.type === "misc") expectTypeOf(code.field).toEqualTypeOf<1 | 2>();
  if (code.type === "pac") expectTypeOf(code.indent).toEqualTypeOf<number | undefined>();
  expectTypeOf<Extract<Cea608Event, { type: "xds" }>["packet"]>().toEqualTypeOf<XdsPacket>();
});

test("captions take plain lines and runs, and services that have captions", () => {
  expectTypeOf(encodePopOn).parameter(0).toHaveProperty("lines");
  type Pushed = Parameters<Cea608Scheduler["push"]>[0];
  expectTypeOf<"CC1">().toExtend<Pushed["service"]>();
  expectTypeOf<"T1">().not.toExtend<Pushed["service"]>();
});

test("isFormatError narrows", () => {
  const error: unknown = undefined;
  if (isFormatError(error)) expectTypeOf(error.offset).toEqualTypeOf<number>();
});
