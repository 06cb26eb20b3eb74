import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  fromHex,
  toHex,
  VectorTally,
  vectorBytes,
  vectorFiles,
  vectorJson,
  vectorsRoot,
} from "../../../tools/testing/vectors.js";
import {
  type AncPacket,
  type AncPacketInit,
  blankVancLine,
  cea608Line,
  checksum,
  checksumValid,
  checksumWord,
  createAncPacket,
  dataCount,
  dbn,
  decodeAfd,
  decodeAtc,
  decodeCea608,
  decodeHdr,
  decodeOp47,
  decodeScte104Descriptor,
  decodeV210Line,
  did,
  encodeAfd,
  encodeAtc,
  encodeCea608,
  encodeHdr,
  encodeOp47,
  encodeScte104Descriptor,
  encodeV210Line,
  extractVanc,
  fieldMark,
  frameCount,
  hasInvertedParity,
  hasParity,
  insertVanc,
  packetType,
  parityErrors,
  parityInverted,
  payload,
  repair,
  type St291ErrorCode,
  sdid,
  sizeOfV210Line,
  timeCodeAt,
  type VancFormat,
  wordOf,
} from "../src/index.js";

// Another set of vectors need not have the folders of other packages.
const hasFolder = (folder: string): boolean => existsSync(join(vectorsRoot, folder));

/** The vectors' names of what a content decoder refuses (reference, section 3). */
const ERROR_KINDS: Readonly<Record<string, St291ErrorCode>> = {
  LENGTH: "length",
  BAR_FLAGS: "barFlags",
  IDENTIFIER: "identifier",
  FOOTER: "footer",
  CHECKSUM: "checksum",
};

describe.skipIf(!hasFolder("bits"))("bits", () => {
  const tally = new VectorTally("bits");
  const files = hasFolder("bits")
    ? vectorFiles("bits").filter((file) => file.endsWith(".json"))
    : [];
  afterAll(() => tally.print());

  test.each(files)("%s", (file) => {
    const vectors = vectorJson<{
      parity?: number[];
      checksum?: { words: number[]; checksumWord: number }[];
    }>("bits", file);
    for (const [byte, word] of (vectors.parity ?? []).entries()) {
      expect(wordOf(byte)).toBe(word);
      expect(hasParity(word)).toBe(true);
      expect(hasInvertedParity(word ^ 0x300)).toBe(true);
      tally.add(file, 3);
    }
    for (const { words, checksumWord: expected } of vectors.checksum ?? []) {
      expect(checksumWord(words)).toBe(expected);
      tally.add(file);
    }
    expect(tally.expectations).toBeGreaterThan(0);
  });
});

interface PacketVector {
  c: number;
  line: number | null;
  horizontalOffset: number | null;
  s: number;
  streamNum: number;
  did: number;
  sdidOrDbn: number;
  type: 1 | 2;
  dataCount: number;
  udwHex: string;
  words: string[];
  parityErrors: number[];
  allParityInverted: boolean;
  checksumWord: string;
  checksumComputed: string;
  checksumOk: boolean;
}

/** Every packet object of a vector file, wherever it stands. */
function packetsIn(value: unknown): PacketVector[] {
  if (typeof value !== "object" || value === null) return [];
  if ("words" in value && "parityErrors" in value) return [value as PacketVector];
  return Object.values(value).flatMap(packetsIn);
}

const jsonFiles = vectorFiles("st2038").filter((file) => file.endsWith(".json"));
const packetTally = new VectorTally("st2038 (packets)");
const contentTally = new VectorTally("st2038 (content)");

afterAll(() => {
  packetTally.print();
  contentTally.print();
  expect(packetTally.expectations + contentTally.expectations).toBeGreaterThan(0);
});

describe("st2038: packets", () => {
  const tally = packetTally;

  test.each(jsonFiles)("%s", (file) => {
    for (const vector of packetsIn(vectorJson("st2038", file))) {
      const hexWords = (p: AncPacket): string[] =>
        Array.from(p.words, (word) => word.toString(16).padStart(3, "0"));
      const packet: AncPacket = {
        cNotYChannelFlag: vector.c === 1,
        lineNumber: vector.line ?? 0,
        horizontalOffset: vector.horizontalOffset ?? 0,
        words: Uint16Array.from(vector.words, (word) => Number.parseInt(word, 16)),
      };
      const second = vector.type === 2 ? sdid(packet) : dbn(packet);
      expect(did(packet)).toBe(vector.did);
      expect(packetType(packet)).toBe(vector.type);
      expect(second).toBe(vector.sdidOrDbn);
      expect(dataCount(packet)).toBe(vector.dataCount);
      expect(toHex(payload(packet))).toBe(vector.udwHex);
      expect(parityErrors(packet)).toEqual(vector.parityErrors);
      expect(parityInverted(packet)).toBe(vector.allParityInverted);
      expect(checksum(packet)).toBe(Number.parseInt(vector.checksumWord, 16));
      expect(checksumValid(packet)).toBe(vector.checksumOk);
      expect(checksum(repair(packet, "checksum"))).toBe(
        Number.parseInt(vector.checksumComputed, 16),
      );
      tally.add(file, 10);
      if (vector.parityErrors.length > 0 || !vector.checksumOk) continue;
      const made: AncPacketInit = {
        did: vector.did,
        sdid: vector.sdidOrDbn,
        payload: fromHex(vector.udwHex),
        cNotYChannelFlag: packet.cNotYChannelFlag,
        lineNumber: packet.lineNumber,
        horizontalOffset: packet.horizontalOffset,
      };
      expect(createAncPacket(made)).toEqual(packet);
      expect(hexWords(createAncPacket(made))).toEqual(vector.words);
      tally.add(file, 2);
    }
  });
});

interface ContentCase {
  name: string;
  did: number;
  sdid: number;
  payload: string;
  fields?: Record<string, unknown>;
  error?: string;
}

/** A codec under the vectors' field names. */
interface ContentCodec {
  fields(bytes: Uint8Array): Record<string, unknown>;
  /** Decode and encode again; only the first byte for 41/07. */
  again(bytes: Uint8Array): Uint8Array;
}

const CONTENT: Readonly<Record<string, ContentCodec>> = {
  "41/05": {
    fields(bytes) {
      const { afd, wide, bars } = decodeAfd(bytes);
      if (bars === undefined) return { afd, wide, bars: null };
      const { kind: _, ...values } = bars;
      return { afd, wide, bars: values };
    },
    again: (bytes) => encodeAfd(decodeAfd(bytes)),
  },
  "41/07": {
    fields(bytes) {
      const descriptor = decodeScte104Descriptor(bytes);
      return {
        version: descriptor.version,
        continued: descriptor.continuedPkt,
        following: descriptor.followingPkt,
        duplicate: descriptor.duplicateMsg,
      };
    },
    again: (bytes) =>
      Uint8Array.of(encodeScte104Descriptor(decodeScte104Descriptor(bytes)), ...bytes.subarray(1)),
  },
  "41/0c": {
    fields: (bytes) => ({
      frames: decodeHdr(bytes).map((frame) => {
        const { kind, ...values } = frame;
        if (kind === "static1") return { type: 0, ...values };
        if (kind === "static2") return { type: 1, ...values };
        return { type: frame.type, dataHex: toHex(frame.data) };
      }),
    }),
    again: (bytes) => encodeHdr(decodeHdr(bytes)),
  },
  "43/02": {
    fields(bytes) {
      const { packets, ...rest } = decodeOp47(bytes);
      const hex = packets.map(({ data, ...place }) => ({ ...place, dataHex: toHex(data) }));
      return { ...rest, packets: hex };
    },
    again: (bytes) => encodeOp47(decodeOp47(bytes)),
  },
  "60/60": {
    fields(bytes) {
      const { dropFrameFlag, colourFrameFlag, ...rest } = decodeAtc(bytes);
      return { ...rest, dropFrame: dropFrameFlag, colourFrame: colourFrameFlag };
    },
    again: (bytes) => encodeAtc(decodeAtc(bytes)),
  },
  "61/02": {
    fields(bytes) {
      const packet = decodeCea608(bytes);
      const { ccData, ...rest } = packet;
      const [line525, line625] = [cea608Line(packet, 525), cea608Line(packet, 625)];
      return { ...rest, line525, line625, cc: ccData };
    },
    again: (bytes) => encodeCea608(decodeCea608(bytes)),
  },
};

const contentCases = jsonFiles.flatMap((file) => {
  const { cases } = vectorJson<{ cases?: unknown } | null>("st2038", file) ?? {};
  const content = (Array.isArray(cases) ? (cases as ContentCase[]) : []).filter(
    (c) => "payload" in c && ("fields" in c || "error" in c),
  );
  return content.map((c) => ({ file, ...c }));
});

describe.skipIf(contentCases.length === 0)("st2038: content", () => {
  const tally = contentTally;

  test.each(contentCases)(
    "$file: $name",
    ({ file, did: first, sdid: second, payload: hex, ...c }) => {
      const key = [first, second].map((byte) => byte.toString(16).padStart(2, "0")).join("/");
      const codec = CONTENT[key];
      if (codec === undefined) throw new Error(`no codec for ${key}`);
      const bytes = fromHex(hex);
      tally.add(file);
      if (c.error !== undefined) {
        const code = ERROR_KINDS[c.error];
        expect(code).toBeDefined();
        expect(() => codec.fields(bytes)).toThrow(
          expect.objectContaining({ name: "FormatError", code }),
        );
        return;
      }
      expect(codec.fields(bytes)).toEqual(c.fields);
      expect(toHex(codec.again(bytes))).toBe(hex);
      tally.add(file);
    },
  );
});

interface DeckLinkVectors {
  v210Frames: { planar: string; v210: string; width: number; height: number; rowBytes: number }[];
  vancLines: {
    file: string;
    width: number;
    note: string;
    packets: {
      did: number;
      sdid: number;
      dc: number;
      channel: "y" | "c" | "mux";
      wordOffset: number;
      data: string;
      words: number[];
      checksumOk: boolean;
    }[];
  }[];
  timecode: {
    fps: number;
    h: number;
    m: number;
    s: number;
    f: number;
    bcd: string;
    fieldMark: boolean;
  }[];
}

describe.skipIf(!hasFolder("decklink"))("decklink", () => {
  const tally = new VectorTally("decklink");
  const { v210Frames, vancLines, timecode }: DeckLinkVectors = {
    v210Frames: [],
    vancLines: [],
    timecode: [],
    ...(hasFolder("decklink")
      ? vectorJson<Partial<DeckLinkVectors>>("decklink", "expected.json")
      : {}),
  };
  afterAll(() => {
    tally.print();
    expect(tally.expectations).toBeGreaterThan(0);
  });

  test.each(v210Frames)("$v210", ({ planar, v210, width, height, rowBytes }) => {
    const bytes = vectorBytes("decklink", v210);
    const samples = new Uint16Array(vectorBytes("decklink", planar).buffer);
    expect(sizeOfV210Line(width)).toBe(rowBytes);
    for (let row = 0; row < height; row++) {
      const components = new Uint16Array(width * 2);
      const [cb, cr] = [width * height, (width * height * 3) / 2];
      for (let x = 0; x < width; x += 2) {
        const chroma = (row * width + x) / 2;
        components[2 * x] = samples[cb + chroma] as number;
        components[2 * x + 1] = samples[row * width + x] as number;
        components[2 * x + 2] = samples[cr + chroma] as number;
        components[2 * x + 3] = samples[row * width + x + 1] as number;
      }
      const line = bytes.subarray(row * rowBytes, (row + 1) * rowBytes);
      expect(decodeV210Line(line, width)).toEqual(components);
      expect(toHex(encodeV210Line(components))).toBe(toHex(line));
      tally.add(v210, 2);
    }
  });

  test.each(vancLines)("$file: $note", ({ file: name, width, packets }) => {
    const format: VancFormat = { width, pixelFormat: "v210" };
    const line = vectorBytes("decklink", name);
    const expected = packets.map((p) => ({
      cNotYChannelFlag: p.channel === "c",
      lineNumber: 9,
      horizontalOffset: p.wordOffset,
      words: Uint16Array.from(p.words),
    }));
    const good = expected.filter((_, i) => packets[i]?.checksumOk);
    const read = extractVanc(line, format, { lineNumber: 9 });
    expect(read.packets).toEqual(good);
    expect(read.issues.filter(({ code }) => code === "checksum")).toHaveLength(
      packets.length - good.length,
    );
    const all = extractVanc(line, format, { lineNumber: 9, onChecksumMismatch: "report" });
    expect(all.packets).toEqual(expected);
    for (const [i, { did: first, sdid: second, dc, data }] of packets.entries()) {
      const packet = all.packets[i] as AncPacket;
      expect([did(packet), sdid(packet), dataCount(packet)]).toEqual([first, second, dc]);
      expect(toHex(payload(packet))).toBe(data);
      tally.add(name, 2);
    }
    const written = blankVancLine(format);
    insertVanc(written, format, expected, { placement: "offset" });
    expect(toHex(written)).toBe(toHex(line));
    tally.add(name, 4);
  });

  test.each(timecode)("$bcd at $fps Hz", ({ fps, h, m, s, f, bcd, fieldMark: mark }) => {
    const rate = { numerator: fps, denominator: 1 };
    const count = ((h * 60 + m) * 60 + s) * fps + f;
    const time = timeCodeAt(count, rate);
    const digits = [time.hours, time.minutes, time.seconds, time.frames].map((value) =>
      value.toString().padStart(2, "0"),
    );
    expect(digits.join("")).toBe(bcd);
    expect(fieldMark(time, rate)).toBe(mark ? 1 : 0);
    expect(frameCount(time, rate)).toBe(count);
    tally.add("timecode", 3);
  });
});
