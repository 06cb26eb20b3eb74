import { describe, expect, test } from "vitest";
import {
  resolvePresentation,
  type SetupAction,
  type SetupOutcome,
  SetupPlan,
  type SetupPlanOptions,
} from "../src/index.js";
import { drive } from "./ours.js";

const dahua = resolvePresentation({
  requestUri: "rtsp://Cam:554/live?ch=1",
  mediaControls: ["trackID=1", "trackID=2"],
});
const RFC = "rtsp://Cam:554/trackID=1";
const CONCAT = "rtsp://Cam:554/live?ch=1/trackID=1";

/** What the plan asks for when `outcomes` happen one after the other, in short. */
function script(options: SetupPlanOptions, ...outcomes: (SetupOutcome | number)[]): string[] {
  const plan = new SetupPlan(dahua, options);
  const steps = [short(plan.action)];
  for (const outcome of outcomes) {
    const response =
      typeof outcome === "number" ? ({ type: "response", status: outcome } as const) : outcome;
    steps.push(short(plan.report(response)));
  }
  return steps;
}

function short(action: SetupAction): string {
  switch (action.type) {
    case "setup": {
      const { media, rule, transport, credentials, require, version } = action;
      const extra = [transport > 0 && `t${transport}`, credentials && "auth", require && "require"];
      return [media, rule, ...extra.filter(Boolean), version === "2.0" && "2.0"]
        .filter((x) => x !== false)
        .join(" ");
    }
    case "failed":
      return action.error.code;
    case "reconnect":
    case "wait":
      return `${action.type} ${action.delayMs}`;
    case "redirect":
      return `redirect ${action.uri} ${action.sameHost}`;
    default:
      return action.type;
  }
}

const described: SetupOutcome = { type: "described", presentation: dahua };
const closed: SetupOutcome = { type: "closed" };

describe("SetupPlan", () => {
  test("uses the rule that worked for the next medium", () => {
    expect(script({}, 404, 200, 200)).toEqual(["0 rfc", "0 concat", "1 concat", "play"]);
  });

  test("finds a learned rule behind a duplicate", () => {
    const presentation = resolvePresentation({
      requestUri: "rtsp://h/x/",
      mediaControls: ["t", "/u"],
    });
    const { plan, result } = drive(
      presentation,
      (uri) => (uri === "rtsp://h/x/u" || uri.endsWith("/t") ? 200 : 404),
      {
        learned: new Map([["h", "concat"]]),
      },
    );
    expect(result).toBe("play");
    expect(plan.attempts.map(({ uri, outcome }) => `${uri} ${outcome}`)).toEqual([
      "rtsp://h/x/t 200",
      "rtsp://h/u 404",
      "rtsp://h/x/t 200",
      "rtsp://h/x/u 200",
    ]);
  });

  test("learns per authority, and starts with what it learned", () => {
    const learned = new Map<string, string>();
    drive(dahua, (uri) => (uri.includes("?ch=1/") ? 200 : 404), { learned });
    expect([...learned]).toEqual([["cam:554", "concat"]]);
    expect(new SetupPlan(dahua, { learned }).action).toMatchObject({ uri: CONCAT });
    expect(
      new SetupPlan(dahua, { learned: new Map([["cam:554", "nonsense"]]) }).action,
    ).toMatchObject({ uri: RFC });
  });

  test("401: the same URI with credentials, which then stay on", () => {
    expect(script({ credentials: "available" }, 401, 200, 200)).toEqual([
      "0 rfc",
      "0 rfc auth",
      "1 rfc auth",
      "play",
    ]);
    expect(script({ credentials: "in-use" }, 200)).toEqual(["0 rfc auth", "1 rfc auth"]);
    expect(script({}, 401)).toEqual(["0 rfc", "unauthorized"]);
  });

  test("401 with credentials: once with a fresh nonce, then the next URI, then no more", () => {
    const fresh: SetupOutcome = { type: "response", status: 401, freshChallenge: true };
    expect(script({ credentials: "available" }, 401, fresh, fresh, 401)).toEqual([
      "0 rfc",
      "0 rfc auth",
      "0 rfc auth",
      "0 concat auth",
      "unauthorized",
    ]);
    expect(script({ credentials: "available" }, 407, 401, 200)).toEqual([
      "0 rfc",
      "0 rfc auth",
      "0 concat auth",
      "1 concat auth",
    ]);
  });

  test("461: every transport of a URI before the next URI, which begins with the first again", () => {
    expect(script({ transports: 3 }, 461, 461, 461, 461, 200)).toEqual([
      "0 rfc",
      "0 rfc t1",
      "0 rfc t2",
      "0 concat",
      "0 concat t1",
      "1 concat t1",
    ]);
  });

  test("551 drops Require once, 505 the version once", () => {
    expect(script({ require: true, version: "2.0" }, 551, 505, 551, 505, 404)).toEqual([
      "0 rfc require 2.0",
      "0 rfc 2.0",
      "0 rfc",
      "0 concat",
      "0 before-query",
      "exhausted",
    ]);
  });

  test.each([
    [453, "bandwidth"],
    [406, "unsupported"],
    [415, "unsupported"],
  ])("%d is final", (status, code) => expect(script({}, status)).toEqual(["0 rfc", code]));

  test("a lost connection: reconnect, next URI; unless the rule has worked, then the same after a pause", () => {
    expect(script({}, closed, described, 200, closed, described, 200, { type: "timeout" })).toEqual(
      [
        "0 rfc",
        "reconnect 0",
        "0 concat",
        "1 concat",
        "reconnect 500",
        "0 concat",
        "1 concat",
        "reconnect 500",
      ],
    );
  });

  test("a connection that cannot be made again is tried with growing pauses, three times", () => {
    expect(script({}, closed, closed, { type: "timeout" }, closed)).toEqual([
      "0 rfc",
      "reconnect 0",
      "reconnect 500",
      "reconnect 1000",
      "network",
    ]);
  });

  test("a status that is none counts as a lost connection", () => {
    expect(script({}, 999).at(-1)).toBe("reconnect 0");
    expect(script({}, Number.NaN).at(-1)).toBe("reconnect 0");
  });

  test("a rule that is wrong for a later medium: reconnect and start over with the next rule", () => {
    const steps = script({}, 200, 404, described, 200, 200);
    expect(steps).toEqual(["0 rfc", "1 rfc", "reconnect 0", "0 concat", "1 concat", "play"]);
  });

  test("new URIs after a new DESCRIBE: what was refused stays refused by its rule", () => {
    const plan = new SetupPlan(dahua);
    plan.report(closed);
    const again = resolvePresentation({
      requestUri: dahua.requestUri,
      mediaControls: ["trackID=1;token=b", "trackID=2;token=b"],
    });
    const action = plan.report({ type: "described", presentation: again });
    expect(action).toMatchObject({ uri: "rtsp://Cam:554/live?ch=1/trackID=1;token=b" });
  });

  test("503 with Retry-After: wait once, when nothing else is left", () => {
    const busy: SetupOutcome = { type: "response", status: 503, retryAfter: 2 };
    expect(script({}, busy, 404, 404, { type: "waited" }, 200)).toEqual([
      "0 rfc",
      "0 concat",
      "0 before-query",
      "wait 2000",
      "0 rfc",
      "1 rfc",
    ]);
    expect(script({}, busy, 404, 404, { type: "waited" }, busy).at(-1)).toBe("exhausted");
    expect(script({ maxWaitMs: 1000 }, busy, 404, 404).at(-1)).toBe("exhausted");
  });

  test("redirects: the same host by default, another with the option, five at most", () => {
    const to = (location: string): SetupOutcome => ({ type: "response", status: 302, location });
    expect(script({}, to("rtsp://cam/y")).at(-1)).toBe("redirect rtsp://cam/y true");
    expect(script({}, to("rtsp://evil/y")).at(-1)).toBe("redirect-refused");
    expect(script({ redirects: "none" }, to("rtsp://cam/y")).at(-1)).toBe("redirect-refused");
    expect(script({ redirects: "any" }, to("rtsp://other/y")).at(-1)).toBe(
      "redirect rtsp://other/y false",
    );
    expect(script({}, to("http://cam/y")).at(-1)).toBe("0 concat");
    const six = Array.from({ length: 5 }, () => [to("/y"), described]).flat();
    expect(script({ maxSetups: 99 }, ...six, to("/y")).at(-1)).toBe("too-many-redirects");
  });

  test("another presentation after a redirect begins anew", () => {
    const plan = new SetupPlan(dahua);
    plan.report({ type: "response", status: 404 });
    plan.report({ type: "response", status: 302, location: "/y" });
    const presentation = resolvePresentation({ requestUri: "rtsp://cam/y", mediaControls: ["t"] });
    const action = plan.report({ type: "described", presentation });
    expect(action).toMatchObject({ rule: "rfc", uri: "rtsp://cam/t" });
  });

  test("skips media that cannot be sent, sets up the chosen ones only", () => {
    const presentation = resolvePresentation({
      requestUri: "rtsp://h/",
      mediaControls: ["a b", "v", "a"],
    });
    expect(new SetupPlan(presentation).action).toMatchObject({ media: 1 });
    expect(new SetupPlan(presentation, { media: [2] }).action).toMatchObject({ media: 2 });
    expect(() => new SetupPlan(presentation, { media: [3] })).toThrow(RangeError);
    const none = resolvePresentation({ requestUri: "rtsp://h/", mediaControls: ["a b"] });
    expect(short(new SetupPlan(none).action)).toBe("no-candidates");
  });

  test("the error has every attempt", () => {
    const { plan, actions } = drive(dahua, () => 404);
    const last = actions.at(-1);
    expect(last?.type === "failed" && last.error.attempts).toEqual(plan.attempts);
    expect(last?.type === "failed" && last.error.message).toBe(
      `SETUP failed (exhausted): ${RFC} (rfc): 404; ${CONCAT} (concat): 404; ` +
        "rtsp://Cam:554/live/trackID=1?ch=1 (before-query): 404",
    );
  });

  test("the budget of SETUPs ends it, but is enough for many media", () => {
    const mediaControls = Array.from({ length: 20 }, (_, i) => `t${i}`);
    const presentation = resolvePresentation({ requestUri: "rtsp://h/x", mediaControls });
    expect(drive(presentation, (uri) => (uri.includes("/x/") ? 200 : 404)).result).toBe("play");
    expect(script({ maxSetups: 2 }, 404, 404).at(-1)).toBe("budget");
  });

  test("an outcome that does not belong to the action is a programming mistake", () => {
    const plan = new SetupPlan(dahua);
    expect(() => plan.report({ type: "waited" })).toThrow("waited is no outcome of setup");
  });
});
