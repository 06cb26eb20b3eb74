import { describe, expect, test } from "vitest";
import { joinConcat, redirectTarget, resolvePresentation } from "../src/index.js";

const requestUri = "rtsp://h/x";

function candidates(control: string | null, input: object = {}, options: object = {}): string[] {
  const all = resolvePresentation({ requestUri, mediaControls: [control], ...input }, options);
  return all.media[0]?.candidates.map(({ uri, rule }) => `${rule} ${uri}`) ?? [];
}

describe("resolvePresentation", () => {
  test("the example of the README", () => {
    const { aggregate, media } = resolvePresentation({
      requestUri: "rtsp://user:secret@192.0.2.1/cam/realmonitor?channel=1",
      contentBase: "rtsp://192.0.2.1/cam/realmonitor?channel=1/",
      sessionControl: "*",
      mediaControls: ["trackID=0"],
    });
    expect(aggregate).toBe("rtsp://192.0.2.1/cam/realmonitor?channel=1/");
    expect(media[0]?.candidates.map(({ rule, uri }) => `${rule}: ${uri}`)).toEqual([
      "rfc: rtsp://192.0.2.1/cam/trackID=0",
      "concat: rtsp://192.0.2.1/cam/realmonitor?channel=1/trackID=0",
      "before-query: rtsp://192.0.2.1/cam/realmonitor/trackID=0?channel=1",
    ]);
  });

  test("keeps every rule that gave a URI", () => {
    const { media } = resolvePresentation({ requestUri: "rtsp://h/x/", mediaControls: ["t"] });
    expect(media[0]?.candidates).toEqual([
      {
        uri: "rtsp://h/x/t",
        rule: "rfc",
        rules: ["rfc", "concat", "concat-request", "rfc-request"],
      },
    ]);
  });

  test("prefer: concat puts concatenation first, for relative controls only", () => {
    const prefer = { prefer: "concat" };
    expect(candidates("t", {}, prefer)).toEqual(["concat rtsp://h/x/t", "rfc rtsp://h/t"]);
    expect(candidates("rtsp://h/t", {}, prefer)).toEqual(["absolute rtsp://h/t"]);
    expect(candidates("*", {}, prefer)).toEqual(["aggregate rtsp://h/x"]);
    expect(
      candidates("t", { sessionControl: "rtsp://h/s", contentBase: "rtsp://h/b" }, prefer),
    ).toEqual([
      "concat rtsp://h/s/t",
      "concat-base rtsp://h/b/t",
      "concat-request rtsp://h/x/t",
      "rfc rtsp://h/t",
    ]);
  });

  test("lists the URIs for PLAY in order, each once", () => {
    const { aggregates } = resolvePresentation({
      requestUri,
      contentBase: "rtsp://h/x/",
      sessionControl: "rtsp://h/s/../agg",
      mediaControls: [],
    });
    expect(aggregates.map(({ uri, rule }) => `${rule} ${uri}`)).toEqual([
      "aggregate rtsp://h/s/../agg",
      "aggregate rtsp://h/agg",
      "base rtsp://h/x/",
      "base-no-slash rtsp://h/x",
    ]);
  });

  test("one rule of several media: a missing control", () => {
    const { media, issues } = resolvePresentation({ requestUri, mediaControls: [null, "t"] });
    expect(media[0]).toMatchObject({
      setup: undefined,
      candidates: [{ rule: "aggregate-lenient", uri: requestUri }],
    });
    expect(issues).toMatchObject([{ code: "no-control", field: "mediaControls[0]" }]);
  });

  test("says what was odd, where, and how bad it is", () => {
    const { issues } = resolvePresentation({
      requestUri,
      contentBase: "y/",
      contentLocation: "rtsp://h/ok",
      sessionControl: " a\tb",
      mediaControls: ["ok", "b\r\nad", "http://h/t", "\u65e5"],
    });
    expect(issues.map((i) => [i.severity, i.code, i.field, i.offset])).toEqual([
      ["warning", "relative-base", "contentBase", 0],
      ["warning", "character", "sessionControl", 2],
      ["error", "character", "mediaControls[1]", 1],
      ["warning", "foreign-scheme", "mediaControls[2]", 0],
      ["error", "character", "mediaControls[3]", 0],
    ]);
  });

  test("a control that is no octets is refused, one of 8-bit octets is kept", () => {
    expect(candidates("caf\u00c3\u00a9")[0]).toBe("rfc rtsp://h/caf\u00c3\u00a9");
    expect(candidates("\u00a0t\u0085")[0]).toBe("rfc rtsp://h/\u00a0t\u0085");
    expect(candidates("caf\u65e5")).toEqual([]);
  });

  test("throws a FormatError for the user's URL only", () => {
    expect(() => resolvePresentation({ requestUri: "http://h/", mediaControls: [] })).toThrow(
      expect.objectContaining({ name: "FormatError", code: "scheme", field: "requestUri" }),
    );
  });
});

describe("joinConcat", () => {
  test.each([
    ["rtsp://h/x", "t", "rtsp://h/x/t", "rtsp://h/x/t", "rtsp://h/x/t", "rtsp://h/x/t"],
    ["rtsp://h/x", "t/", "rtsp://h/x/t/", "rtsp://h/xt/", "rtsp://h/x/t/", "rtsp://h/x/t/"],
    ["rtsp://h/x/", "t/", "rtsp://h/x/t/", "rtsp://h/x//", "rtsp://h/x/t/", "rtsp://h/x/t/"],
    ["rtsp://h/x/", "/t", "rtsp://h/x/t", "rtsp://h/x//t", "rtsp://h/x//t", "rtsp://h/x//t"],
    ["rtsp://h/x", "/t", "rtsp://h/x/t", "rtsp://h/x//t", "rtsp://h/x//t", "rtsp://h/x/t"],
    ["rtsp://h/x", "t:1", "rtsp://h/x/t:1", "rtsp://h/x/t:1", "t:1", "t:1"],
    ["rtsp://h/x", "a/t:1", "rtsp://h/x/a/t:1", "rtsp://h/x/a/t:1", "a/t:1", "rtsp://h/x/a/t:1"],
    ["rtsp://h/x", "rtsp://h/t", "rtsp://h/t", "rtsp://h/x/rtsp://h/t", "rtsp://h/t", "rtsp://h/t"],
  ])("%s + %s", (base, control, oneSlash, gstreamer, ffmpeg, live555) => {
    expect(joinConcat(base, control)).toBe(oneSlash);
    expect(joinConcat(base, control, "gstreamer")).toBe(gstreamer);
    expect(joinConcat(base, control, "ffmpeg")).toBe(ffmpeg);
    expect(joinConcat(base, control, "live555")).toBe(live555);
  });

  test("refuses a rule that does not exist", () => {
    expect(() => joinConcat("rtsp://h", "t", "vlc" as "live555")).toThrow(RangeError);
  });
});

describe("redirectTarget", () => {
  test.each([
    ["rtsp://h:8554/y", { uri: "rtsp://h:8554/y", sameHost: true }],
    ["/y", { uri: "rtsp://h/y", sameHost: true }],
    ["rtsps://H/y", { uri: "rtsps://H/y", sameHost: true }],
    ["rtsp://u:p@other/y", { uri: "rtsp://other/y", sameHost: false }],
    ["http://h/y", undefined],
    ["rtsp://h:0/y", undefined],
    ["a\r\nb", undefined],
    ["", undefined],
    [undefined, undefined],
  ])("%j", (location, expected) => {
    expect(redirectTarget("rtsp://h/x", location)).toEqual(expected);
  });

  test("leaving TLS is not the same host", () => {
    expect(redirectTarget("rtsps://h/x", "rtsp://h/x")?.sameHost).toBe(false);
  });
});
