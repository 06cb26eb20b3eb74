import { isFormatError, splitAnnexB } from "@x/es";
import {
  decodeLanguageDescriptor,
  decodeSubtitlingDescriptor,
  decodeTeletextDescriptor,
  findDescriptor,
  type PmtStream,
  type StreamKind,
  streamKind,
  streamKindInfo,
  type TsPesEvent,
} from "@x/mpegts";
import { parseUnit } from "@x/st2038";
import { AncCollector } from "./anc-collector.js";
import { Counter, type ProbeFindings, type StreamReport } from "./report.js";
import { readStreamFormat, type StreamFormat } from "./stream-format.js";
import { hasCaptions, VideoCaptions } from "./video-captions.js";

/** Names of splice_command_type (SCTE 35 table 7). */
const SPLICE_COMMANDS: Readonly<Record<number, string>> = {
  0: "splice_null",
  4: "splice_schedule",
  5: "splice_insert",
  6: "time_signal",
  7: "bandwidth_reservation",
  255: "private_command",
};
const SPLICE_INFO_TABLE = 0xfc;

/** Looks through one elementary stream of a transport stream. */
export class StreamProbe {
  #kind: StreamKind | undefined;
  #pesPackets = 0;
  #pesBytes = 0;
  #format: StreamFormat | undefined;
  #lastDts: number | undefined;
  /** 90 kHz, and how many times: only what follows within a second. */
  #steps = { ticks: 0, count: 0 };
  #anc: AncCollector | undefined;
  readonly #captions = new VideoCaptions();
  readonly #cues = new Counter();

  /** A PES packet. `originMs`: the time of the programme's first one. */
  push({ stream, data, ptsUnwrapped, dtsUnwrapped }: TsPesEvent, originMs: number): void {
    this.#pesPackets++;
    this.#pesBytes += data.length;
    if (dtsUnwrapped !== undefined) {
      const step = dtsUnwrapped - (this.#lastDts ?? dtsUnwrapped);
      this.#lastDts = dtsUnwrapped;
      if (step > 0 && step <= 90_000) {
        this.#steps.ticks += step;
        this.#steps.count++;
      }
    }
    if (stream === undefined) return;
    const kind = streamKind(stream);
    if (kind !== this.#kind) this.#format = undefined;
    this.#kind = kind;
    this.#format ??= readStreamFormat(kind, data);
    const ms = ptsUnwrapped === undefined ? 0 : ptsUnwrapped / 90 - originMs;
    if (hasCaptions(kind)) this.#captions.push(kind, splitAnnexB(data), ms);
    else if (kind === "smpte-2038") this.#ancillary(data, ms);
  }

  /** A section of a stream that sections carry. */
  section(bytes: Uint8Array): void {
    if (bytes[0] !== SPLICE_INFO_TABLE || bytes.length < 14) return;
    const encrypted = ((bytes[4] as number) & 0x80) !== 0;
    const command = bytes[13] as number;
    this.#cues.add(
      encrypted ? "encrypted" : (SPLICE_COMMANDS[command] ?? `splice_command_type ${command}`),
    );
  }

  /** What is known about the stream; `packets` in the transport stream, which lasts `seconds`. */
  report(stream: PmtStream, packets: number, seconds: number | undefined): StreamReport {
    const kind = streamKind(stream);
    const { category } = streamKindInfo(kind);
    const { ticks, count } = this.#steps;
    const rate = category === "video" && ticks > 0 ? (count * 90_000) / ticks : undefined;
    return {
      pid: stream.elementaryPid,
      streamType: stream.streamType,
      kind,
      packets,
      bitrate: seconds === undefined ? undefined : (packets * 188 * 8) / seconds,
      pesPackets: this.#pesPackets,
      pesBytes: this.#pesBytes,
      format: this.#format,
      unitsPerSecond: rate,
      languages: languagesOf(stream),
      cues: this.#cues.counts(),
    };
  }

  /** Add what the stream carries besides; call it once, at the end. */
  finish(label: string, findings: ProbeFindings): void {
    this.#anc?.finish(label, findings);
    this.#captions.finish(`${label}, in the video`, findings);
  }

  #ancillary(data: Uint8Array, ms: number): void {
    this.#anc ??= new AncCollector();
    const { packets, diagnostics } = parseUnit(data);
    for (const { code } of diagnostics) this.#anc.issue(code);
    this.#anc.push(packets, ms);
  }
}

/** Languages that the descriptors name, in their order. */
function languagesOf({ descriptors }: PmtStream): string[] {
  const readers = [
    [0x0a, decodeLanguageDescriptor],
    [0x56, decodeTeletextDescriptor],
    [0x59, decodeSubtitlingDescriptor],
  ] as const;
  const languages: string[] = [];
  for (const [tag, read] of readers) {
    const descriptor = findDescriptor(descriptors, tag);
    if (descriptor === undefined) continue;
    try {
      languages.push(...read(descriptor).map((entry) => entry.iso639LanguageCode.trim()));
    } catch (error) {
      if (!isFormatError(error)) throw error;
    }
  }
  return [...new Set(languages)].filter((language) => language !== "");
}
