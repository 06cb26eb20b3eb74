// What the tests of the push parsers share.
import { toHex } from "../../../tools/testing/vectors.js";

interface Parser {
  push(chunk: Uint8Array): readonly object[];
  flush(): readonly object[];
}

/** Everything a parser says about `bytes` cut at `sizes`, byte arrays as hex. */
export function run(parser: Parser, bytes: Uint8Array, sizes: readonly number[] = []): unknown[] {
  const events: unknown[] = [];
  let at = 0;
  for (const size of sizes) {
    events.push(...parser.push(bytes.slice(at, at + size)).map(plain));
    at += size;
  }
  return [...events, ...parser.push(bytes.slice(at)).map(plain), ...parser.flush().map(plain)];
}

function plain(event: object): unknown {
  return JSON.parse(
    JSON.stringify(event, (_, value) => {
      if (typeof value === "bigint") return `${value}`;
      return value instanceof Uint8Array ? toHex(value) : value;
    }),
  );
}

/** The frames, or other units, among the events of {@link run}, as hex. */
export function frames(events: readonly unknown[], kind = "frame"): string[] {
  return (events as { type: string; data: string }[]).flatMap(({ type, data }) =>
    type === kind ? [data] : [],
  );
}

/** The codes of the issues among the events of {@link run}. */
export function issues(events: readonly unknown[]): string[] {
  return (events as { issue?: { code: string } }[]).flatMap(({ issue }) =>
    issue === undefined ? [] : [issue.code],
  );
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

/** The bytes of an ASCII text. */
export function text(value: string): Uint8Array {
  return Uint8Array.from(value, (character) => character.charCodeAt(0));
}

export function hexOf(bytes: Iterable<number>): string {
  return toHex(Uint8Array.from(bytes));
}
