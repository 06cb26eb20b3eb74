import { Cea608Scheduler } from "@x/cea608";
import { expectTypeOf, test } from "vitest";
import {
  CaptionScheduler,
  type Cdp,
  type Cea708Code,
  type Cue,
  CueReader,
  createCue,
  decodeCdp,
  encodeCdp,
  isFormatError,
  type Line21Source,
  parseSubtitles,
  type SchedulerEvent,
  ServiceDecoder,
} from "../src/index.js";

test("types", () => {
  expectTypeOf(encodeCdp).parameter(0).toEqualTypeOf<Cdp>();
  expectTypeOf(encodeCdp).returns.toEqualTypeOf<Uint8Array<ArrayBuffer>>();
  expectTypeOf(decodeCdp(new Uint8Array(0)).cdp.ccData).toEqualTypeOf<Uint8Array | undefined>();
  expectTypeOf(createCue).returns.toEqualTypeOf<Cue>();
  expectTypeOf(parseSubtitles).parameter(0).toEqualTypeOf<string | Uint8Array>();
  expectTypeOf(new CueReader().push).returns.toEqualTypeOf<Cue[]>();
  // A scheduler of the neighbour package fits without importing it.
  expectTypeOf<Cea608Scheduler>().toExtend<Line21Source>();
  const frameRate = { numerator: 30, denominator: 1 };
  const scheduler = new CaptionScheduler({ frameRate, line21: new Cea608Scheduler({ frameRate }) });
  expectTypeOf(scheduler.pull().events).toEqualTypeOf<readonly SchedulerEvent[]>();
  expectTypeOf(new ServiceDecoder().push).parameter(0).toEqualTypeOf<readonly Uint8Array[]>();
  expectTypeOf<Extract<Cea708Code, { kind: "delay" }>["tenths"]>().toEqualTypeOf<number>();
  // @ts-expect-error: a scheduler needs a frame rate.
  new CaptionScheduler({});
  try {
    parseSubtitles("");
  } catch (error) {
    if (isFormatError(error)) expectTypeOf(error.code).toEqualTypeOf<string>();
  }
});
