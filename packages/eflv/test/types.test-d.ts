import { expectTypeOf } from "vitest";
import {
  type AudioData,
  decodeAudioData,
  type FlvDemuxer,
  type FlvEvent,
  type FlvMuxer,
  type FlvPacket,
  type FlvTag,
  type KeyframeIndex,
  readKeyframeIndex,
} from "../src/index.js";

expectTypeOf(decodeAudioData).returns.toEqualTypeOf<AudioData>();
expectTypeOf<FlvDemuxer["push"]>().returns.toEqualTypeOf<FlvEvent[]>();
expectTypeOf<FlvMuxer["write"]>().returns.toEqualTypeOf<Uint8Array<ArrayBuffer>[]>();
expectTypeOf<Extract<FlvEvent, { type: "unknown" }>["tag"]>().toEqualTypeOf<FlvTag>();
expectTypeOf<Extract<FlvEvent, { type: "audio" }>["tag"]>().toEqualTypeOf<FlvTag>();
expectTypeOf<FlvPacket["body"]>().toEqualTypeOf<Uint8Array>();
expectTypeOf(readKeyframeIndex).returns.toEqualTypeOf<KeyframeIndex | undefined>();
