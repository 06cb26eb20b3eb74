import fc from "fast-check";
import {
  arbitraryChunkSizes,
  arbitraryTag,
  arbitraryTimestamp,
  cut,
  fileBytes,
  type PlainMessage,
  type PlainTag,
  plainTagData,
  tagBytes,
} from "./conformance-streams.js";

export {
  RTMP_CHUNK_VECTORS,
  type RtmpImplementation,
  rtmpConformanceSuite,
} from "./rtmp/conformance-chunks.js";
export {
  arbitrarySenderSteps,
  type PlainRtmpMessage,
  type SenderStep,
  sendSteps,
} from "./rtmp/conformance-wire.js";
export {
  arbitraryChunkSizes,
  arbitraryTag,
  arbitraryTimestamp,
  fileBytes,
  type PlainMessage,
  type PlainTag,
  plainTagData,
  tagBytes,
};

/** What a demultiplexer says of one tag, in stream order. */
export type PlainEvent =
  | { readonly type: "tag"; readonly tag: PlainTag }
  /** A tag whose data cannot be read. */
  | { readonly type: "invalid" }
  /** A command frame. */
  | { readonly type: "command"; readonly command: number }
  /** Metadata: the names in it. */
  | { readonly type: "metadata"; readonly names: readonly string[] }
  /** MultichannelConfig. */
  | {
      readonly type: "channels";
      readonly order: number;
      readonly count: number;
      readonly flags: number | undefined;
    }
  /** A tag whose Filter bit is set. */
  | { readonly type: "filtered" }
  /** Script data: the method name. */
  | { readonly type: "script"; readonly name: string | undefined };

/** The functions that the suite asks for. Bind yours to them. */
export interface FlvImplementation {
  /** Demultiplex an input that arrives in pieces and ends there. It must not throw. */
  demux(pieces: readonly Uint8Array[]): readonly PlainEvent[];
  /** The data of a tag. Left out: a demultiplexer only. */
  encodeTagData?(tag: PlainTag): Uint8Array;
}

/** What the suite wants of a test runner: those of vitest, node:test, mocha and jest fit. */
export interface SuiteOptions {
  readonly describe: (name: string, body: () => void) => void;
  readonly test: (name: string, body: () => void) => void;
  /** Runs of each property. Default 100. */
  readonly numRuns?: number;
}

/** Small vectors: the data of a tag and what it says. The numbers are those of the standard's tables. */
export const TAG_VECTORS: readonly {
  readonly title: string;
  readonly tagType: number;
  readonly data: string;
  readonly event: PlainEvent;
}[] = [
  {
    title: "command frames have no FourCC (Enhanced RTMP v2, ExVideoTagHeader)",
    tagType: 9,
    data: "d100",
    event: { type: "command", command: 0 },
  },
  {
    title: "a legacy AVC command frame has no AVCPacketType (FLV E.4.3)",
    tagType: 9,
    data: "5701",
    event: { type: "command", command: 1 },
  },
  {
    title: "Metadata is no command, whatever its frame type (Enhanced RTMP v2, VideoPacketType)",
    tagType: 9,
    data: "d468766331020009636f6c6f72496e666f06",
    event: { type: "metadata", names: ["colorInfo"] },
  },
  {
    title: "Metadata with frame type 0, as OBS writes it",
    tagType: 9,
    data: "8468766331020009636f6c6f72496e666f06",
    event: { type: "metadata", names: ["colorInfo"] },
  },
  {
    title: "MultichannelConfig has 32 bits of channel flags (Enhanced RTMP v2, AudioChannelMask)",
    tagType: 8,
    data: "946d70346101060000003f",
    event: { type: "channels", order: 1, count: 6, flags: 0x3f },
  },
  {
    title: "script data begins with the method name (FLV E.4.4)",
    tagType: 18,
    data: "02000a6f6e4d65746144617461080000000100057769647468004060000000000000000009",
    event: { type: "script", name: "onMetaData" },
  },
  {
    title: "the Filter bit is not part of the tag type (FLV E.4.1)",
    tagType: 0x28,
    data: "af010203",
    event: { type: "filtered" },
  },
];

const INVALID: readonly {
  readonly title: string;
  readonly tagType: number;
  readonly data: string;
}[] = [
  { title: "an empty video tag", tagType: 9, data: "" },
  { title: "AAC without packet type", tagType: 8, data: "af" },
  { title: "AVC without composition time", tagType: 9, data: "17010000" },
  { title: "a FourCC that is cut", tagType: 8, data: "906d7034" },
  { title: "a reserved audio packet type", tagType: 8, data: "936d703461" },
  { title: "a reserved video packet type", tagType: 9, data: "9861766331" },
  { title: "a reserved multitrack type", tagType: 8, data: "95316d70346101" },
  { title: "Multitrack in Multitrack", tagType: 8, data: "95056d70346101" },
  { title: "ModEx in Multitrack", tagType: 9, data: "96076176633101" },
  { title: "a track size beyond the tag", tagType: 8, data: "95116d70346101000005aabb" },
  {
    title: "a track size below the composition time",
    tagType: 9,
    data: "961161766331010000020000",
  },
  { title: "a nano offset of two bytes", tagType: 8, data: "9701000001" + "6d703461" },
];

/** Everything that any implementation of FLV 10.1 with Enhanced RTMP v2 must satisfy, as tests. */
export function conformanceSuite(
  implementation: FlvImplementation,
  { describe, test, numRuns = 100 }: SuiteOptions,
): void {
  const runs = { numRuns };
  const read = (bytes: Uint8Array): readonly PlainEvent[] => implementation.demux([bytes]);

  describe("FLV E.2 to E.4, Enhanced RTMP v2: demultiplexing", () => {
    test("every tag comes out as it was written", () => {
      fc.assert(
        fc.property(fc.array(arbitraryTag, { maxLength: 5 }), (tags) => {
          same(read(fileBytes(tags)), tags.map(tagEvent));
        }),
        runs,
      );
    });

    test("any chunking gives the same events", () => {
      fc.assert(
        fc.property(
          fc.array(arbitraryTag, { maxLength: 4 }),
          arbitraryChunkSizes,
          (tags, sizes) => {
            const bytes = fileBytes(tags);
            same(implementation.demux(cut(bytes, sizes)), tags.map(tagEvent));
          },
        ),
        runs,
      );
    });

    test("a wrong PreviousTagSize loses no tag (E.3)", () => {
      fc.assert(
        fc.property(fc.array(arbitraryTag, { minLength: 2, maxLength: 4 }), (tags) => {
          const bytes = fileBytes(tags);
          bytes.fill(0, bytes.length - 4);
          same(read(bytes), tags.map(tagEvent));
        }),
        runs,
      );
    });

    test("a tag that is cut off at the end costs itself only (E.4)", () => {
      fc.assert(
        fc.property(
          fc.array(arbitraryTag, { minLength: 1, maxLength: 4 }),
          fc.nat(4),
          (tags, more) => {
            const bytes = fileBytes(tags);
            same(
              read(bytes.subarray(0, bytes.length - 5 - Math.min(more, lastSize(tags) - 2))),
              tags.slice(0, -1).map(tagEvent),
            );
          },
        ),
        runs,
      );
    });

    test("garbage between tags costs no tag (E.3: the sizes on both sides agree)", () => {
      fc.assert(
        fc.property(
          arbitraryTag,
          arbitraryTag,
          fc.integer({ min: 1, max: 30 }),
          (first, second, size) => {
            const head = fileBytes([first]);
            const tail = fileBytes([second]).subarray(13);
            const bytes = Uint8Array.from([...head, ...new Array(size).fill(0xff), ...tail]);
            same(read(bytes), [tagEvent(first), tagEvent(second)]);
          },
        ),
        runs,
      );
    });

    test("any damage gives events, and gives them in any chunking", () => {
      const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
      fc.assert(
        fc.property(
          fc.array(arbitraryTag, { maxLength: 4 }),
          damage,
          arbitraryChunkSizes,
          (tags, changes, sizes) => {
            const bytes = fileBytes(tags);
            for (const [at, value] of changes) bytes[9 + (at % (bytes.length - 9))] = value;
            same(implementation.demux(cut(bytes, sizes)), [...read(bytes)]);
          },
        ),
        runs,
      );
    });

    for (const { title, tagType, data, event } of TAG_VECTORS) {
      test(title, () => same(read(fileOf(tagType, data)), [event]));
    }

    for (const { title, tagType, data } of INVALID) {
      test(`${title} is an invalid tag, and the next one is read`, () => {
        const next = fileOf(8, "af01aa").subarray(13);
        const bytes = Uint8Array.from([...fileOf(tagType, data), ...next]);
        const events = read(bytes);
        same(
          events.map(({ type }) => type),
          ["invalid", "tag"],
        );
      });
    }
  });

  const { encodeTagData } = implementation;
  if (encodeTagData === undefined) return;
  describe("Enhanced RTMP v2: writing", () => {
    test("the data of every tag are those of the syntax tables", () => {
      fc.assert(
        fc.property(arbitraryTag, (tag) => {
          same([...encodeTagData(tag)], plainTagData(tag));
        }),
        runs,
      );
    });
  });
}

function tagEvent(tag: PlainTag): PlainEvent {
  return { type: "tag", tag };
}

function lastSize(tags: readonly PlainTag[]): number {
  return 11 + plainTagData(tags[tags.length - 1] as PlainTag).length;
}

function fileOf(tagType: number, hex: string): Uint8Array {
  const data = (hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  return Uint8Array.from([...fileBytes([]), ...tagBytes(tagType, 0, data)]);
}

/** Throws unless both are the same plain data. */
function same(actual: unknown, expected: unknown): void {
  const [left, right] = [JSON.stringify(sorted(actual)), JSON.stringify(sorted(expected))];
  if (left !== right) throw new Error(`got ${left}, want ${right}`);
}

/** Keys in order, and `undefined` members left out. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => [key, sorted(member)]),
  );
}
