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
  isAncStream,
  isSt436ElementKey,
  parseSt436,
  parseUnit,
  recordBytes,
  st436ElementKey,
} from "../src/index.js";
import { ancPid, walkPes, walkPmt } from "./ts-walk.js";
import {
  fromVector,
  toVector,
  toVectorDiagnostics,
  type VectorDiagnostic,
  type VectorPacket,
} from "./vector-packet.js";

const FOLDER = "st2038";
const ERRORS = new Set(["TRUNCATED", "RESERVED_NOT_ZERO"]);
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
  expect(packets.map(toVector)).toEqual(
    expected.packets.map((packet) => ({ ...packet, s: 0, streamNum: 0 })),
  );
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
  readonly roundTrip: 0 | 1;
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

/** What a JSON file of the folder may hold, by its top-level key. */
interface Vectors {
  readonly packets?: readonly NamedPacket[];
  readonly units?: readonly Unit[];
  readonly pes?: readonly Pes[];
  readonly frames?: readonly Frame[];
  readonly elements?: readonly Element[];
}

const KEYS = ["packets", "units", "pes", "frames", "elements"] as const;

for (const file of files.filter((name) => name.endsWith(".json"))) {
  if (file.endsWith(".expected.json")) continue;
  const vectors = vectorJson<Vectors>(FOLDER, file);
  // content.json has payloads, which are @x/st291's business.
  if (!KEYS.some((key) => vectors[key] !== undefined)) continue;
  describe(file, () => {
    for (const vector of vectors.packets ?? []) {
      tally.add(file, 2);
      test(vector.name, () => {
        const unit = fromHex(vector.st2038Hex);
        const {
          name: _,
          note: __,
          st2038Hex,
          rfc8331Hex: ___,
          ...fields
        } = vector as NamedPacket & Record<"note" | "rfc8331Hex", unknown>;
        checkUnit(unit, { packets: [fields] });
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
    for (const vector of vectors.units ?? []) {
      tally.add(file, 3);
      test(vector.name, () => checkUnit(fromHex(vector.hex), vector));
    }
    // Only a file of packets that a reader alone accepts says so in its name.
    const readOnly = file.includes("read");
    for (const vector of vectors.pes ?? []) {
      tally.add(file, readOnly ? 2 : 3);
      test(vector.name, () => {
        const bytes = fromHex(vector.pesHex);
        const pes = decodePes(bytes);
        expect(pes.pts ?? null).toBe(vector.pts);
        expect(pes.complete).toBe(true);
        checkUnit(pes.payload, vector);
        if (readOnly) return;
        const written = encodePes(vector.packets.map(fromVector), {
          pts: vector.pts as number,
          stuffing: trailingOnes(pes.payload),
        });
        expect(toHex(written)).toBe(vector.pesHex);
      });
    }
    (vectors.frames ?? []).forEach((frame, i) => {
      tally.add(file, 4);
      test(`frame ${i}`, () => {
        expect(isSt436ElementKey(fromHex(frame.key))).toBe(true);
        expect(toHex(st436ElementKey(1, fromHex(frame.key)[15]))).toBe(frame.key);
        const value = fromHex(frame.st436ValueHex);
        const { packets, diagnostics, unparsedBytes } = parseSt436(value);
        expect(diagnostics).toEqual([]);
        expect(unparsedBytes).toBe(0);
        const expected = frame.packetsIn.map((p) => ({ ...p, horizontalOffset: 0xfff }));
        expect(packets.map(toVector)).toEqual(expected);
        expect(toHex(encodeSt436(frame.packetsIn.map(fromVector)))).toBe(frame.st436ValueHex);
        const back = fromHex(frame.st2038Back);
        checkUnit(back, { packets: frame.packetsBack });
        const wrong = parseUnit(back).diagnostics.filter(({ code }) => code === "checksum");
        expect(wrong.length).toBe(frame.packetsBack.filter((p) => !p.checksumOk).length);
      });
    });
    for (const vector of vectors.elements ?? []) {
      tally.add(file, 3 + vector.roundTrip);
      test(vector.name, () => {
        const value = fromHex(vector.valueHex);
        const { packets, diagnostics, unparsedBytes } = parseSt436(value);
        const got = packets.map((packet) => ({
          ...toVector(packet),
          wrappingType: packet.wrappingType,
          sampleCoding: packet.sampleCoding,
        }));
        expect(got).toEqual(vector.packets);
        expect(toVectorDiagnostics(diagnostics)).toEqual(vector.diagnostics);
        expect(unparsedBytes).toBe(vector.unparsedBytes ?? 0);
        if (vector.diagnostics.some(({ code }) => ERRORS.has(code))) {
          expect(() => decodeSt436(value)).toThrow(expect.objectContaining({ code: "truncated" }));
        } else expect(decodeSt436(value)).toEqual(packets);
        if (vector.roundTrip === 0) return;
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
  test(file, () => {
    const expected = vectorJson<TransportStream>(FOLDER, file.replace(/\.ts$/, ".expected.json"));
    const ts = vectorBytes(FOLDER, file);
    const programme = walkPmt(ts);
    expect(programme.pcrPid).toBe(expected.pcrPid);
    expect(programme.streams.map((s) => ({ ...s, esInfo: toHex(s.esInfo) }))).toEqual(
      expected.streams,
    );
    expect(ancPid(programme)).toBe(expected.ancPid);
    for (const { streamType, pid, esInfo } of programme.streams) {
      if (pid === expected.ancPid) expect(isAncStream(streamType, esInfo)).toBe(true);
    }
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
    tally.add(file, 4 + 4 * pesPackets.length);
  });
}

test("there were vectors", () => expect(tally.expectations).toBeGreaterThan(0));
