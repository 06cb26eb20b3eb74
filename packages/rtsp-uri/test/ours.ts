import type { RtspUriImplementation } from "../src/conformance.js";
import {
  matchRtpInfo,
  type Presentation,
  parseRtpInfo,
  resolvePresentation,
  resolveReference,
  type SetupAction,
  SetupPlan,
  type SetupPlanOptions,
} from "../src/index.js";

/** Drive a plan against a server that is a function, until it ends. */
export function drive(
  presentation: Presentation,
  server: (uri: string) => number | "closed",
  options: SetupPlanOptions = {},
): { readonly plan: SetupPlan; readonly actions: readonly SetupAction[]; readonly result: string } {
  const plan = new SetupPlan(presentation, options);
  const actions: SetupAction[] = [plan.action];
  for (;;) {
    const { action } = plan;
    if (action.type === "play") return { plan, actions, result: "play" };
    if (action.type === "failed") return { plan, actions, result: action.error.code };
    if (action.type === "setup") {
      const answer = server(action.uri);
      const response = { type: "response", status: Number(answer) } as const;
      actions.push(plan.report(answer === "closed" ? { type: "closed" } : response));
    } else if (action.type === "wait") actions.push(plan.report({ type: "waited" }));
    else actions.push(plan.report({ type: "described", presentation }));
  }
}

/** This package behind the suite's interface. */
export const ours: Required<RtspUriImplementation> = {
  resolveReference,
  resolvePresentation,
  setUp(input, server) {
    const { plan, result } = drive(resolvePresentation(input), server);
    return { setups: plan.attempts, result };
  },
  matchRtpInfo: (header, media, base) => matchRtpInfo(parseRtpInfo(header), media, base),
};
