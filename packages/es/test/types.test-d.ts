import { expectTypeOf } from "vitest";
import {
  type AdtsHeader,
  decodeVp9KeyFrame,
  type EsIssueCode,
  type FormatIssue,
  type FrameEvent,
  FrameParser,
  splitAnnexB,
  type Vp9KeyFrame,
} from "../src/index.js";

expectTypeOf(splitAnnexB).returns.toEqualTypeOf<Uint8Array[]>();
expectTypeOf(decodeVp9KeyFrame).returns.toEqualTypeOf<Vp9KeyFrame | undefined>();
expectTypeOf(new FrameParser({ format: "adts" }).push(new Uint8Array())).toEqualTypeOf<
  FrameEvent<AdtsHeader>[]
>();
expectTypeOf<FormatIssue<EsIssueCode>["severity"]>().toEqualTypeOf<"error" | "warning">();
