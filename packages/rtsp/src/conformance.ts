import fc from "fast-check";
import {
  DIGEST_EXAMPLES,
  type DigestExample,
  WIRE_EXAMPLES,
  type WireItem,
} from "./conformance-vectors.js";

export {
  DIGEST_EXAMPLES,
  type DigestExample,
  WIRE_EXAMPLES,
  type WireExample,
  type WireItem,
} from "./conformance-vectors.js";

/** One direction of a connection. What is no message and no frame is left out of the results. */
export interface WireParser {
  push(chunk: Uint8Array): readonly WireItem[];
  flush(): readonly WireItem[];
}

/** A Transport header's parameters, as plain data; pairs are first and last. */
export interface TransportFields {
  readonly protocol: string;
  readonly profile: string;
  readonly lowerTransport?: string | undefined;
  readonly delivery?: string | undefined;
  readonly interleaved?: readonly [number, number] | undefined;
  readonly clientPort?: readonly [number, number] | undefined;
  readonly serverPort?: readonly [number, number] | undefined;
  readonly ssrc?: number | undefined;
}

/** What the suite tests. What an implementation leaves out is not stated. */
export interface RtspImplementation {
  createParser(): WireParser;
  /** Throws when something cannot be sent. Adds Content-Length when there is a body and no such header. */
  encode(item: WireItem): Uint8Array;
  /** The value of Authorization for a WWW-Authenticate header, with nonce count 1. */
  authorize?(example: Omit<DigestExample, "title" | "response">): string;
  parseTransport?(value: string): readonly TransportFields[];
  formatTransport?(fields: TransportFields): string;
}

/** What the suite needs of a test runner; vitest, node:test, mocha and jest have it. */
export interface ConformanceRunner {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => void): void;
  /** Runs of each property. Default 100. */
  readonly numRuns?: number;
}

const OCTETS = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i));
const HEADER_CHARACTERS = [...'abcXYZ019-_,;:="/$ ', "\u00e9", "\u00ff", "RTSP/1.0 200"];

/** Any octets, with what looks like the start of a unit among them. */
export const octetText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...OCTETS) },
      {
        weight: 1,
        arbitrary: fc.constantFrom("RTSP/1.0 200 OK\r\n\r\n", "$\0\0\u0001", "\r\n\r\n"),
      },
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(""));

/** Name and value of a header, none of those that frame the message. */
export const header: fc.Arbitrary<readonly [string, string]> = fc.tuple(
  fc.constantFrom("CSeq", "Session", "X-Any", "Content-Base", "public", "WWW-Authenticate"),
  fc
    .array(fc.constantFrom(...HEADER_CHARACTERS), { maxLength: 12 })
    .map((parts) => parts.join("").trim()),
);

/** A request, a response or a frame; a body comes with its Content-Length. */
export const wireItem: fc.Arbitrary<WireItem> = fc.oneof(
  fc
    .record({
      type: fc.constant("request" as const),
      method: fc.constantFrom("OPTIONS", "SETUP", "GET_PARAMETER", "PLAY_NOTIFY"),
      uri: fc.constantFrom("*", "rtsp://h/x?a=1&b", "rtsp://[::1]:8554/caf\u00e9"),
      version: fc.constantFrom("1.0", "2.0"),
      headers: fc.array(header, { maxLength: 4 }),
      body: octetText,
    })
    .map(withLength),
  fc
    .record({
      type: fc.constant("response" as const),
      version: fc.constantFrom("1.0", "2.0"),
      status: fc.integer({ min: 100, max: 599 }),
      reason: fc.constantFrom("OK", "", "Not Found", "$ odd: reason"),
      headers: fc.array(header, { maxLength: 4 }),
      body: octetText,
    })
    .map(withLength),
  fc.record({
    type: fc.constant("frame" as const),
    channel: fc.integer({ min: 0, max: 255 }),
    data: octetText,
  }),
);

function withLength<Item extends Exclude<WireItem, { type: "frame" }>>(item: Item): Item {
  if (item.body === "") return item;
  return { ...item, headers: [...item.headers, ["Content-Length", String(item.body.length)]] };
}

/** Transport headers that clients and servers write. */
export const transportFields: fc.Arbitrary<TransportFields> = fc.record(
  {
    protocol: fc.constant("RTP"),
    profile: fc.constantFrom("AVP", "SAVP", "AVPF"),
    lowerTransport: fc.constantFrom("TCP", "UDP"),
    delivery: fc.constantFrom("unicast", "multicast"),
    interleaved: fc.integer({ min: 0, max: 254 }).map((n): [number, number] => [n, n + 1]),
    clientPort: fc.integer({ min: 1, max: 65_534 }).map((n): [number, number] => [n, n + 1]),
    serverPort: fc.integer({ min: 1, max: 65_535 }).map((n): [number, number] => [n, n]),
    ssrc: fc.integer({ min: 0, max: 0xffffffff }),
  },
  { requiredKeys: ["protocol", "profile"] },
);

/**
 * State everything that an implementation of RTSP's wire format must satisfy, as synchronous tests in the runner given:
 * messages and frames (RFC 2326 4 to 7 and 10.12, RFC 7826 5 to 8 and 14), Digest (RFC 7616), Transport (RFC 2326 12.39).
 */
export function conformanceSuite(
  implementation: RtspImplementation,
  runner: ConformanceRunner,
): void {
  const { describe } = runner;
  const { authorize, parseTransport, formatTransport } = implementation;
  describe("messages and frames", () => wireProperties(implementation, runner));
  describe("damaged streams", () => damageProperties(implementation, runner));
  if (authorize !== undefined) {
    describe("RFC 7616, Digest", () => digestProperties(authorize, runner));
  }
  if (parseTransport !== undefined && formatTransport !== undefined) {
    describe("RFC 2326 12.39, Transport", () =>
      transportProperties(parseTransport, formatTransport, runner));
  }
}

function wireProperties(
  implementation: RtspImplementation,
  { test, numRuns = 100 }: ConformanceRunner,
): void {
  const { encode } = implementation;
  for (const { title, wire, items } of WIRE_EXAMPLES) {
    test(title, () => same(parse(implementation, [octetsOf(wire)]), items));
    test(`${title}, one byte at a time`, () => {
      same(
        parse(
          implementation,
          Array.from(octetsOf(wire), (byte) => Uint8Array.of(byte)),
        ),
        items,
      );
    });
  }

  test("RFC 2326 4: what is written is read again, whatever the chunks", () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(wireItem, { maxLength: 6 }), sizes, (items, cuts) => {
        const wire = concat(items.map(encode));
        same(parse(implementation, chunks(wire, cuts)), items);
      }),
      { numRuns },
    );
  });

  test("RFC 2326 10.12: a frame's length is 16 bits, the high byte first", () => {
    for (const length of [0, 1, 255, 256, 257, 65_534, 65_535]) {
      const frame: WireItem = { type: "frame", channel: 2, data: "x".repeat(length) };
      const wire = encode(frame);
      if (wire.length !== 4 + length || wire[2] !== length >> 8 || wire[3] !== (length & 255)) {
        fail(`a frame of ${length} bytes is wrong`);
      }
      same(parse(implementation, [wire, wire]), [frame, frame]);
    }
  });

  test("RFC 2326 12.14: Content-Length is found in any case, and is added where there is a body", () => {
    const wire = octetsOf("RTSP/1.0 200 OK\r\ncontent-LENGTH: 3\r\n\r\nabc$\0\0\0");
    const [response, frame] = parse(implementation, [wire]);
    if (response?.type !== "response" || response.body !== "abc") fail("the body is wrong");
    same([frame], [{ type: "frame", channel: 0, data: "" }]);
    const added = encode({
      type: "response",
      version: "1.0",
      status: 200,
      reason: "",
      headers: [],
      body: "abc",
    });
    if (!/\r\nContent-Length: *3\r\n/i.test(textOf(added))) fail("no Content-Length");
  });

  test("RFC 2326 4: nothing that would end a line early is written", () => {
    const request = {
      type: "request",
      method: "PLAY",
      uri: "rtsp://h/",
      version: "1.0",
      body: "",
    } as const;
    const bad: WireItem[] = ["a\r\nX: y", "a\nb", "a\rb", "a\0b"].map((value) => ({
      ...request,
      headers: [["Range", value]],
    }));
    bad.push({ ...request, headers: [["X\r\nY", "1"]] }, { ...request, headers: [["X:", "1"]] });
    for (const uri of ["rtsp://h/a b", "rtsp://h/\r\nX: y", "", "rtsp://h/\t"]) {
      bad.push({ ...request, uri, headers: [] });
    }
    bad.push({ ...request, method: "PLAY x", headers: [] });
    bad.push({ ...request, headers: [["Content-Length", "5"]] });
    for (const item of bad) {
      let written: Uint8Array | undefined;
      try {
        written = encode(item);
      } catch {
        continue;
      }
      fail(`wrote ${JSON.stringify(textOf(written))}`);
    }
  });

  test("the end of a connection leaves nothing behind", () => {
    fc.assert(
      fc.property(wireItem, fc.nat(), wireItem, (first, cut, second) => {
        const parser = implementation.createParser();
        const wire = encode(first);
        parser.push(wire.subarray(0, cut % wire.length));
        parser.flush();
        same([...parser.push(encode(second)), ...parser.flush()], [second]);
      }),
      { numRuns },
    );
  });
}

function damageProperties(
  implementation: RtspImplementation,
  { test, numRuns = 100 }: ConformanceRunner,
): void {
  const { encode } = implementation;

  test("any bytes at all: no exception, and no more items than bytes", () => {
    const piece = fc.oneof(octetText.map(octetsOf), wireItem.map(encode));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const items = parse(implementation, pieces);
        if (items.length > concat(pieces).length) fail("items out of nothing");
      }),
      { numRuns },
    );
  });

  test("a stream that is cut off gives the items before the cut, and no others", () => {
    fc.assert(
      fc.property(fc.array(wireItem, { minLength: 1, maxLength: 4 }), fc.nat(), (items, cut) => {
        const wire = concat(items.map(encode));
        const found = parse(implementation, [wire.subarray(0, cut % wire.length)]);
        same(found, items.slice(0, found.length));
        const whole = items.map(encode).reduce(
          ({ at, count }, bytes) => {
            const end = at + bytes.length;
            return { at: end, count: count + (end <= cut % wire.length ? 1 : 0) };
          },
          { at: 0, count: 0 },
        );
        if (found.length !== whole.count) fail(`${found.length} items of ${whole.count}`);
      }),
      { numRuns },
    );
  });

  test("junk between units is skipped, and nothing around it is lost", () => {
    // Without what a unit can begin with: then it is certain where the junk ends.
    const junk = fc
      .array(fc.constantFrom(..."abcxyz 0123:/\r\n\t\u0000\u0001\u0080\u00ff"), {
        minLength: 1,
        maxLength: 60,
      })
      .map((parts) => parts.join(""))
      .filter((text) => text.trim() !== "");
    fc.assert(
      fc.property(
        wireItem,
        junk,
        fc.array(wireItem, { minLength: 1, maxLength: 3 }),
        (first, text, rest) => {
          const wire = concat([encode(first), octetsOf(text), octetsOf("\n"), ...rest.map(encode)]);
          // A frame right behind junk needs something behind it to be told from junk.
          const closing: WireItem = {
            type: "response",
            version: "1.0",
            status: 200,
            reason: "",
            headers: [],
            body: "",
          };
          same(parse(implementation, [wire, encode(closing)]), [first, ...rest, closing]);
        },
      ),
      { numRuns },
    );
  });

  test("a body that is too long for any memory does not stop the parser from ending", () => {
    const wire = octetsOf("RTSP/1.0 200 OK\r\nContent-Length: 999999999999\r\n\r\nabc");
    const parser = implementation.createParser();
    parser.push(wire);
    parser.flush();
    same(parser.push(octetsOf("$\u0003\0\u0001z")), [{ type: "frame", channel: 3, data: "z" }]);
  });
}

function digestProperties(
  authorize: NonNullable<RtspImplementation["authorize"]>,
  { test, numRuns = 100 }: ConformanceRunner,
): void {
  for (const { title, response, ...example } of DIGEST_EXAMPLES) {
    test(title, () => {
      const value = authorize(example);
      if (!value.includes(`response="${response}"`)) fail(`got ${value}`);
      for (const [name, text] of [
        ["username", example.username],
        ["uri", example.uri],
      ] as const) {
        if (!value.includes(`${name}="${text}"`)) fail(`no ${name} in ${value}`);
      }
      if (example.challenge.includes("qop=") !== /\bqop=auth\b.*\bnc=00000001\b/.test(value)) {
        fail(`qop and nc in ${value}`);
      }
      const opaque = /opaque="[^"]*"/.exec(example.challenge)?.[0] ?? "";
      if (!value.includes(opaque)) fail(`no ${opaque} in ${value}`);
    });
  }

  test("RFC 7617: Basic is the base64 of user, colon and password in UTF-8", () => {
    const example = { method: "GET", uri: "/", cnonce: "", challenge: 'Basic realm="x"' };
    const value = authorize({ ...example, username: "Aladdin", password: "open sesame" });
    equal(value, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    equal(
      authorize({ ...example, username: "test", password: "123\u00a3" }),
      "Basic dGVzdDoxMjPCow==",
    );
  });

  test("RFC 7616 3.7: the strongest challenge is answered, in whatever order they come", () => {
    const [first, second] = DIGEST_EXAMPLES as [DigestExample, DigestExample];
    const basic = 'Basic realm="x"';
    const order = fc.shuffledSubarray([first.challenge, second.challenge, basic], { minLength: 3 });
    fc.assert(
      fc.property(order, (challenges) => {
        const value = authorize({ ...second, challenge: challenges.join(", ") });
        if (!value.includes(`response="${second.response}"`)) fail(`got ${value}`);
      }),
      { numRuns: Math.min(numRuns, 20) },
    );
  });
}

function transportProperties(
  parseTransport: NonNullable<RtspImplementation["parseTransport"]>,
  formatTransport: NonNullable<RtspImplementation["formatTransport"]>,
  { test, numRuns = 100 }: ConformanceRunner,
): void {
  test("what is written is read again, also as one of several", () => {
    fc.assert(
      fc.property(fc.array(transportFields, { minLength: 1, maxLength: 3 }), (specs) => {
        same(parseTransport(specs.map(formatTransport).join(",")), specs);
      }),
      { numRuns },
    );
  });

  test("blanks, case, quotes, unknown parameters and malformed values do no harm", () => {
    const value =
      ' RTP/AVP/tcp ; Unicast;X-a="b,c;d";interleaved="4-5";ssrc=0a0B0c0D;mode="PLAY";server_port=70000';
    same(parseTransport(value), [
      {
        protocol: "RTP",
        profile: "AVP",
        lowerTransport: "TCP",
        delivery: "unicast",
        interleaved: [4, 5],
        ssrc: 0x0a0b0c0d,
      },
    ]);
  });
}

function parse(implementation: RtspImplementation, pieces: readonly Uint8Array[]): WireItem[] {
  const parser = implementation.createParser();
  const items = pieces.flatMap((piece) => parser.push(piece));
  return [...items, ...parser.flush()];
}

function chunks(wire: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    pieces.push(wire.subarray(at, at + size));
    at += size;
  }
  return [...pieces, wire.subarray(at)];
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

function octetsOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function textOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** Deep equality of plain data, whatever the order of keys, absent or `undefined` alike. */
function same(actual: unknown, expected: unknown): void {
  equal(canonical(actual), canonical(expected));
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function equal(actual: unknown, expected: unknown): void {
  if (actual !== expected) fail(`got ${String(actual)}, expected ${String(expected)}`);
}

function fail(message: string): never {
  throw new Error(message);
}
