// Deliberately wrong implementations: each is one mistake that a real client makes.
import type {
  ConformanceInput,
  ConformanceUris,
  RtspUriImplementation,
} from "../src/conformance.js";
import { joinConcat, parseRtspUrl, resolvePresentation, SetupPlan } from "../src/index.js";
import { drive, ours } from "./ours.js";

/** Our result with the URIs of every medium changed. */
function withMedia(
  input: ConformanceInput,
  change: (
    media: ConformanceUris["media"][number],
    index: number,
  ) => ConformanceUris["media"][number],
): ConformanceUris {
  const uris = resolvePresentation(input);
  return { ...uris, media: uris.media.map(change) };
}

function withSetup(
  input: ConformanceInput,
  change: (uri: string, i: number) => string,
): ConformanceUris {
  return withMedia(input, (media, i) => {
    if (media.setup === undefined) return media;
    const setup = change(media.setup, i);
    return { setup, candidates: [{ uri: setup, rule: "rfc" }, ...media.candidates.slice(1)] };
  });
}

export const mutants: Readonly<Record<string, RtspUriImplementation>> = {
  "appends instead of resolving (FFmpeg)": {
    ...ours,
    resolvePresentation: (input) =>
      withSetup(input, (setup, i) => {
        const control = input.mediaControls[i] ?? "";
        return control === ""
          ? setup
          : joinConcat(resolvePresentation(input).base, control, "ffmpeg");
      }),
  },
  "sends * literally": {
    ...ours,
    resolvePresentation: (input) =>
      withSetup(input, (setup, i) =>
        input.mediaControls[i]?.trim() === "*" ? `${setup}/*` : setup,
      ),
  },
  "takes track:1 for an absolute URI": {
    ...ours,
    resolvePresentation: (input) =>
      withSetup(input, (setup, i) => {
        const control = input.mediaControls[i] ?? "";
        return /^[a-z]+:/.test(control) ? control : setup;
      }),
  },
  "ignores Content-Location": {
    ...ours,
    resolvePresentation: (input) => resolvePresentation({ ...input, contentLocation: undefined }),
  },
  "lets Content-Location win": {
    ...ours,
    resolvePresentation: (input) =>
      resolvePresentation({ ...input, contentBase: input.contentLocation ?? input.contentBase }),
  },
  "takes an empty Content-Base literally": {
    ...ours,
    resolvePresentation: (input) => {
      const uris = resolvePresentation(input);
      return input.contentBase?.trim() === "" ? { ...uris, base: "" } : uris;
    },
  },
  "leaves credentials in the request URI": {
    ...ours,
    resolvePresentation: (input) => ({
      ...resolvePresentation(input),
      requestUri: input.requestUri,
    }),
  },
  "escapes blanks and controls instead of refusing": {
    ...ours,
    resolvePresentation: (input) => {
      const escaped = input.mediaControls.map((c) =>
        c?.trim().replace(/[^!-~\x80-\xff]/g, encodeURIComponent),
      );
      return resolvePresentation({ ...input, mediaControls: escaped });
    },
  },
  "upper-cases escapes": {
    ...ours,
    resolveReference: (base, reference) =>
      ours.resolveReference(base, reference).replace(/%[0-9a-f]{2}/gi, (e) => e.toUpperCase()),
  },
  "collapses empty segments (GstUri)": {
    ...ours,
    resolveReference: (base, reference) =>
      ours.resolveReference(base, reference).replace(/([^:/])\/{2,}/g, "$1/"),
  },
  "cuts the last segment for a query alone (RFC 2396)": {
    ...ours,
    resolveReference: (base, reference) =>
      ours.resolveReference(base, reference.startsWith("?") ? `./${reference}` : reference),
  },
  "keeps excess dot segments (RFC 2396)": {
    ...ours,
    resolveReference(base, reference) {
      const target = ours.resolveReference(base, reference);
      return /^(?:\.\.\/){3,}g$/.test(reference) ? target.replace("/g", "/../g") : target;
    },
  },
  "drops the query of the base for an empty reference": {
    ...ours,
    resolveReference: (base, reference) =>
      ours.resolveReference(reference === "" ? base.replace(/\?.*/s, "") : base, reference),
  },
  "accepts any port": {
    ...ours,
    resolvePresentation(input) {
      const requestUri = input.requestUri.replace(/:(0|\d{5,})(?=\/|$)/, ":554");
      return resolvePresentation({ ...input, requestUri });
    },
  },
  "has no candidates beyond the first": {
    ...ours,
    resolvePresentation: (input) =>
      withMedia(input, ({ setup, candidates }) => ({ setup, candidates: candidates.slice(0, 1) })),
  },
  "lists duplicates": {
    ...ours,
    resolvePresentation: (input) =>
      withMedia(input, ({ setup, candidates }) => ({
        setup,
        candidates: [...candidates, ...candidates],
      })),
  },
  "gives up at the first refusal": {
    ...ours,
    setUp(input, server) {
      const plan = new SetupPlan(resolvePresentation(input), { maxSetups: 1 });
      const { setups } = ours.setUp(input, server);
      return { setups: setups.slice(0, 1), result: plan.action.type };
    },
  },
  "sends the same URI again after a lost connection (GStreamer)": {
    ...ours,
    setUp(input, server) {
      const { plan, result } = drive(resolvePresentation(input), server);
      const setups = plan.attempts.flatMap((a) => (a.outcome === "closed" ? [a, a] : [a]));
      return { setups, result };
    },
  },
  "forgets the rule it learned": {
    ...ours,
    setUp(input, server) {
      const { requestUri } = parseRtspUrl(input.requestUri);
      const setups = [];
      let result = "";
      for (const control of input.mediaControls) {
        const one = ours.setUp({ ...input, requestUri, mediaControls: [control] }, server);
        setups.push(...one.setups);
        result = one.result;
      }
      return { setups, result };
    },
  },
  "matches RTP-Info by position": {
    ...ours,
    matchRtpInfo: (header) =>
      header
        .split("url=")
        .slice(1)
        .map((_, i) => i),
  },
  "splits RTP-Info at every comma": {
    ...ours,
    matchRtpInfo: (header, media, base) =>
      header.split(",").flatMap((part) => ours.matchRtpInfo(part, media, base)),
  },
};
