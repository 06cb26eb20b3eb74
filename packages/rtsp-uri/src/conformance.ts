import fc from "fast-check";
import { RFC3986_BASE, RFC3986_EXAMPLES, SERVER_EXAMPLES } from "./conformance-vectors.js";

export {
  RFC3986_BASE,
  RFC3986_EXAMPLES,
  SERVER_EXAMPLES,
  type ServerExample,
} from "./conformance-vectors.js";

/** What DESCRIBE gave, as plain data. Strings hold one octet a character. */
export interface ConformanceInput {
  readonly requestUri: string;
  readonly contentBase?: string | undefined;
  readonly contentLocation?: string | undefined;
  readonly sessionControl?: string | undefined;
  readonly mediaControls: readonly (string | undefined)[];
}

/** The URIs that follow from it. */
export interface ConformanceUris {
  readonly requestUri: string;
  readonly base: string;
  readonly aggregate: string;
  readonly media: readonly {
    readonly setup: string | undefined;
    readonly candidates: readonly { readonly uri: string; readonly rule: string }[];
  }[];
}

/** What the simulated server does with a SETUP. */
export type ConformanceAnswer = number | "closed";

/** What a client did with a server. */
export interface ConformanceSession {
  readonly setups: readonly {
    readonly media: number;
    readonly uri: string;
    readonly outcome: string;
  }[];
  readonly result: string;
}

/** What the suite tests. Leave out what an implementation does not have: its properties are then not stated. */
export interface RtspUriImplementation {
  /** RFC 3986 5.2. */
  resolveReference(base: string, reference: string): string;
  /** Throws when the request URI is no RTSP URL. */
  resolvePresentation?(input: ConformanceInput): ConformanceUris;
  /** Run a client without credentials and with one transport until PLAY or failure. */
  setUp?(input: ConformanceInput, server: (uri: string) => ConformanceAnswer): ConformanceSession;
  /** For each entry of an RTP-Info header the index of its medium. */
  matchRtpInfo?(
    header: string,
    media: readonly { readonly uri: string; readonly control?: string | undefined }[],
    base: string,
  ): readonly (number | undefined)[];
}

/** What the suite needs of a test runner; vitest, node:test, mocha and jest have it. */
export interface ConformanceRunner {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => void): void;
  /** Runs of each property. Default 100. */
  readonly numRuns?: number;
}

// Escapes in both cases, octets beyond ASCII, sub-delimiters, dots inside: what must survive unchanged.
const PATH_UNITS = [..."abZ9-._~!$&'()*+,;=@", "%2f", "%2F", "%c3%A9", "\u00e9", "%2e"];

/** A path segment without `/`, `?`, `#`; never `.` or `..`; may be empty. */
export const segment: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...PATH_UNITS), { maxLength: 6 })
  .map((units) => units.join(""))
  .filter((text) => text !== "." && text !== "..");

/** A segment or a dot segment. */
export const anySegment: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: segment },
  { weight: 1, arbitrary: fc.constantFrom(".", "..") },
);

/** A query, which may contain `/`, `?` and dots. */
export const query: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...PATH_UNITS, "/", "?", "/../", "&b=2", "&b=1"), { maxLength: 5 })
  .map((units) => units.join(""));

/** Host and optional port. */
export const authority: fc.Arbitrary<string> = fc.constantFrom(
  "h",
  "Cam.Example",
  "127.0.0.1:8554",
  "[2001:DB8::1]",
  "[::1]:8554",
  "h:0554",
);

/** The parts of an RTSP URL without userinfo and fragment. */
export interface UrlParts {
  readonly scheme: string;
  readonly authority: string;
  /** The path is `/` and these, joined by `/`; empty: no path at all. */
  readonly segments: readonly string[];
  readonly query: string | undefined;
}

/** An RTSP URL in parts, without dot segments. */
export const urlParts: fc.Arbitrary<UrlParts> = fc.record({
  scheme: fc.constantFrom("rtsp", "rtsps"),
  authority,
  segments: fc.array(segment, { maxLength: 4 }),
  query: fc.option(query, { nil: undefined }),
});

/** Write {@link UrlParts}. */
export function urlOf(parts: UrlParts): string {
  const path = parts.segments.map((text) => `/${text}`).join("");
  return `${parts.scheme}://${parts.authority}${path}${suffixOf(parts.query)}`;
}

/** A relative control attribute that starts with a plain segment: `trackID=1`, `a/b?c`. */
export const plainControl: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom("trackID=1", "stream=0", "video", "track:1", "t%2F1"),
    fc.array(segment, { maxLength: 2 }),
  )
  .map((parts) => parts.flat().join("/"));

/** Control attributes of every kind, with what must not be sent among them. */
export const anyControl: fc.Arbitrary<string | undefined> = fc.oneof(
  plainControl,
  fc.constantFrom(
    undefined,
    "",
    "*",
    "/t",
    "//other/t",
    "?t=1",
    "../t",
    "./t",
    "t#f",
    " t\t",
    "http:t",
  ),
  fc.constantFrom(
    "rtsp://u:p@h/t",
    "RTSP://h/T",
    "rtspt://10.0.0.5/t#f",
    "rtsp://[fe80::1%25eth0]/t",
  ),
  fc.constantFrom("a b", "a\r\nX: y", "a\u0000", "a\u007f", "a\tb"),
);

/** Everything DESCRIBE may give, hostile values included; the request URI is a valid one. */
export const anyInput: fc.Arbitrary<ConformanceInput> = fc.record({
  requestUri: fc
    .tuple(fc.constantFrom("", "user:p%40ss@", "user:p@ss@"), urlParts)
    .map(([userinfo, parts]) => urlOf({ ...parts, authority: userinfo + parts.authority })),
  contentBase: fc.oneof(fc.constant(undefined), urlParts.map(urlOf), anyControl),
  contentLocation: fc.oneof(fc.constant(undefined), urlParts.map(urlOf), anyControl),
  sessionControl: fc.oneof(fc.constant(undefined), urlParts.map(urlOf), anyControl),
  mediaControls: fc.array(anyControl, { maxLength: 3 }),
});

/**
 * State everything that RTSP control URI resolution must satisfy, as synchronous tests in the runner given.
 * RFC 3986 5 for references; RFC 2326 C.1.1 and RFC 7826 D.1.1 for controls; what servers in the field need for the rest.
 */
export function conformanceSuite(
  implementation: RtspUriImplementation,
  runner: ConformanceRunner,
): void {
  const { describe } = runner;
  describe("RFC 3986 5, reference resolution", () => referenceProperties(implementation, runner));
  const { resolvePresentation, setUp, matchRtpInfo } = implementation;
  if (resolvePresentation !== undefined) {
    describe("RFC 2326 C.1.1, control URIs", () => controlProperties(resolvePresentation, runner));
    describe("candidates", () => candidateProperties(resolvePresentation, runner));
  }
  if (setUp !== undefined) describe("SETUP retries", () => setupProperties(setUp, runner));
  if (matchRtpInfo !== undefined) {
    describe("RFC 2326 12.33, RTP-Info", () => rtpInfoProperties(matchRtpInfo, runner));
  }
}

function referenceProperties(
  { resolveReference }: RtspUriImplementation,
  { test, numRuns = 100 }: ConformanceRunner,
): void {
  for (const [reference, target] of RFC3986_EXAMPLES) {
    test(`RFC 3986 5.4: ${reference || "(empty)"}`, () => {
      equal(resolveReference(RFC3986_BASE, reference), target);
    });
  }

  test("RFC 3986 5.2.2, 5.2.4: a relative path is merged and loses its dot segments, nothing else changes", () => {
    const reference = fc.tuple(
      fc.constantFrom("", "/"),
      fc.array(anySegment, { minLength: 1, maxLength: 5 }),
    );
    check(
      numRuns,
      urlParts,
      reference,
      fc.option(query, { nil: undefined }),
      (base, [slash, segments], q) => {
        const path = slash + segments.join("/");
        // An empty first segment would make it an absolute path, or `//` an authority.
        fc.pre(segments[0] !== "");
        const all = slash === "/" ? segments : [...base.segments.slice(0, -1), ...segments];
        const expected = `${base.scheme}://${base.authority}/${withoutDots(all).join("/")}${suffixOf(q)}`;
        equal(resolveReference(urlOf(base), path + suffixOf(q)), expected);
      },
    );
  });

  test("RFC 3986 5.2.2: an empty reference is the whole base, query included, without its fragment", () => {
    check(numRuns, urlParts, (base) => {
      equal(resolveReference(`${urlOf(base)}#f`, ""), urlOf(base));
    });
  });

  test("RFC 3986 5.2.2: a query alone keeps the whole path", () => {
    check(numRuns, urlParts, query, (base, q) => {
      equal(resolveReference(urlOf(base), `?${q}`), urlOf({ ...base, query: q }));
    });
  });

  test("RFC 3986 5.2.2: an absolute URI without dot segments stays, octet for octet", () => {
    check(
      numRuns,
      urlParts,
      urlParts,
      fc.constantFrom("rtsp", "RTSP", "Rtsps"),
      (base, other, scheme) => {
        const uri = urlOf({ ...other, scheme });
        equal(resolveReference(urlOf(base), uri), uri);
      },
    );
  });

  test("RFC 3986 5.2.2: a network path takes the scheme only", () => {
    check(numRuns, urlParts, urlParts, (base, other) => {
      const uri = urlOf(other);
      const networkPath = uri.slice(other.scheme.length + 1);
      equal(resolveReference(urlOf(base), networkPath), `${base.scheme}:${networkPath}`);
    });
  });
}

function controlProperties(
  resolve: NonNullable<RtspUriImplementation["resolvePresentation"]>,
  { test, numRuns = 100 }: ConformanceRunner,
): void {
  test("RFC 2326 C.1.1: Content-Base comes before Content-Location, and that before the request URI", () => {
    const header = fc.option(urlParts.map(urlOf), { nil: undefined });
    check(numRuns, urlParts, header, header, (request, contentBase, contentLocation) => {
      const requestUri = urlOf(request);
      const { base } = resolve({ requestUri, contentBase, contentLocation, mediaControls: [] });
      equal(base, contentBase ?? contentLocation ?? requestUri);
    });
  });

  test("RFC 2326 C.1.1: an empty Content-Base counts as absent", () => {
    check(numRuns, urlParts, fc.constantFrom("", " ", "\r\n", "\t"), (request, contentBase) => {
      equal(
        resolve({ requestUri: urlOf(request), contentBase, mediaControls: [] }).base,
        urlOf(request),
      );
    });
  });

  test("RFC 2326 C.1.1: `*` and an empty value are the whole base, query included", () => {
    check(numRuns, urlParts, fc.constantFrom("*", "", " * "), (base, control) => {
      const input = { requestUri: urlOf(base), sessionControl: control, mediaControls: [control] };
      const { aggregate, media } = resolve(input);
      equal(aggregate, urlOf(base));
      equal(media[0]?.setup, urlOf(base));
    });
  });

  test("RFC 2326 C.1.1: a relative control is resolved against the base, not appended", () => {
    check(numRuns, urlParts, plainControl, (base, control) => {
      const directory = base.segments
        .slice(0, -1)
        .map((text) => `/${text}`)
        .join("");
      const { media } = resolve({ requestUri: urlOf(base), mediaControls: [control] });
      equal(media[0]?.setup, `${base.scheme}://${base.authority}${directory}/${control}`);
    });
  });

  test("RFC 2326 C.1.1: an absolute control stays, octet for octet", () => {
    check(
      numRuns,
      urlParts,
      urlParts,
      fc.constantFrom("rtsp", "RTSP"),
      (request, control, scheme) => {
        const uri = urlOf({ ...control, scheme });
        equal(resolve({ requestUri: urlOf(request), mediaControls: [uri] }).media[0]?.setup, uri);
      },
    );
  });

  test("RFC 2326 C.3: a missing control means the base with one medium, nothing with several", () => {
    check(numRuns, urlParts, fc.integer({ min: 1, max: 3 }), (request, count) => {
      const mediaControls = Array.from({ length: count }, () => undefined);
      const { media } = resolve({ requestUri: urlOf(request), mediaControls });
      for (const { setup } of media) equal(setup, count === 1 ? urlOf(request) : undefined);
    });
  });

  test("RFC 2326 3.2: no URI has userinfo, fragment, blanks, controls or a transport scheme", () => {
    check(numRuns, anyInput, (input) => {
      for (const uri of allUris(resolve(input))) {
        if (!/^[A-Za-z]+:\/\/[^/?#@]*(?:[/?]|$)/.test(uri)) fail(`no wire form: ${uri}`);
        for (let i = 0; i < uri.length; i++) {
          const code = uri.charCodeAt(i);
          if (code <= 0x20 || code === 0x7f || code === 0x23) fail(`character ${code} in ${uri}`);
        }
        if (/^rtsps?[uth]:/i.test(uri)) fail(`transport scheme: ${uri}`);
      }
    });
  });

  test("RFC 2326 6.1: a control that would break the request line is refused, its neighbours are not", () => {
    const bad = fc.constantFrom("a b", "a\r\nX: y", "a\nb", "a\u0000b", "a\u007f.b", "a\tb");
    check(numRuns, urlParts, bad, plainControl, (request, control, good) => {
      const { media } = resolve({ requestUri: urlOf(request), mediaControls: [control, good] });
      equal(media[0]?.setup, undefined);
      equal(media[0]?.candidates.length, 0);
      if (media[1]?.setup === undefined) fail("the good medium was lost");
    });
  });

  test("RFC 2326 3.2: a request URI with a bad scheme, port or character is refused", () => {
    for (const requestUri of [
      "http://h/x",
      "h/x",
      "rtsp:x",
      "rtsp://h:0/",
      "rtsp://h:65536/",
      "rtsp://h/a b",
    ]) {
      let refused = false;
      try {
        resolve({ requestUri, mediaControls: ["t"] });
      } catch {
        refused = true;
      }
      if (!refused) fail(`accepted ${requestUri}`);
    }
  });
}

function candidateProperties(
  resolve: NonNullable<RtspUriImplementation["resolvePresentation"]>,
  { test, numRuns = 100 }: ConformanceRunner,
): void {
  test("each URI is listed once, and what the RFCs say comes first", () => {
    check(numRuns, anyInput, plainControl, (input, control) => {
      const { media } = resolve({ ...input, mediaControls: [control] });
      const uris = media[0]?.candidates.map(({ uri }) => uri) ?? [];
      equal(uris[0], media[0]?.setup);
      equal(new Set(uris).size, uris.length);
    });
  });

  test("a control that can be sent has a candidate", () => {
    check(numRuns, anyInput, (input) => {
      for (const { setup, candidates } of resolve(input).media) {
        if (setup !== undefined && candidates.length === 0) fail(`no candidate beside ${setup}`);
      }
    });
  });

  test("concatenation with exactly one slash is among them, behind a query too", () => {
    const control = fc.tuple(fc.constantFrom("", "/"), plainControl);
    check(numRuns, urlParts, control, fc.constantFrom("", "/"), (base, [slash, name], end) => {
      const requestUri = urlOf(base).replace(/\/+$/, "");
      const { media } = resolve({ requestUri: requestUri + end, mediaControls: [slash + name] });
      const uris = media[0]?.candidates.map(({ uri }) => uri) ?? [];
      if (!uris.includes(`${requestUri}/${name}`))
        fail(`no ${requestUri}/${name} in ${uris.join(" ")}`);
    });
  });

  for (const { title, accepts, rule, ...input } of SERVER_EXAMPLES) {
    test(`reached by ${rule}: ${title}`, () => {
      const { media } = resolve(input);
      equal(media[0]?.candidates.find(({ uri }) => uri === accepts)?.rule, rule);
    });
  }
}

function setupProperties(
  setUp: NonNullable<RtspUriImplementation["setUp"]>,
  { test, numRuns = 100 }: ConformanceRunner,
): void {
  for (const { title, accepts, rule: _rule, ...input } of SERVER_EXAMPLES) {
    for (const rejection of [
      400,
      403,
      404,
      405,
      451,
      454,
      455,
      459,
      460,
      461,
      500,
      503,
      551,
      302,
      "closed",
    ] as const) {
      test(`reaches PLAY when all else gets ${rejection}: ${title}`, () => {
        const { setups, result } = setUp(
          { ...input, mediaControls: input.mediaControls.slice(0, 1) },
          (uri) => (uri === accepts ? 200 : rejection),
        );
        equal(result, "play");
        equal(setups.at(-1)?.uri, accepts);
      });
    }
  }

  test("a refused URI is never sent twice in a row, and every run ends", () => {
    const rejection = fc.constantFrom<ConformanceAnswer>(
      400,
      404,
      454,
      500,
      503,
      461,
      551,
      302,
      "closed",
    );
    check(
      numRuns,
      anyInput,
      fc.array(rejection, { minLength: 1, maxLength: 20 }),
      (input, rejections) => {
        let sent = 0;
        const { setups } = setUp(
          input,
          () => rejections[sent++ % rejections.length] as ConformanceAnswer,
        );
        if (sent > 100) fail("more than 100 SETUPs");
        for (const [i, { uri, media }] of setups.entries()) {
          const next = setups[i + 1];
          if (next?.media === media && next.uri === uri) fail(`twice in a row: ${uri}`);
        }
      },
    );
  });

  test("when every candidate is refused, the report has them all", () => {
    const { setups, result } = setUp(
      { requestUri: "rtsp://h/live?ch=1", mediaControls: ["trackID=1", "trackID=2"] },
      () => 404,
    );
    equal(result, "exhausted");
    equal(
      setups.map(({ uri }) => uri).join(" "),
      "rtsp://h/trackID=1 rtsp://h/live?ch=1/trackID=1 rtsp://h/live/trackID=1?ch=1",
    );
  });

  test("the rule learned on the first medium is used for the second at once", () => {
    const { setups } = setUp(
      { requestUri: "rtsp://h/live", mediaControls: ["trackID=1", "trackID=2"] },
      (uri) => (uri.startsWith("rtsp://h/live/") ? 200 : 404),
    );
    equal(setups.map(({ outcome }) => outcome).join(" "), "404 200 200");
  });
}

function rtpInfoProperties(
  match: NonNullable<RtspUriImplementation["matchRtpInfo"]>,
  { test, numRuns = 100 }: ConformanceRunner,
): void {
  const base = "rtsp://h/x?a=1,2;b/";
  const media = ["t=1", "t=2", "t=3"].map((control) => ({ control, uri: `${base}${control}` }));
  test("entries in any order and of any spelling find their medium, commas and semicolons in URLs included", () => {
    const order = fc.shuffledSubarray([0, 1, 2], { minLength: 1 });
    check(
      numRuns,
      order,
      fc.array(fc.nat(3), { minLength: 3, maxLength: 3 }),
      (wanted, spellings) => {
        const header = wanted
          .map((m, i) => {
            const { uri, control } = media[m] as { uri: string; control: string };
            const spelling = [uri, `"${uri}"`, control, `rtsp://10.0.0.1/y/${control}`][
              spellings[i] as number
            ];
            return `url=${spelling};seq=${i};rtptime=0`;
          })
          .join(",");
        equal(match(header, media, base).join(), wanted.join());
      },
    );
  });
}

/** The obvious definition of 5.2.4 on the segments of an absolute path. */
function withoutDots(segments: readonly string[]): string[] {
  const output: string[] = [];
  for (const text of segments) {
    if (text === "..") output.pop();
    else if (text !== ".") output.push(text);
  }
  const last = segments.at(-1);
  return last === "." || last === ".." ? [...output, ""] : output;
}

function suffixOf(text: string | undefined): string {
  return text === undefined ? "" : `?${text}`;
}

function allUris({ requestUri, base, aggregate, media }: ConformanceUris): string[] {
  const uris = [requestUri, base, aggregate];
  for (const { setup, candidates } of media) {
    if (setup !== undefined) uris.push(setup);
    for (const { uri } of candidates) uris.push(uri);
  }
  return uris;
}

function check<Values extends [unknown, ...unknown[]]>(
  numRuns: number,
  ...args: [...{ [K in keyof Values]: fc.Arbitrary<Values[K]> }, (...values: Values) => void]
): void {
  const arbitraries = args.slice(0, -1) as fc.Arbitrary<unknown>[];
  const body = args.at(-1) as (...values: unknown[]) => void;
  fc.assert(
    fc.property(fc.tuple(...arbitraries), (values) => body(...values)),
    { numRuns },
  );
}

function equal(actual: unknown, expected: unknown): void {
  if (actual !== expected) fail(`got ${String(actual)}, expected ${String(expected)}`);
}

function fail(message: string): never {
  throw new Error(message);
}
