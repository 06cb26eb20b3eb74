import { createAncPacket } from "@x/st291";
import { afterAll, describe, expect, test } from "vitest";
import {
  fromHex,
  toHex,
  VectorTally,
  vectorBytes,
  vectorFiles,
  vectorJson,
} from "../../../tools/testing/vectors.js";
import {
  AncCursor,
  type AncPacket,
  decodePes,
  decodeSt436,
  decodeUnit,
  encodePes,
  encodeSt436,
  encodeUnit,
  isSt436ElementKey,
  parseSt436,
  parseUnit,
  recordBytes,
  st436ElementKey,
} from "../src/index.js";
import { ancPid, walkPes, walkPmt } from "./ts-walk.js";
import {
  asRead,
  fromVector,
  toVector,
  toVectorDiagnostics,
  type VectorDiagnostic,
  type VectorPacket,
} from "./vector-packet.js";

const FOLDER = "st2038";
const ERRORS = new Set(["TRUNCATED", "RESERVED_NOT_ZERO"]);
/** Deviations in the words, which are written as they were read. */
const KEPT_BY_WRITER = new Set(["checksum", "forbidden-word", "parity"]);
const files = vectorFiles(FOLDER);
const tally = new VectorTally(FOLDER);

afterAll(() => tally.print());

interface Expected {
  readonly packets: readonly VectorPacket[];
  readonly diagnostics?: readonly VectorDiagnostic[];
  readonly unparsedBytes?: number;
}

function checkUnit(unit: Uint8Array, expected: Expected): void {
  const { packets, diagnostics, unparsedBytes } = parseUnit(unit);
  expect(packets.map(toVector)).toEqual(expected.packets.map(asRead));
  if (expected.diagnostics !== undefined) {
    expect(toVectorDiagnostics(diagnostics)).toEqual(expected.diagnostics);
    const bad = expected.diagnostics.some(({ code }) => ERRORS.has(code));
    if (bad) {
      expect(() => decodeUnit(unit)).toThrow(expect.objectContaining({ name: "FormatError" }));
    } else expect(decodeUnit(unit)).toEqual(packets);
  }
  expect(unparsedBytes).toBe(expected.unparsedBytes ?? 0);
  const cursor = new AncCursor(unit);
  const walked: AncPacket[] = [];
  while (cursor.next()) walked.push(cursor.packet());
  expect(walked).toEqual(packets);
  const alignment = new Set(
    diagnostics.filter(({ code }) => code === "alignment-bits").map(({ packet }) => packet),
  );
  packets.forEach((packet, i) => {
    if (!alignment.has(i)) expect(encodeUnit([packet])).toEqual(recordBytes(unit, packet));
  });
}

/** True when a PES packet has the header that we write, and its records are such that a writer can make them. */
function isOurForm(bytes: Uint8Array): boolean {
  const header = toHex(bytes.subarray(0, 9));
  const length = bytes.length - 6;
  if (header !== `000001bd${length.toString(16).padStart(4, "0")}848005`) return false;
  // '0010' before the PTS, and its marker bits.
  const [b9, , b11, , b13] = bytes.subarray(9) as unknown as readonly number[];
  if (((b9 ?? 0) & 0xf1) !== 0x21 || ((b11 ?? 0) & (b13 ?? 0) & 1) === 0) return false;
  const { diagnostics } = parseUnit(bytes.subarray(14));
  return diagnostics.every(({ code }) => KEPT_BY_WRITER.has(code));
}

function trailingOnes(unit: Uint8Array): number {
  const { packets } = parseUnit(unit);
  return unit.length - (packets.at(-1)?.recordEnd ?? 0);
}

interface NamedPacket extends VectorPacket {
  readonly name: string;
  readonly st2038Hex: string;
}

interface Unit extends Expected {
  readonly name: string;
  readonly hex: string;
}

interface Pes {
  readonly name: string;
  readonly pts: number | null;
  readonly pesHex: string;
  readonly packets: readonly VectorPacket[];
}

interface Frame {
  readonly packetsIn: readonly VectorPacket[];
  readonly key: string;
  readonly st436ValueHex: string;
  readonly st2038Back: string;
  readonly packetsBack: readonly VectorPacket[];
}

interface Element {
  readonly name: string;
  readonly valueHex: string;
  readonly packets: readonly (VectorPacket & { wrappingType: number; sampleCoding: number })[];
  readonly diagnostics: readonly VectorDiagnostic[];
  readonly unparsedBytes?: number;
  readonly roundTrip?: 0 | 1;
}

interface TransportStream {
  readonly pcrPid: number;
  readonly ancPid: number;
  readonly streams: readonly { streamType: number; pid: number; esInfo: string }[];
  readonly pes: readonly {
    pts: number | null;
    pesFlags: string;
    payloadHex: string;
    packets: readonly VectorPacket[];
  }[];
}

/** What a JSON file of the folder may hold, by its top-level key, and what its entries must have. */
interface Vectors {
  readonly packets: readonly NamedPacket[];
  readonly units: readonly Unit[];
  readonly pes: readonly Pes[];
  readonly frames: readonly Frame[];
  readonly elements: readonly Element[];
}

/** A file is known by what is in it, not by its name; what is of no kind that the README names is passed over. */
function vectorsOf(content: unknown): Vectors {
  const lists = (content ?? {}) as Record<string, unknown>;
  return {
    packets: entries<NamedPacket>(lists.packets, "st2038Hex"),
    units: entries<Unit>(lists.units, "hex"),
    pes: entries<Pes>(lists.pes, "pesHex"),
    frames: entries<Frame>(lists.frames, "st436ValueHex"),
    elements: entries<Element>(lists.elements, "valueHex"),
  };
}

/** The objects in `list` that have `key`. */
function entries<T>(list: unknown, key: string): T[] {
  if (!Array.isArray(list)) return [];
  return list.filter((entry) => typeof entry === "object" && entry !== null && key in entry);
}

for (const file of files.filter((name) => /\.json(\.gz)?$/.test(name))) {
  const vectors = vectorsOf(vectorJson(FOLDER, file));
  if (Object.values(vectors).every(({ length }) => length === 0)) continue;
  describe(file, () => {
    for (const vector of vectors.packets) {
      tally.add(file, 2);
      test(vector.name, () => {
        const { st2038Hex } = vector;
        const unit = fromHex(st2038Hex);
        checkUnit(unit, { packets: [vector] });
        expect(toHex(encodeUnit([fromVector(vector)]))).toBe(st2038Hex);
        if (vector.parityErrors.length > 0 || !vector.checksumOk) return;
        const made = createAncPacket({
          did: vector.did,
          sdid: vector.sdidOrDbn,
          payload: fromHex(vector.udwHex),
          cNotYChannelFlag: vector.c === 1,
          lineNumber: vector.line,
          horizontalOffset: vector.horizontalOffset,
        });
        expect(toHex(encodeUnit([made]))).toBe(st2038Hex);
      });
    }
    for (const vector of vectors.units) {
      tally.add(file, 3);
      test(vector.name, () => checkUnit(fromHex(vector.hex), vector));
    }
    for (const vector of vectors.pes) {
      const written = isOurForm(fromHex(vector.pesHex));
      tally.add(file, written ? 3 : 2);
      test(vector.name, () => {
        const bytes = fromHex(vector.pesHex);
        const pes = decodePes(bytes);
        expect(pes.pts ?? null).toBe(vector.pts);
        expect(pes.complete).toBe(true);
        checkUnit(pes.payload, vector);
        if (!written) return;
        const made = encodePes(vector.packets.map(fromVector), {
          pts: vector.pts as number,
          stuffing: trailingOnes(pes.payload),
        });
        expect(toHex(made)).toBe(vector.pesHex);
      });
    }
    vectors.frames.forEach((frame, i) => {
      tally.add(file, 4);
      test(`frame ${i}`, () => {
        expect(isSt436ElementKey(fromHex(frame.key))).toBe(true);
        const [elementCount, , elementNumber] = fromHex(frame.key).subarray(13);
        expect(toHex(st436ElementKey(elementCount, elementNumber))).toBe(frame.key);
        const value = fromHex(frame.st436ValueHex);
        const { packets, diagnostics, unparsedBytes } = parseSt436(value);
        expect(diagnostics).toEqual([]);
        expect(unparsedBytes).toBe(0);
        const expected = frame.packetsIn.map((p) => ({ ...asRead(p), horizontalOffset: 0xfff }));
        expect(packets.map(toVector)).toEqual(expected);
        expect(toHex(encodeSt436(frame.packetsIn.map(fromVector)))).toBe(frame.st436ValueHex);
        const back = fromHex(frame.st2038Back);
        checkUnit(back, { packets: frame.packetsBack });
        const wrong = parseUnit(back).diagnostics.filter(({ code }) => code === "checksum");
        expect(wrong.length).toBe(frame.packetsBack.filter((p) => !p.checksumOk).length);
      });
    });
    for (const vector of vectors.elements) {
      tally.add(file, vector.roundTrip === 1 ? 4 : 3);
      test(vector.name, () => {
        const value = fromHex(vector.valueHex);
        const { packets, diagnostics, unparsedBytes } = parseSt436(value);
        const got = packets.map((packet) => ({
          ...toVector(packet),
          wrappingType: packet.wrappingType,
          sampleCoding: packet.sampleCoding,
        }));
        const expected = vector.packets.map(({ wrappingType, sampleCoding, ...packet }) => ({
          ...asRead(packet),
          wrappingType,
          sampleCoding,
        }));
        expect(got).toEqual(expected);
        expect(toVectorDiagnostics(diagnostics)).toEqual(vector.diagnostics);
        expect(unparsedBytes).toBe(vector.unparsedBytes ?? 0);
        if (vector.diagnostics.some(({ code }) => ERRORS.has(code))) {
          expect(() => decodeSt436(value)).toThrow(expect.objectContaining({ code: "truncated" }));
        } else expect(decodeSt436(value)).toEqual(packets);
        if (vector.roundTrip !== 1) return;
        const given = vector.packets.map((packet) => ({
          ...fromVector(packet),
          wrappingType: packet.wrappingType,
        }));
        expect(toHex(encodeSt436(given))).toBe(vector.valueHex);
      });
    }
  });
}

for (const file of files.filter((name) => name.endsWith(".ts"))) {
  const expectation = file.replace(/\.ts$/, ".expected.json");
  test.skipIf(!files.includes(expectation))(file, () => {
    const expected = vectorJson<TransportStream>(FOLDER, expectation);
    const ts = vectorBytes(FOLDER, file);
    const programme = walkPmt(ts);
    expect(programme.pcrPid).toBe(expected.pcrPid);
    expect(programme.streams.map((s) => ({ ...s, esInfo: toHex(s.esInfo) }))).toEqual(
      expected.streams,
    );
    expect(ancPid(programme)).toBe(expected.ancPid);
    const pesPackets = walkPes(ts, expected.ancPid);
    expect(pesPackets.length).toBe(expected.pes.length);
    pesPackets.forEach((bytes, i) => {
      const vector = expected.pes[i] as TransportStream["pes"][number];
      const pes = decodePes(bytes);
      expect(pes.pts ?? null).toBe(vector.pts);
      expect(toHex(bytes.subarray(6, 8))).toBe(vector.pesFlags);
      expect(toHex(pes.payload)).toBe(vector.payloadHex);
      checkUnit(pes.payload, vector);
    });
    tally.add(file, 3 + 4 * pesPackets.length);
  });
}

test("there were vectors", () => expect(tally.expectations).toBeGreaterThan(0));
