// The obvious, slow way to write FLV: lists of numbers, one rule of the standard after the other. It is the suite's oracle.
import fc from "fast-check";

/** One track's part of a tag. */
export interface PlainMessage {
  /** `SequenceStart`, `CodedFrames`, `SequenceEnd`, `CodedFramesX`, `MPEG2TSSequenceStart`. */
  readonly packetType: string;
  /** `undefined` in a legacy tag. */
  readonly fourCc: string | undefined;
  readonly trackId: number;
  /** Milliseconds; `undefined` where the codec has none. */
  readonly compositionTime: number | undefined;
  readonly body: readonly number[];
}

/** An audio or video tag. */
export interface PlainTag {
  readonly kind: "audio" | "video";
  /** Signed 32 bits. */
  readonly timestamp: number;
  /** Legacy: SoundFormat, with rate 3, 16 bits, stereo; or CodecID. Enhanced: `undefined`. */
  readonly legacyCodec: number | undefined;
  /** Video only, else 0. */
  readonly frameType: number;
  /** Type and data of each ModEx. */
  readonly modEx: readonly { readonly type: number; readonly data: readonly number[] }[];
  readonly multitrackType: "OneTrack" | "ManyTracks" | "ManyTracksManyCodecs" | undefined;
  readonly messages: readonly PlainMessage[];
}

const AUDIO_TYPES = ["SequenceStart", "CodedFrames", "SequenceEnd"];
const VIDEO_TYPES = [
  "SequenceStart",
  "CodedFrames",
  "SequenceEnd",
  "CodedFramesX",
  "-",
  "MPEG2TSSequenceStart",
];
const TIMED = ["avc1", "hvc1", "vvc1"];
const MULTITRACK = ["OneTrack", "ManyTracks", "ManyTracksManyCodecs"];

function unsigned(value: number, bytes: number): number[] {
  const digits = BigInt.asUintN(8 * bytes, BigInt(value))
    .toString(16)
    .padStart(2 * bytes, "0");
  return (digits.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}

function text(fourCc = ""): number[] {
  return [...fourCc].map((letter) => letter.charCodeAt(0));
}

/** The data of a tag, by the syntax of FLV E.4 and Enhanced RTMP v2. */
export function plainTagData(tag: PlainTag): number[] {
  const { kind, legacyCodec, frameType, modEx, multitrackType, messages } = tag;
  const [first] = messages as readonly [PlainMessage];
  const types = kind === "audio" ? AUDIO_TYPES : VIDEO_TYPES;
  const packetType = types.indexOf(first.packetType);
  if (legacyCodec !== undefined) {
    if (kind === "audio") {
      const aac = legacyCodec === 10 ? [packetType] : [];
      return [legacyCodec * 16 + 15, ...aac, ...first.body];
    }
    const avc = legacyCodec === 7 ? [packetType, ...unsigned(first.compositionTime ?? 0, 3)] : [];
    return [frameType * 16 + legacyCodec, ...avc, ...first.body];
  }
  const head = kind === "audio" ? 0x90 : 0x80 + 16 * frameType;
  const outer = multitrackType === undefined ? packetType : kind === "audio" ? 5 : 6;
  const following = [...modEx.slice(1).map(() => 7), outer];
  const data = [head + (modEx.length > 0 ? 7 : outer)];
  modEx.forEach(({ type, data: payload }, i) => {
    const size = payload.length - 1;
    data.push(...(size < 255 ? [size] : [255, ...unsigned(size, 2)]), ...payload);
    data.push(type * 16 + (following[i] as number));
  });
  if (multitrackType !== undefined) data.push(16 * MULTITRACK.indexOf(multitrackType) + packetType);
  const each = multitrackType === "ManyTracksManyCodecs";
  if (!each) data.push(...text(first.fourCc));
  for (const { fourCc, trackId, compositionTime, body } of messages) {
    const timed = first.packetType === "CodedFrames" && TIMED.includes(fourCc ?? "");
    const payload = [...(timed ? unsigned(compositionTime ?? 0, 3) : []), ...body];
    if (each) data.push(...text(fourCc));
    if (multitrackType !== undefined) data.push(trackId);
    if (multitrackType !== undefined && multitrackType !== "OneTrack") {
      data.push(...unsigned(payload.length, 3));
    }
    data.push(...payload);
  }
  return data;
}

/** A tag with its header and PreviousTagSize, FLV E.4.1. */
export function tagBytes(tagType: number, timestamp: number, data: readonly number[]): number[] {
  const [high = 0, ...low] = unsigned(timestamp, 4);
  const header = [tagType, ...unsigned(data.length, 3), ...low, high, 0, 0, 0];
  return [...header, ...data, ...unsigned(11 + data.length, 4)];
}

/** A file with these tags, FLV E.2 and E.3. */
export function fileBytes(tags: readonly PlainTag[]): Uint8Array {
  const header = [0x46, 0x4c, 0x56, 1, 5, 0, 0, 0, 9, 0, 0, 0, 0];
  const all = tags.flatMap((tag) =>
    tagBytes(tag.kind === "audio" ? 8 : 9, tag.timestamp, plainTagData(tag)),
  );
  return Uint8Array.from([...header, ...all]);
}

const body: fc.Arbitrary<number[]> = fc.array(fc.nat(255), { maxLength: 12 });
const int24: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: -0x800000, max: 0x7fffff }),
  fc.constantFrom(0, -1, 1, -0x800000, 0x7fffff, 40),
);

/** Time stamps, those at which bits change hands above all. */
export const arbitraryTimestamp: fc.Arbitrary<number> = fc.oneof(
  fc.nat(100_000),
  fc.constantFrom(0, 0xffffff, 0x1000000, 0x7fffffff, -1, -0x80000000),
  fc.integer(),
);

const arbitraryModEx: fc.Arbitrary<PlainTag["modEx"]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: nanoOffset() },
    {
      weight: 2,
      arbitrary: fc.record({ type: fc.integer({ min: 1, max: 15 }), data: bytesOf(1, 9) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ type: fc.integer({ min: 1, max: 15 }), data: bytesOf(254, 259) }),
    },
  ),
  { maxLength: 3 },
);

function nanoOffset(): fc.Arbitrary<{ type: number; data: number[] }> {
  return fc.nat(999_999).map((nano) => ({ type: 0, data: unsigned(nano, 3) }));
}

function bytesOf(minLength: number, maxLength: number): fc.Arbitrary<number[]> {
  return fc.array(fc.nat(255), { minLength, maxLength });
}

function legacyTag(): fc.Arbitrary<PlainTag> {
  const audio = fc.record({ codec: fc.constantFrom(2, 3, 7, 10, 11), packet: fc.nat(1) });
  const video = fc.record({ codec: fc.constantFrom(2, 3, 4, 7), packet: fc.nat(2) });
  return fc
    .record({
      timestamp: arbitraryTimestamp,
      frameType: fc.integer({ min: 1, max: 3 }),
      body,
      int24,
    })
    .chain(({ timestamp, frameType, int24: compositionTime, body: bytes }) =>
      fc.oneof(
        audio.map(({ codec, packet }): PlainTag => {
          const packetType = codec === 10 ? (AUDIO_TYPES[packet] as string) : "CodedFrames";
          const message = {
            packetType,
            fourCc: undefined,
            trackId: 0,
            compositionTime: undefined,
            body: bytes,
          };
          return {
            ...{ kind: "audio", timestamp, legacyCodec: codec, frameType: 0, modEx: [] },
            ...{ multitrackType: undefined, messages: [message] },
          };
        }),
        video.map(({ codec, packet }): PlainTag => {
          const avc = codec === 7;
          const packetType = avc ? (VIDEO_TYPES[packet] as string) : "CodedFrames";
          const time = avc ? compositionTime : undefined;
          const message = {
            packetType,
            fourCc: undefined,
            trackId: 0,
            compositionTime: time,
            body: bytes,
          };
          return {
            ...{ kind: "video", timestamp, legacyCodec: codec, frameType, modEx: [] },
            ...{ multitrackType: undefined, messages: [message] },
          };
        }),
      ),
    );
}

function enhancedTag(): fc.Arbitrary<PlainTag> {
  const shape = fc.record({
    timestamp: arbitraryTimestamp,
    kind: fc.constantFrom("audio" as const, "video" as const),
    frameType: fc.integer({ min: 1, max: 4 }),
    modEx: arbitraryModEx,
    multitrackType: fc.constantFrom(
      undefined,
      "OneTrack",
      "ManyTracks",
      "ManyTracksManyCodecs" as const,
    ),
    audioType: fc.constantFrom("SequenceStart", "CodedFrames", "CodedFrames", "SequenceEnd"),
    videoType: fc.constantFrom(
      "SequenceStart",
      "CodedFrames",
      "CodedFrames",
      "CodedFramesX",
      "SequenceEnd",
    ),
  });
  const track = fc.record({
    audio: fc.constantFrom("ac-3", "ec-3", "Opus", ".mp3", "fLaC", "mp4a", "zzzz"),
    video: fc.constantFrom("vp08", "vp09", "av01", "avc1", "hvc1", "vvc1", "zzzz"),
    trackId: fc.nat(255),
    compositionTime: int24,
    body,
  });
  return fc
    .tuple(shape, fc.array(track, { minLength: 1, maxLength: 4 }))
    .map(([{ audioType, videoType, ...rest }, tracks]): PlainTag => {
      const { kind, frameType, multitrackType } = rest;
      const packetType = kind === "audio" ? audioType : videoType;
      const several = multitrackType === "ManyTracks" || multitrackType === "ManyTracksManyCodecs";
      const used = several ? tracks : tracks.slice(0, 1);
      const messages = used.map((item): PlainMessage => {
        const fourCc = (multitrackType === "ManyTracksManyCodecs" ? item : tracks[0])?.[kind];
        const timed =
          packetType === "CodedFrames" && TIMED.includes(fourCc ?? "") && kind === "video";
        const implied = packetType === "CodedFramesX" ? 0 : undefined;
        return {
          packetType,
          fourCc,
          trackId: multitrackType === undefined ? 0 : item.trackId,
          compositionTime: timed ? item.compositionTime : implied,
          body: item.body,
        };
      });
      return {
        ...rest,
        frameType: kind === "video" ? frameType : 0,
        legacyCodec: undefined,
        multitrackType,
        messages,
      };
    });
}

/** Any audio or video tag of FLV 10.1 and Enhanced RTMP v2, but for command frames, Metadata and MultichannelConfig. */
export const arbitraryTag: fc.Arbitrary<PlainTag> = fc.oneof(
  { weight: 1, arbitrary: legacyTag() },
  { weight: 3, arbitrary: enhancedTag() },
);

/** Sizes to cut an input at; empty pieces included. */
export const arbitraryChunkSizes: fc.Arbitrary<number[]> = fc.array(fc.nat(40), { maxLength: 30 });

/** `bytes` cut at `sizes`, the rest in one piece. */
export function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    pieces.push(bytes.slice(at, at + size));
    at += size;
  }
  return [...pieces, bytes.slice(at)];
}
