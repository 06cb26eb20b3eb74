// Deliberately wrong implementations: each is one mistake that a real client makes.
import type { RtspImplementation, WireItem } from "../src/conformance.js";
import { parseTransport } from "../src/index.js";
import { bytesOf, ours, textOf } from "./ours.js";

/** Our parser with its input or its items changed. */
function withParser(
  input: (chunk: Uint8Array) => Uint8Array,
  output: (items: readonly WireItem[]) => readonly WireItem[] = (items) => items,
): RtspImplementation {
  return {
    ...ours,
    createParser() {
      const parser = ours.createParser();
      return {
        push: (chunk) => output(parser.push(input(chunk))),
        flush: () => output(parser.flush()),
      };
    },
  };
}

function withText(change: (wire: string) => string): RtspImplementation {
  return { ...ours, encode: (item) => bytesOf(change(textOf(ours.encode(item)))) };
}

function withAuthorization(change: (value: string) => string): RtspImplementation {
  return { ...ours, authorize: (example) => change(ours.authorize(example)) };
}

const same = (chunk: Uint8Array): Uint8Array => chunk;

export const mutants: Readonly<Record<string, RtspImplementation>> = {
  "writes the length of a frame low byte first": {
    ...ours,
    encode(item) {
      const bytes = ours.encode(item);
      return item.type === "frame"
        ? bytes.map((b, i) => (i === 2 ? (bytes[3] ?? 0) : i === 3 ? (bytes[2] ?? 0) : b))
        : bytes;
    },
  },
  "looks for Content-Length in one case only": withParser((chunk) =>
    bytesOf(textOf(chunk).replace("content-LENGTH", "X-Length")),
  ),
  "drops empty frames": withParser(same, (items) =>
    items.filter((item) => item.type !== "frame" || item.data !== ""),
  ),
  "decodes headers as UTF-8": withParser(same, (items) =>
    items.map((item) =>
      item.type === "frame"
        ? item
        : {
            ...item,
            headers: item.headers.map(
              ([n, v]) => [n, new TextDecoder().decode(bytesOf(v))] as const,
            ),
          },
    ),
  ),
  "starts anew with every chunk": {
    ...ours,
    createParser: () => ({
      push: (chunk) => ours.createParser().push(chunk),
      flush: () => [],
    }),
  },
  "keeps what was left of the last connection": {
    ...ours,
    createParser() {
      const parser = ours.createParser();
      return { push: (chunk) => parser.push(chunk), flush: () => [] };
    },
  },
  "stops at the first junk": {
    ...ours,
    createParser() {
      const parser = ours.createParser();
      let dead = false;
      return {
        push(chunk) {
          dead ||= /[\u0080-\u00ff]/.test(textOf(chunk).slice(0, 400));
          return dead ? [] : parser.push(chunk);
        },
        flush() {
          dead = false;
          return parser.flush();
        },
      };
    },
  },
  "throws on junk": {
    ...ours,
    createParser() {
      const parser = ours.createParser();
      return {
        push(chunk) {
          if (chunk[0] !== undefined && chunk[0] > 0x80) throw new Error("bad data");
          return parser.push(chunk);
        },
        flush: () => parser.flush(),
      };
    },
  },
  "trims bodies": withParser(same, (items) =>
    items.map((item) => (item.type === "frame" ? item : { ...item, body: item.body.trim() })),
  ),
  "lower-cases header names": withParser(same, (items) =>
    items.map((item) =>
      item.type === "frame"
        ? item
        : { ...item, headers: item.headers.map(([n, v]) => [n.toLowerCase(), v] as const) },
    ),
  ),
  "does not know lines that continue": withParser((chunk) =>
    bytesOf(textOf(chunk).replace(/\n\t ?SETUP/, "\nX: SETUP")),
  ),
  "writes no Content-Length": withText((wire) => wire.replace(/Content-Length: \d+\r\n/, "")),
  "writes line breaks in values": {
    ...ours,
    encode(item) {
      if (item.type === "frame") return ours.encode(item);
      const headers = item.headers.map(([n, v]) => [n, v.replace(/[\r\n\0]/g, "")] as const);
      return ours.encode({ ...item, headers });
    },
  },
  "escapes what cannot stand in a URI": {
    ...ours,
    encode: (item) =>
      ours.encode(item.type === "request" ? { ...item, uri: encodeURI(item.uri || "*") } : item),
  },
  "answers without nonce count": withAuthorization((value) => value.replace(", nc=00000001", "")),
  "forgets opaque": withAuthorization((value) => value.replace(/, opaque="[^"]*"/, "")),
  "answers the first challenge": {
    ...ours,
    authorize: (example) =>
      ours.authorize({
        ...example,
        challenge: example.challenge.split(/, (?=Digest|Basic)/)[0] ?? "",
      }),
  },
  "uses qop where the server has none": {
    ...ours,
    authorize: (example) =>
      ours.authorize({ ...example, challenge: `${example.challenge}, qop="auth"` }),
  },
  "writes latin1 into Basic": {
    ...ours,
    authorize: (example) =>
      example.challenge.startsWith("Basic")
        ? `Basic ${btoa(`${example.username}:${example.password}`)}`
        : ours.authorize(example),
  },
  "reads SSRC as decimal": {
    ...ours,
    parseTransport: (value) =>
      ours
        .parseTransport(value)
        .map((spec) => ({ ...spec, ssrc: spec.ssrc && Number(spec.ssrc.toString(16)) })),
  },
  "splits Transport inside quotes": {
    ...ours,
    parseTransport: (value) => value.split(",").flatMap((part) => ours.parseTransport(part)),
  },
  "takes the lower transport as written": {
    ...ours,
    parseTransport: (value) =>
      ours.parseTransport(value).map((spec) => ({
        ...spec,
        lowerTransport: value.includes("/tcp") ? "tcp" : parseTransport(value)[0]?.lowerTransport,
      })),
  },
};
