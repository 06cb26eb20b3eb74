import { afterAll, describe, expect, test } from "vitest";
import {
  toHex,
  VectorTally,
  vectorBytes,
  vectorFiles,
  vectorJson,
} from "../../../tools/testing/vectors.js";
import {
  av1ConfigurationFromObus,
  avcConfigurationFromNals,
  decodeAc3Header,
  decodeAudioSpecificConfig,
  decodeAv1Configuration,
  decodeAv1SequenceHeader,
  decodeAvcConfiguration,
  decodeAvcSps,
  decodeFlacHeader,
  decodeHevcConfiguration,
  decodeHevcSps,
  decodeMpegAudioHeader,
  decodeOpusHead,
  decodeOpusPacket,
  decodeVp9KeyFrame,
  decodeVpConfiguration,
  encodeAudioSpecificConfig,
  encodeAv1Configuration,
  encodeAvcConfiguration,
  encodeFlacHeader,
  encodeHevcConfiguration,
  encodeOpusHead,
  encodeVpConfiguration,
  HEVC_NAL,
  hevcConfigurationFromNals,
  OBU_TYPE,
  opusPacketDurationMs,
  splitObus,
} from "../src/index.js";

interface ExpectedRecord {
  readonly kind: string;
  readonly file: string;
  readonly bodyOffset: number;
  readonly bodySize: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What a record says, in the vectors' form, and the same record written again. */
interface Reading {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly rewritten?: Uint8Array;
}

/** What a record says, and the parameter sets' heads do not. */
const NOT_DERIVED = {
  minSpatialSegmentationIdc: 0,
  parallelismType: 0,
  avgFrameRate: 0,
  constantFrameRate: 0,
} as const;

const READERS: Readonly<Record<string, (body: Uint8Array) => Reading>> = {
  avcC(body) {
    const config = decodeAvcConfiguration(body);
    const { width, height } = decodeAvcSps(config.sps[0] as Uint8Array);
    const { tail, ...rest } = config;
    const nals = [...config.sps, ...config.pps, ...(tail?.spsExt ?? [])];
    const derived = avcConfigurationFromNals(nals, config.nalLengthSize);
    // Many writers leave the tail out.
    expect(derived).toEqual({ ...config, tail: tail ?? derived?.tail });
    return {
      fields: { ...rest, ...tail, width, height },
      rewritten: encodeAvcConfiguration(config),
    };
  },
  hvcC(body) {
    const config = decodeHevcConfiguration(body);
    const nals = config.arrays.flatMap(({ nalUnits }) => nalUnits);
    const sps = config.arrays.find(({ nalUnitType }) => nalUnitType === HEVC_NAL.sps);
    const { width, height } = decodeHevcSps(sps?.nalUnits[0] as Uint8Array);
    const derived = hevcConfigurationFromNals(nals, config.nalLengthSize);
    const arrays = config.arrays
      .filter(({ nalUnitType }) => nalUnitType <= HEVC_NAL.pps)
      .map((array) => ({ ...array, arrayCompleteness: false }));
    expect(derived).toEqual({ ...config, ...NOT_DERIVED, arrays });
    const { constraintIndicatorFlags, ...rest } = config;
    return {
      fields: {
        ...rest,
        constraintIndicatorFlags: constraintIndicatorFlags.toString(16).padStart(12, "0"),
        arrays: config.arrays.map(({ nalUnits, ...array }) => ({
          ...array,
          sizes: nalUnits.map(({ length }) => length),
        })),
        width,
        height,
      },
      rewritten: encodeHevcConfiguration(config),
    };
  },
  av1C(body) {
    const config = decodeAv1Configuration(body);
    const obus = splitObus(config.configOBUs);
    const sequence = obus.find(({ obuType }) => obuType === OBU_TYPE.sequenceHeader);
    const header = sequence && decodeAv1SequenceHeader(sequence.payload);
    const derived = av1ConfigurationFromObus(obus);
    const { initialPresentationDelay, ...rest } = config;
    if (sequence !== undefined) {
      const { bytes: configOBUs } = sequence;
      expect(derived).toEqual({ ...rest, configOBUs, initialPresentationDelay: undefined });
    }
    return {
      fields: {
        ...rest,
        initialPresentationDelayPresent: initialPresentationDelay !== undefined,
        width: header?.maxFrameWidth,
        height: header?.maxFrameHeight,
      },
      rewritten: encodeAv1Configuration(config),
    };
  },
  vpcC(body) {
    const config = decodeVpConfiguration(body);
    const fullBox = body[0] === 1 && body.length >= 12;
    return { fields: { ...config }, ...(fullBox && { rewritten: encodeVpConfiguration(config) }) };
  },
  audioSpecificConfig(body) {
    const config = decodeAudioSpecificConfig(body);
    return { fields: { ...config }, rewritten: encodeAudioSpecificConfig(config) };
  },
  opusHead(body) {
    const head = decodeOpusHead(body);
    return { fields: { ...head, ...head.mappingTable }, rewritten: encodeOpusHead(head) };
  },
  streamInfo(body) {
    const { form, streamInfo, streamInfoBytes, end } = decodeFlacHeader(body);
    const rewritten = encodeFlacHeader(streamInfoBytes, form);
    // A writer cannot repeat metadata blocks behind STREAMINFO, nor say that there are some.
    const alone = form === "bare" || (body[form === "full" ? 4 : 0] as number) >= 0x80;
    const repeats = alone && end === rewritten.length;
    return { fields: { form, ...streamInfo }, ...(repeats && { rewritten }) };
  },
  vp9KeyFrame: (body) => ({ fields: { ...decodeVp9KeyFrame(body) } }),
  av1TemporalUnit: (body) => ({
    fields: { obuTypes: splitObus(body).map(({ obuType }) => obuType) },
  }),
  mp3Frame: (body) => ({ fields: { ...decodeMpegAudioHeader(body) } }),
  ac3Frame: (body) => ({ fields: { ...decodeAc3Header(body) } }),
  eac3Frame: (body) => ({ fields: { ...decodeAc3Header(body) } }),
  opusPacket(body) {
    // Several streams: all but the last packet are self-delimited, and all have the same length.
    const durationMs = opusPacketDurationMs(body);
    const oneFrame = ((body[0] as number) & 3) === 0;
    if (oneFrame) expect(decodeOpusPacket(body).durationMs).toBe(durationMs);
    return { fields: { durationMs } };
  },
};

/** Flags as 0 and 1, bytes as hex, absence as null. */
function inVectorForm(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === "boolean") return Number(value);
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(inVectorForm);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, inVectorForm(v)]));
  }
  return value;
}

const tally = new VectorTally("eflv");
afterAll(() => tally.print());

const lists = vectorFiles("eflv").filter((file) => /(^|\/)records\/.*expected\.json$/.test(file));

test("there are records", () => expect(lists.length).toBeGreaterThan(0));

describe.each(lists)("%s", (list) => {
  const records = vectorJson<ExpectedRecord[]>("eflv", list);
  test.each(
    records.map((record) => [record.kind, record.file, record.bodyOffset, record] as const),
  )("%s of %s at %i", (kind, file, bodyOffset, { bodySize, fields }) => {
    const body = vectorBytes("eflv", file).subarray(bodyOffset, bodyOffset + bodySize);
    const reader = READERS[kind];
    if (reader === undefined) throw new Error(`records of a kind that is not known: ${kind}`);
    const reading = reader(body);
    const actual = inVectorForm(reading.fields) as Record<string, unknown>;
    for (const [name, value] of Object.entries(fields)) {
      expect({ [name]: actual[name] }).toEqual({ [name]: value });
    }
    // Bytes behind a record are legal, and not part of it.
    if (reading.rewritten !== undefined) {
      const written = toHex(reading.rewritten);
      expect(toHex(body).slice(0, written.length)).toBe(written);
    }
    tally.add(file, Object.keys(fields).length + 1);
  });
});
