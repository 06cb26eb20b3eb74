import { expectTypeOf } from "vitest";
import type {
  Codec,
  Codestream,
  Decoder,
  Encoder,
  EncoderOptions,
  JpegXsErrorCode,
  Picture,
  SamplingFormat,
} from "../src/index.js";

expectTypeOf<Picture["planes"][number]["data"]>().toEqualTypeOf<Uint8Array | Uint16Array>();
expectTypeOf<Picture["format"]>().toEqualTypeOf<SamplingFormat | undefined>();
expectTypeOf<Decoder["decode"]>().parameter(0).toEqualTypeOf<Uint8Array>();
expectTypeOf<Encoder["encode"]>().returns.toExtend<Uint8Array>();
expectTypeOf<Codec["createEncoder"]>().parameter(0).toEqualTypeOf<EncoderOptions>();
expectTypeOf<Codestream["data"]>().toEqualTypeOf<Uint8Array>();
expectTypeOf<"budget">().toExtend<JpegXsErrorCode>();
// A decoded plane can be encoded again as it is.
expectTypeOf<Picture["planes"]>().toExtend<NonNullable<Parameters<Encoder["encode"]>[0]>>();
