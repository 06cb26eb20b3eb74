import { expectTypeOf } from "vitest";
import type { RtspUriImplementation } from "../src/conformance.js";
import {
  type Candidate,
  type ControlRule,
  matchRtpInfo,
  parseRtpInfo,
  parseRtspUrl,
  resolvePresentation,
  resolveReference,
  type SetupAction,
  SetupPlan,
} from "../src/index.js";

expectTypeOf(resolveReference).toExtend<RtspUriImplementation["resolveReference"]>();
expectTypeOf(resolvePresentation).toExtend<
  NonNullable<RtspUriImplementation["resolvePresentation"]>
>();

const presentation = resolvePresentation({
  requestUri: "rtsp://h/",
  mediaControls: [null, undefined, "t"],
});
expectTypeOf(presentation.media[0]!.candidates).toEqualTypeOf<readonly Candidate[]>();
expectTypeOf(presentation.media[0]!.setup).toEqualTypeOf<string | undefined>();

const plan = new SetupPlan(presentation, { learned: new Map<string, string>() });
expectTypeOf(plan.action).toEqualTypeOf<SetupAction>();
expectTypeOf(plan.strategy).toEqualTypeOf<ControlRule | undefined>();
if (plan.action.type === "setup") expectTypeOf(plan.action.uri).toBeString();
// @ts-expect-error: only a SETUP has a URI and a rule.
plan.action.rule;

expectTypeOf(parseRtspUrl("rtsp://h/").credentials?.password).toEqualTypeOf<string | undefined>();
expectTypeOf(matchRtpInfo(parseRtpInfo(""), [{ uri: "", control: null }], "")).toEqualTypeOf<
  (number | undefined)[]
>();
