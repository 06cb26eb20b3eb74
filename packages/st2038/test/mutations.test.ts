// The vectors with random damage: nothing may throw but FormatError, and everything must add up.
import { afterAll, expect, test } from "vitest";
import { fromHex, vectorFiles, vectorJson } from "../../../tools/testing/vectors.js";
import {
  AncCursor,
  type AncPacket,
  ancToCaptions,
  decodePes,
  encodeUnitInto,
  isFormatError,
  MAX_RECORD_SIZE,
  parseSt436,
  parseUnit,
} from "../src/index.js";

const MUTATIONS = 100_000;
const seed = Number(process.env.MUTATION_SEED ?? Date.now() % 2 ** 31);
afterAll(() => console.info(`st2038: ${MUTATIONS} mutations, MUTATION_SEED=${seed}`));

/** Every string of hex digits in the folder's JSON files, by the name of its key. */
function hexStrings(): Map<string, Uint8Array[]> {
  const found = new Map<string, Uint8Array[]>();
  const walk = (value: unknown, key: string): void => {
    if (typeof value === "string" && /^([0-9a-f]{2})+$/.test(value) && /hex/i.test(key)) {
      const list = found.get(key) ?? [];
      list.push(fromHex(value));
      found.set(key, list);
    } else if (typeof value === "object" && value !== null) {
      for (const [name, inner] of Object.entries(value)) walk(inner, name);
    }
  };
  for (const file of vectorFiles("st2038")) {
    if (file.endsWith(".json") && !file.endsWith(".expected.json")) {
      walk(vectorJson("st2038", file), "");
    }
  }
  return found;
}

/** A generator of integers below `limit`: the same ones for the same seed. */
function random(from: number): (limit: number) => number {
  let state = from | 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

interface Damaged {
  readonly bytes: Uint8Array;
  /** Bytes before this one are as they were. */
  readonly intact: number;
}

function damage(original: Uint8Array, other: Uint8Array, below: (n: number) => number): Damaged {
  const at = below(original.length);
  const bytes = original.slice();
  switch (below(6)) {
    case 0:
      bytes[at] = (bytes[at] as number) ^ (1 << below(8));
      return { bytes, intact: at };
    case 1:
      bytes[at] = below(256);
      return { bytes, intact: at };
    case 2:
      return { bytes: bytes.subarray(0, at), intact: at };
    case 3: {
      bytes.copyWithin(at, at + 1 + below(8));
      return { bytes, intact: at };
    }
    case 4: {
      const longer = new Uint8Array(bytes.length + 1 + below(12)).fill(below(3) * 0x7f);
      longer.set(bytes.subarray(0, at));
      longer.set(bytes.subarray(at), at + longer.length - bytes.length);
      return { bytes: longer, intact: at };
    }
    default: {
      const piece = other.subarray(below(other.length));
      const spliced = new Uint8Array(at + piece.length);
      spliced.set(bytes.subarray(0, at));
      spliced.set(piece, at);
      return { bytes: spliced, intact: at };
    }
  }
}

const record = new Uint8Array(MAX_RECORD_SIZE);

function checkUnit({ bytes, intact }: Damaged, before: readonly AncPacket[]): void {
  const { packets, unparsedBytes, diagnostics } = parseUnit(bytes);
  let at = 0;
  packets.forEach((packet, i) => {
    while (at < packet.recordStart) if (bytes[at++] !== 0xff) throw new Error(`skipped ${at - 1}`);
    const size = encodeUnitInto([packet], record, 0);
    if (packet.recordEnd !== at + size) throw new Error(`packet ${i} has another size`);
    for (let j = 0; j < size; j++) {
      const wrong = (record[j] as number) ^ (bytes[at + j] as number);
      if (wrong > (j === size - 1 ? 0x3f : 0)) throw new Error(`packet ${i}, byte ${j}`);
    }
    at += size;
    if (at <= intact && packet.words.join() !== before[i]?.words.join()) {
      throw new Error(`packet ${i} was intact and is another now`);
    }
  });
  while (at < bytes.length - unparsedBytes) {
    if (bytes[at++] !== 0xff) throw new Error(`lost byte ${at - 1}`);
  }
  if (at + unparsedBytes !== bytes.length) throw new Error("the sum is wrong");
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  if (errors !== (unparsedBytes > 0 ? 1 : 0)) throw new Error(`${errors} errors`);
  const cursor = new AncCursor(bytes);
  let walked = 0;
  while (cursor.next()) walked++;
  if (walked !== packets.length) throw new Error("the cursor sees another number of packets");
  ancToCaptions(packets);
}

function checkPes({ bytes }: Damaged): void {
  for (const onTruncated of ["throw", "keep"] as const) {
    try {
      const pes = decodePes(bytes, { onTruncated });
      if (pes.end > bytes.length) throw new Error("the end lies outside");
      parseUnit(pes.payload);
    } catch (error) {
      if (!isFormatError(error)) throw error;
    }
  }
}

function checkSt436({ bytes }: Damaged): void {
  const { packets, unparsedBytes, diagnostics } = parseSt436(bytes);
  if (unparsedBytes > bytes.length) throw new Error("more unparsed than there is");
  if (packets.length * 17 > bytes.length) throw new Error("more packets than there is room for");
  if (unparsedBytes > 0 && diagnostics.length === 0) throw new Error("silently unparsed");
}

test(`${MUTATIONS} random mutations`, () => {
  const strings = hexStrings();
  const of = (...keys: string[]): Uint8Array[] => keys.flatMap((key) => strings.get(key) ?? []);
  const units = { inputs: of("hex", "st2038Hex"), check: checkUnit };
  const pes = { inputs: of("pesHex"), check: checkPes };
  const elements = { inputs: of("st436ValueHex", "valueHex"), check: checkSt436 };
  const kinds = [units, units, units, pes, elements].filter(({ inputs }) => inputs.length > 0);
  expect(kinds.length).toBeGreaterThan(0);
  const below = random(seed);
  const parsed = new Map<Uint8Array, readonly AncPacket[]>();
  let done = 0;
  for (let i = 0; i < MUTATIONS; i++) {
    const { inputs, check } = kinds[below(kinds.length)] as (typeof kinds)[number];
    const original = inputs[below(inputs.length)] as Uint8Array;
    const other = inputs[below(inputs.length)] as Uint8Array;
    let before = parsed.get(original);
    if (before === undefined) {
      before = parseUnit(original).packets;
      parsed.set(original, before);
    }
    const damaged = damage(original, other, below);
    try {
      check(damaged, before);
    } catch (error) {
      const hex = Buffer.from(damaged.bytes).toString("hex");
      throw new Error(`MUTATION_SEED=${seed}, mutation ${i}: ${hex}`, { cause: error });
    }
    done++;
  }
  expect(done).toBe(MUTATIONS);
});
