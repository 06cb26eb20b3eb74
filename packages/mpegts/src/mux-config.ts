import { NULL_PID, SDT_PID } from "./constants.js";
import type { Descriptor } from "./descriptor.js";
import { carriageOf, type StreamKind, streamKind, streamKindInfo } from "./stream-kind.js";

/** An elementary stream to multiplex. Either `kind` or `streamType` must be given. */
export interface MuxStream {
  /** 0x10 to 0x1FFE, used once. */
  readonly pid: number;
  /** What it carries: sets stream_type, stream_id and the descriptors that make it known. */
  readonly kind?: StreamKind;
  /** stream_type when it is not that of `kind`. */
  readonly streamType?: number;
  /** ES info behind the descriptors of `kind`. With `streamType` and no `kind` these are all. Default none. */
  readonly descriptors?: readonly Descriptor[];
  /** stream_id of its PES packets. Default: by kind, video and audio numbered per programme. */
  readonly streamId?: number;
  /**
   * `true`: units come now and then, and nothing waits for them. Default: `true` for data, `false` for video and audio.
   */
  readonly sparse?: boolean;
  /** Bytes of the decoder's buffer (T-STD B_n), which is never overfilled. Default: by kind; video has no limit. */
  readonly bufferSize?: number;
  /** bit/s at which the decoder's transport buffer empties (T-STD Rx_n). Default: 2 Mbit/s for audio, else no limit. */
  readonly transportRate?: number;
}

/** A programme to multiplex. */
export interface MuxProgram {
  /** 1 to 65535. Default: its place in the list, from 1. */
  readonly programNumber?: number;
  /** Default 0x1000 and up. */
  readonly pmtPid?: number;
  /**
   * Default: the first video stream's, else the first audio stream's, else a PID of its own. ST 2038 4.1 wants no PCR on
   * an ANC stream. Programmes that share one must have one clock.
   */
  readonly pcrPid?: number;
  /** Program info. Default none. */
  readonly descriptors?: readonly Descriptor[];
  readonly streams: readonly MuxStream[];
  /** Announced in a service description table. Default: not announced. */
  readonly service?: {
    readonly name: string;
    readonly provider?: string;
    /** service_type. Default 1, digital television. */
    readonly type?: number;
  };
}

/** A stream with its defaults filled in. */
export interface ResolvedStream {
  readonly pid: number;
  readonly category: "video" | "audio" | "data";
  readonly carriage: "pes" | "sections";
  readonly streamType: number;
  readonly descriptors: readonly Descriptor[];
  readonly streamId: number;
  readonly sparse: boolean;
  readonly bufferSize: number;
  readonly transportRate: number;
  /** PES_packet_length 0 is allowed. */
  readonly mayBeUnbounded: boolean;
}

/** A programme with its defaults filled in. */
export interface ResolvedProgram {
  readonly programNumber: number;
  readonly pmtPid: number;
  readonly pcrPid: number;
  readonly descriptors: readonly Descriptor[];
  readonly streams: readonly ResolvedStream[];
  readonly service: MuxProgram["service"];
}

/** B_n of audio decoders (ISO/IEC 13818-1 2.4.2.3; ATSC A/53 for AC-3). */
const AUDIO_BUFFER = 3584;
const AC3_BUFFER = 5696;
/** Rx_n of audio decoders (ISO/IEC 13818-1 2.4.2.3). */
const AUDIO_TRANSPORT_RATE = 2_000_000;
const FIRST_PMT_PID = 0x1000;
const FIRST_PCR_PID = 0x01f0;

/**
 * Fill in the defaults.
 * @throws {RangeError} when a PID is out of range or used twice, a programme number is, or a stream says neither kind
 * nor stream_type
 */
export function resolvePrograms(programs: readonly MuxProgram[]): ResolvedProgram[] {
  if (programs.length === 0) throw new RangeError("programs: none");
  const used = new Set<number>([SDT_PID]);
  const use = (pid: number): void => {
    if (!Number.isInteger(pid) || pid < 0x10 || pid >= NULL_PID) {
      throw new RangeError(`pid: ${pid} is not from 16 to 8190`);
    }
    if (used.has(pid)) throw new RangeError(`pid: ${pid} is used twice`);
    used.add(pid);
  };
  for (const program of programs) {
    for (const { pid } of program.streams) use(pid);
    if (program.pmtPid !== undefined) use(program.pmtPid);
  }
  const free = (from: number): number => {
    let pid = from;
    while (used.has(pid)) pid++;
    use(pid);
    return pid;
  };
  const numbers = new Set<number>();
  return programs.map((program, index): ResolvedProgram => {
    const programNumber = program.programNumber ?? index + 1;
    if (!Number.isInteger(programNumber) || programNumber < 1 || programNumber > 0xffff) {
      throw new RangeError(`programNumber: ${programNumber} is not from 1 to 65535`);
    }
    if (numbers.has(programNumber)) {
      throw new RangeError(`programNumber: ${programNumber} is used twice`);
    }
    numbers.add(programNumber);
    const streams = resolveStreams(program.streams);
    const pmtPid = program.pmtPid ?? free(FIRST_PMT_PID);
    const clockStream =
      streams.find((stream) => stream.category === "video") ??
      streams.find((stream) => stream.category === "audio");
    const pcrPid = program.pcrPid ?? clockStream?.pid ?? free(FIRST_PCR_PID);
    const ownPid = streams.every((stream) => stream.pid !== pcrPid);
    if (ownPid && program.pcrPid !== undefined && !used.has(pcrPid)) use(pcrPid);
    const { descriptors = [], service } = program;
    return { programNumber, pmtPid, pcrPid, descriptors, streams, service };
  });
}

function resolveStreams(streams: readonly MuxStream[]): ResolvedStream[] {
  let videos = 0;
  let audios = 0;
  return streams.map((stream): ResolvedStream => {
    const { pid, descriptors = [] } = stream;
    if (stream.kind === undefined && stream.streamType === undefined) {
      throw new RangeError(`stream ${pid}: neither kind nor streamType`);
    }
    const streamType = stream.streamType ?? streamKindInfo(stream.kind as StreamKind).streamType;
    const kind = stream.kind ?? streamKind({ streamType, descriptors });
    for (const limit of [stream.bufferSize, stream.transportRate]) {
      if (limit !== undefined && !(limit > 0)) {
        throw new RangeError(`stream ${pid}: ${limit} is not above 0`);
      }
    }
    const info = streamKindInfo(kind);
    let { streamId } = info;
    if (streamId === 0xe0) streamId += videos++ & 0x0f;
    if (streamId === 0xc0) streamId += audios++ & 0x1f;
    const audio = info.category === "audio";
    const all = stream.kind === undefined ? descriptors : [...info.descriptors, ...descriptors];
    return {
      pid,
      category: info.category,
      carriage: carriageOf({ streamType, descriptors: all }),
      streamType,
      descriptors: all,
      streamId: stream.streamId ?? streamId,
      sparse: stream.sparse ?? info.category === "data",
      bufferSize: stream.bufferSize ?? (audio ? audioBufferOf(kind) : Number.POSITIVE_INFINITY),
      transportRate:
        stream.transportRate ?? (audio ? AUDIO_TRANSPORT_RATE : Number.POSITIVE_INFINITY),
      mayBeUnbounded: info.category === "video",
    };
  });
}

function audioBufferOf(kind: StreamKind): number {
  switch (kind) {
    case "ac3":
    case "eac3":
      return AC3_BUFFER;
    case "mpeg1-audio":
    case "mpeg2-audio":
    case "aac-adts":
    case "aac-latm":
      return AUDIO_BUFFER;
    default:
      // ST 302 and the rest define bigger ones, by rate and channels.
      return 65_536;
  }
}
