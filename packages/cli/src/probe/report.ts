import { cueText } from "@x/cea708";
import type { Tr101290Indicator, TsViolation } from "@x/mpegts";
import type { PcrReport as PcrAnalysis, PcrTimingReport } from "@x/mpegts-pcr-clock";
import type { CollectedCaptions } from "./caption-collector.js";
import type { PcrTrace } from "./pcr-trace.js";
import type { StreamFormat } from "./stream-format.js";

/** What `x probe` found, as `--json` prints it. */
export interface ProbeReport {
  /** Rises when a field goes or changes its meaning; new ones may come at any time. */
  readonly version: 1;
  readonly input: string;
  /** Bytes that were looked at. */
  readonly bytes: number;
  readonly kind:
    | "mpegts"
    | "capture"
    | "live"
    | "st2038"
    | "jpegxs"
    | "flv"
    | "mp4"
    | "elementary"
    | "captions"
    | "subtitles";
  readonly transportStreams: readonly TransportStreamReport[];
  readonly rtp: readonly RtpReport[];
  readonly ancillary: readonly AncReport[];
  readonly captions: readonly CaptionReport[];
  readonly pictures: readonly PictureReport[];
  readonly flv: readonly FlvReport[];
  readonly movies: readonly MovieReport[];
  readonly elementary: readonly ElementaryReport[];
  /** Sentences about what is wrong; with any, the exit code is 1. */
  readonly problems: readonly string[];
}

/** A transport stream. */
export interface TransportStreamReport {
  /** Where it came from when there are several: `10.0.0.1:5000`. */
  readonly label: string | undefined;
  /** 188, 192, 204 or 208. */
  readonly packetSize: number;
  readonly packets: number;
  readonly nullPackets: number;
  /** By PCR, bits a second; `undefined` without two PCRs. */
  readonly bitrate: number | undefined;
  readonly durationMs: number | undefined;
  readonly programs: readonly ProgramReport[];
  readonly pcr: readonly PcrReport[];
  readonly tr101290: TrReport;
  /** Number of issues by code. */
  readonly issues: Readonly<Record<string, number>>;
}

export interface ProgramReport {
  readonly programNumber: number;
  /** Its name in the SDT. */
  readonly service: string | undefined;
  readonly pmtPid: number;
  readonly pcrPid: number;
  readonly streams: readonly StreamReport[];
}

export interface StreamReport {
  readonly pid: number;
  readonly streamType: number;
  readonly kind: string;
  /** Transport packets. */
  readonly packets: number;
  /** Of all its transport packets by PCR, bits a second. */
  readonly bitrate: number | undefined;
  readonly pesPackets: number;
  readonly pesBytes: number;
  /** From the headers inside; `undefined` where they are not known or were not found. */
  readonly format: StreamFormat | undefined;
  /** Of video, PES packets with a time a second by their DTS: frames, where each has its own, as is usual. */
  readonly unitsPerSecond: number | undefined;
  /** ISO 639-2 codes. */
  readonly languages: readonly string[];
  /** SCTE 35: number of splice commands by name. */
  readonly cues: Readonly<Record<string, number>>;
}

/** Verdicts by ETSI TR 101 290, priorities 1 and 2. */
export interface TrReport {
  readonly durationMs: number;
  readonly counts: Readonly<Record<Tr101290Indicator, number>>;
  /** The first violations. */
  readonly first: readonly TsViolation[];
}

/** Statistics of the PCRs on one PID; intervals in milliseconds of the sender's time. */
export interface PcrReport {
  readonly pid: number;
  readonly count: number;
  readonly meanIntervalMs: number;
  readonly minIntervalMs: number;
  readonly maxIntervalMs: number;
  /** Of all time bases together. */
  readonly durationMs: number;
  /** New time bases with discontinuity_indicator. */
  readonly discontinuities: number;
  /** Distances outside 0 to 100 ms without it (TR 101 290 2.3b). */
  readonly discontinuityErrors: number;
  /** Bits a second of all packets. */
  readonly bitrate: number | undefined;
  /** Largest distance from a constant bit rate; `undefined` when the rate is not constant. */
  readonly maxErrorNs: number | undefined;
  /** Jitter, frequency offset and drift against the times of arrival, where those are known. */
  readonly timing: (PcrTimingReport & { readonly frequencyErrorPpm: number }) | undefined;
}

/** An RTP stream. */
export interface RtpReport {
  readonly source: string;
  readonly destination: string;
  readonly ssrc: number;
  readonly payloadType: number;
  readonly packets: number;
  readonly content: "smpte291" | "mpegts" | "jpegxs" | "unknown";
  /** Of JPEG XS. */
  readonly format: StreamFormat | undefined;
  /** Number of issues by code. */
  readonly issues: Readonly<Record<string, number>>;
  /** Frames or fields, for ancillary data. */
  readonly frames: number;
  readonly completeFrames: number;
}

/** A stream of ancillary packets. */
export interface AncReport {
  readonly label: string;
  readonly packets: number;
  readonly kinds: readonly {
    readonly did: number;
    readonly sdid: number | undefined;
    readonly name: string;
    readonly packets: number;
    readonly lines: readonly number[];
    readonly parityErrors: number;
    readonly checksumErrors: number;
  }[];
  /** Number of diagnostics by code. */
  readonly issues: Readonly<Record<string, number>>;
}

/** Captions as text. */
export interface CaptionReport {
  readonly label: string;
  readonly services: readonly {
    /** `service 1`, `CC1`. */
    readonly name: string;
    /** ISO 639-2 code, when service information names one. */
    readonly language: string | undefined;
    readonly cues: number;
  }[];
  readonly cues: readonly {
    /** One of `services`; `undefined` in a subtitle file. */
    readonly service: string | undefined;
    readonly startMs: number;
    readonly endMs: number;
    readonly text: string;
  }[];
}

/** JPEG XS codestreams. */
export interface PictureReport {
  readonly codestreams: number;
  readonly width: number;
  readonly height: number;
  readonly components: number;
  readonly sampling: string | undefined;
  readonly bitDepth: number;
  readonly slices: number;
  /** Bytes of the first codestream, and what that is by the pixels. */
  readonly codestreamSize: number;
  readonly bitsPerPixel: number;
  readonly profile: string;
  readonly level: string;
  readonly sublevel: string;
  /** Rules of the profile that the header breaks. */
  readonly violations: readonly string[];
}

/** An FLV file. */
export interface FlvReport {
  readonly tracks: readonly FlvTrackReport[];
  /** Number of script tags by the name that they begin with. */
  readonly scripts: Readonly<Record<string, number>>;
  /** The last onMetaData, without its keyframe index. */
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  /** Entries of the keyframe index. */
  readonly keyframeIndex: number;
  /** From the first frame to the end of the last one. */
  readonly durationMs: number;
  readonly issues: readonly IssueReport[];
}

/** A track of an FLV file. */
export interface FlvTrackReport {
  readonly kind: "audio" | "video";
  /** 0: the default track. */
  readonly trackId: number;
  /** FourCC; of a legacy codec the one that it was given later, or its number. */
  readonly codec: string;
  readonly codecName: string;
  /** `legacy`, `enhanced`, or the multitrack type; several with `and` between them. */
  readonly layout: string;
  readonly format: StreamFormat;
  /** Of a MultichannelConfig. */
  readonly channelLayout: string | undefined;
  /** SequenceStarts that were not empty. */
  readonly configurations: number;
  readonly frames: number;
  /** Video only. */
  readonly keyFrames: number | undefined;
  /** Some frame is not shown when it is decoded. */
  readonly reorders: boolean;
  readonly bytes: number;
  /** Decoding time of the first frame. */
  readonly startMs: number;
  /** With the last frame as long as the others on the average. */
  readonly durationMs: number;
  /** Bits a second over that time; `undefined` with less than two frames. */
  readonly bitrate: number | undefined;
  readonly framesPerSecond: number | undefined;
}

/** An MP4 or QuickTime file. */
export interface MovieReport {
  /** major_brand, then the compatible ones. */
  readonly brands: readonly string[];
  /** In movie fragments, as for streaming. */
  readonly isFragmented: boolean;
  readonly durationMs: number | undefined;
  readonly tracks: readonly MovieTrackReport[];
  /** Of the captions, where those could be read. */
  readonly issues: readonly IssueReport[];
}

/** A track of an MP4 or QuickTime file. */
export interface MovieTrackReport {
  readonly trackId: number;
  /** `video`, `audio`, `subtitles`, `closed captions`, `time code`, `metadata`, `hints` or the handler's own name. */
  readonly kind: string;
  /** Of the sample entry: `avc1`. */
  readonly codec: string;
  /** `undefined` of one that is not known. */
  readonly codecName: string | undefined;
  readonly format: StreamFormat;
  /** ISO 639-2 code; `undefined` when none is said. */
  readonly language: string | undefined;
  readonly samples: number;
  readonly bytes: number;
  readonly durationMs: number | undefined;
  /** Bits a second over that time. */
  readonly bitrate: number | undefined;
  /** Of video. */
  readonly framesPerSecond: number | undefined;
}

/** An elementary stream in a file of its own. */
export interface ElementaryReport {
  /** `H.264`, `MPEG-2 video`, `AAC`. */
  readonly codec: string;
  /** `Annex B`, `start codes`, `OBU`, `IVF`, `ADTS`, `frames`, `Ogg`. */
  readonly framing: string;
  /** Of the first frame that tells; `undefined` when none did. */
  readonly format: StreamFormat | undefined;
  /** Frames of audio, access units or pictures of video; each field of a pair is one. */
  readonly frames: number;
  /** Video only. */
  readonly keyFrames: number | undefined;
  /** Of the frames, without what is between them. */
  readonly bytes: number;
  /** `undefined` for video that does not say its frame rate. */
  readonly durationMs: number | undefined;
  /** Bits a second over that time. */
  readonly bitrate: number | undefined;
  readonly issues: readonly IssueReport[];
}

/** What is wrong, by the name of the defect. */
export interface IssueReport {
  readonly code: string;
  readonly count: number;
  /** Byte where it was first; 0 where that does not apply. */
  readonly firstOffset: number;
  /** Of the first one. */
  readonly message: string;
}

/** The parts of a report that one input stream adds to. */
export interface ProbeFindings {
  readonly transportStreams: TransportStreamReport[];
  readonly rtp: RtpReport[];
  readonly ancillary: AncReport[];
  readonly captions: CaptionReport[];
  readonly pictures: PictureReport[];
  readonly flv: FlvReport[];
  readonly movies: MovieReport[];
  readonly elementary: ElementaryReport[];
  readonly problems: string[];
  /** For files that are written; not part of the report. */
  readonly collected: CollectedCaptions[];
  readonly traces: PlottedTrace[];
}

/** The PCRs of a PID, for the plot. */
export interface PlottedTrace {
  /** `PID 0x0100`, with the stream's address when there can be several. */
  readonly label: string;
  readonly trace: PcrTrace;
  readonly analysis: PcrAnalysis;
}

/** A drift that was measured over less says nothing. */
export const DRIFT_SECONDS = 300;

/** Nothing found yet. */
export function noFindings(): ProbeFindings {
  return {
    transportStreams: [],
    rtp: [],
    ancillary: [],
    captions: [],
    pictures: [],
    flv: [],
    movies: [],
    elementary: [],
    problems: [],
    collected: [],
    traces: [],
  };
}

/** A report, and the captions and PCRs behind it. */
export interface ProbeResult {
  readonly report: ProbeReport;
  readonly collected: readonly CollectedCaptions[];
  readonly traces: readonly PlottedTrace[];
}

/** What was found, about what. */
export function resultOf(
  about: Pick<ProbeReport, "input" | "bytes" | "kind">,
  findings: ProbeFindings,
): ProbeResult {
  const { collected, traces, ...found } = findings;
  return { report: { version: 1, ...about, ...found }, collected, traces };
}

/** Add the captions of a stream, if there are any. */
export function addCaptions(
  label: string,
  collected: CollectedCaptions,
  findings: ProbeFindings,
): void {
  const { services } = collected;
  if (services.length === 0 && collected.cdps.length === 0) return;
  findings.collected.push(collected);
  if (services.length === 0) return;
  findings.captions.push({
    label,
    services: services.map(({ name, language, cues }) => ({ name, language, cues: cues.length })),
    cues: services
      .flatMap(({ name, cues }) =>
        cues.map((cue) => ({
          service: name,
          startMs: cue.startMs,
          endMs: cue.endMs,
          text: cueText(cue),
        })),
      )
      .sort((a, b) => a.startMs - b.startMs),
  });
}

/** `0x0100`. */
export function formatPid(pid: number): string {
  return `0x${pid.toString(16).padStart(4, "0")}`;
}

/** Two hexadecimal digits. */
export function formatByte(value: number): string {
  return value.toString(16).padStart(2, "0").toUpperCase();
}

/** Counts by code. */
export class Counter {
  readonly #counts = new Map<string, number>();

  add(code: string): void {
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1);
  }

  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort());
  }
}
