import {
  type AccessUnitEvent,
  AccessUnitParser,
  AccessUnitTimer,
  Av1Parser,
  decodeVp9KeyFrame,
  encodeAnnexB,
  type IvfEvent,
  IvfParser,
  isAv1KeyFrame,
  isFormatError,
  splitObus,
} from "@x/es";
import { type ElementaryFormat, reader } from "./elementary-probe.js";
import { chromaOf, readStreamFormat, type StreamFormat } from "./stream-format.js";

type AccessUnit = Extract<AccessUnitEvent, { type: "access-unit" }>;

/** Captions of a stream that does not say its frame rate are timed as if it were this one. */
export const ASSUMED_RATE = { numerator: 30_000, denominator: 1001 } as const;

/** H.264 or H.265 with start codes. */
export function annexB(kind: "h264" | "hevc"): ElementaryFormat {
  const codec = kind === "h264" ? "avc" : "hevc";
  return {
    codec: kind === "h264" ? "H.264" : "H.265",
    framing: "Annex B",
    open(probe) {
      const timer = new AccessUnitTimer<AccessUnit>({ codec });
      const place = (units: ReturnType<typeof timer.push>): void => {
        for (const { unit, presentationTime, duration } of units) {
          const { numerator, denominator } = timer.frameRate ?? ASSUMED_RATE;
          const fieldSeconds = denominator / (2 * numerator);
          probe.captions(kind, unit.nals, presentationTime * fieldSeconds * 1000);
          if (timer.frameRate !== undefined) probe.lasts(duration * fieldSeconds);
        }
      };
      return reader(
        new AccessUnitParser({ codec }),
        (event) => {
          if (event.type === "issue") return probe.issue(event.issue);
          const { nals, isKey } = event;
          probe.format ??= readStreamFormat(kind, encodeAnnexB(nals));
          probe.frame({ bytes: nals.reduce((sum, { length }) => sum + length, 0), isKey });
          place(timer.push(event));
        },
        () => place(timer.flush()),
      );
    },
  };
}

/** AV1 as a file of temporal units, in either format. */
export const AV1: ElementaryFormat = {
  codec: "AV1",
  framing: "OBU",
  open: (probe) =>
    reader(new Av1Parser(), (event) => {
      if (event.type === "issue") return probe.issue(event.issue);
      const { data, isKey } = event;
      probe.format ??= readStreamFormat("av1", data);
      probe.frame({ bytes: data.length, isKey });
    }),
};

const IVF_CODECS: Readonly<
  Record<
    string,
    {
      readonly name: string;
      readonly isKey: (frame: Uint8Array) => boolean;
      readonly format: (frame: Uint8Array) => StreamFormat | undefined;
    }
  >
> = {
  VP80: { name: "VP8", isKey: (frame) => ((frame[0] ?? 1) & 1) === 0, format: () => undefined },
  VP90: { name: "VP9", isKey: (frame) => vp9(frame) !== undefined, format: vp9 },
  AV01: {
    name: "AV1",
    isKey: (frame) => isAv1KeyFrame(splitObus(frame)),
    format: (frame) => readStreamFormat("av1", frame),
  },
};

/** VP8, VP9 or AV1 in IVF. */
export const IVF: ElementaryFormat = {
  codec: "video",
  framing: "IVF",
  open(probe) {
    let size: StreamFormat = {};
    let codec: (typeof IVF_CODECS)[string] | undefined;
    let tick = 0;
    let count = 0;
    let first = Number.POSITIVE_INFINITY;
    let last = Number.NEGATIVE_INFINITY;
    const take = (event: IvfEvent): void => {
      if (event.type === "issue") {
        probe.issue(event.issue);
        return;
      }
      if (event.type === "header") {
        const { width, height, timebase, fourCc } = event.header;
        size = { width, height };
        tick = timebase.numerator / timebase.denominator;
        codec = IVF_CODECS[fourCc];
        probe.codec = codec?.name ?? fourCc;
        probe.format = size;
        return;
      }
      const { data, timestamp } = event;
      const isKey = unlessDamaged(() => codec?.isKey(data)) ?? false;
      if (count++ === 0 && codec !== undefined) probe.format = { ...size, ...codec.format(data) };
      probe.frame({ bytes: data.length, isKey });
      first = Math.min(first, timestamp);
      last = Math.max(last, timestamp);
    };
    return reader(new IvfParser(), take, () => {
      // The last frame lasts as long as the others on the average.
      if (count > 1) probe.lasts((((last - first) * count) / (count - 1)) * tick);
    });
  },
};

function vp9(frame: Uint8Array): StreamFormat | undefined {
  const header = unlessDamaged(() => decodeVp9KeyFrame(frame));
  if (header === undefined) return undefined;
  const { profile, width, height, subsamplingX: x, subsamplingY: y, bitDepth } = header;
  const chroma = chromaOf(x === 0 ? 3 : y === 0 ? 2 : 1);
  return { profile: `profile ${profile}`, width, height, ...chroma, bitDepth };
}

/** What `read` returns, `undefined` when its input is damaged. */
function unlessDamaged<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (!isFormatError(error)) throw error;
    return undefined;
  }
}
