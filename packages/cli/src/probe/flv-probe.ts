import {
  amfToPlain,
  codecOfMetadata,
  FlvDemuxer,
  type FlvEvent,
  type FlvIssue,
  fourCcOfLegacy,
  type MediaMessage,
} from "@x/eflv";
import { isAnnexB } from "@x/es";
import type { FormatProbe } from "./format-probe.js";
import { IssueLog } from "./issue-log.js";
import type { FlvTrackReport, ProbeFindings } from "./report.js";
import type { StreamFormat } from "./stream-format.js";
import { codecName, trackFormat } from "./track-format.js";

/** True when the bytes begin like an FLV file. */
export function isFlv(bytes: Uint8Array): boolean {
  return bytes[0] === 0x46 && bytes[1] === 0x4c && bytes[2] === 0x56 && (bytes[3] as number) < 5;
}

type Kind = "audio" | "video";

interface Track {
  readonly kind: Kind;
  readonly trackId: number;
  /** FourCC, also of a legacy codec that was given one later. */
  readonly fourCc: string | undefined;
  readonly codec: string;
  readonly codecName: string;
  readonly layouts: Set<string>;
  config: Uint8Array | undefined;
  configurations: number;
  format: StreamFormat;
  channelLayout: string | undefined;
  frames: number;
  keyFrames: number;
  bytes: number;
  firstMs: number;
  lastMs: number;
  reorders: boolean;
}

/** What a tag says about all of its messages. */
interface TagFacts {
  readonly kind: Kind;
  readonly layout: string;
  /** soundFormat or codecId. */
  readonly legacy: number;
  readonly isKey: boolean;
  readonly dts: number;
  readonly offset: number;
}

/** Codes of an input that ends inside something. */
const CUT = ["truncated-header", "truncated-tag", "missing-last-prev-tag-size"];

/** Looks through an FLV stream, chunk by chunk. */
export class FlvProbe implements FormatProbe {
  readonly kind = "flv";
  readonly #demuxer = new FlvDemuxer();
  readonly #tracks = new Map<string, Track>();
  readonly #issues = new IssueLog();
  readonly #scripts = new Map<string, number>();
  #metadata: Record<string, unknown> | undefined;
  #keyframeIndex = 0;
  /** Somebody stopped to read. */
  #isStopped = false;
  #isCut = false;

  push(chunk: Uint8Array): void {
    this.#take(this.#demuxer.push(chunk));
  }

  finish(findings: ProbeFindings, cut = false): void {
    this.#isStopped = cut;
    this.#take(this.#demuxer.flush());
    if (this.#isCut) findings.problems.push("the file ends inside a tag");
    const tracks = [...this.#tracks.values()]
      .sort((a, b) => b.kind.localeCompare(a.kind) || a.trackId - b.trackId)
      .map(trackReport);
    const starts = tracks.flatMap(({ startMs, frames }) => (frames === 0 ? [] : [startMs]));
    const ends = tracks.map(({ startMs, durationMs }) => startMs + durationMs);
    const durationMs = starts.length === 0 ? 0 : Math.max(...ends) - Math.min(...starts);
    this.#checkMetadata(durationMs);
    findings.flv.push({
      tracks,
      scripts: Object.fromEntries(this.#scripts),
      metadata: this.#metadata,
      keyframeIndex: this.#keyframeIndex,
      durationMs,
      issues: this.#issues.reports(),
    });
  }

  #take(events: readonly FlvEvent[]): void {
    for (const event of events) {
      switch (event.type) {
        case "issue":
        case "invalid":
          this.#issue(event.issue);
          break;
        case "discontinuity": {
          const { kind, from, to } = event;
          this.#issues.add(
            "discontinuity",
            0,
            `the ${kind} time goes from ${from} ms back to ${to} ms`,
          );
          break;
        }
        case "filtered":
          this.#issues.add(
            "filtered",
            event.tag.offset,
            "a tag behind a filter, encrypted as a rule",
          );
          break;
        case "script":
          this.#script(event.script.values);
          break;
        case "audio": {
          const { enhanced, multitrackType, soundFormat: legacy, messages } = event.audio;
          const layout = enhanced ? (multitrackType ?? "enhanced") : "legacy";
          const facts = { layout, legacy, isKey: true, dts: event.dts, offset: event.tag.offset };
          for (const message of messages) this.#message({ kind: "audio", ...facts }, message);
          break;
        }
        case "video": {
          const {
            enhanced,
            multitrackType,
            codecId: legacy = -1,
            frameType,
            messages,
          } = event.video;
          const layout = enhanced ? (multitrackType ?? "enhanced") : "legacy";
          const isKey = frameType === 1 || frameType === 4;
          const facts = { layout, legacy, isKey, dts: event.dts, offset: event.tag.offset };
          for (const message of messages) this.#message({ kind: "video", ...facts }, message);
          break;
        }
      }
    }
  }

  #issue({ code, offset, message }: FlvIssue): void {
    if (CUT.includes(code) && this.#isStopped) return;
    this.#isCut ||= code === "truncated-tag";
    this.#issues.add(code, offset, message);
  }

  #script(values: readonly unknown[]): void {
    const name = typeof values[0] === "string" ? values[0] : "without a name";
    this.#scripts.set(name, (this.#scripts.get(name) ?? 0) + 1);
    const at = values.indexOf("onMetaData");
    const value =
      at < 0 ? undefined : amfToPlain(values[at + 1] as Parameters<typeof amfToPlain>[0]);
    if (typeof value !== "object" || value === null) return;
    const { keyframes, ...rest } = value as Record<string, unknown>;
    const times = (keyframes as { times?: unknown } | undefined)?.times;
    if (Array.isArray(times)) {
      this.#keyframeIndex = times.length;
      const seconds: number[] = times.filter((time) => typeof time === "number");
      if (seconds.some((time, i) => i > 0 && time < (seconds[i - 1] as number))) {
        this.#issues.add("keyframe-index-unsorted", 0, "the times of the keyframe index go back");
      }
    }
    this.#metadata = rest;
  }

  #message(facts: TagFacts, message: MediaMessage): void {
    const { packetType, body } = message;
    const track = this.#track(facts, message);
    if (message.multichannelConfig !== undefined) {
      const { channelCount, channelFlags } = message.multichannelConfig;
      const flags = channelFlags === undefined ? "" : `, mask 0x${channelFlags.toString(16)}`;
      track.channelLayout = `${channelCount} channels${flags}`;
    }
    if (!["SequenceStart", "CodedFrames", "CodedFramesX"].includes(packetType)) return;
    track.layouts.add(facts.layout);
    if (packetType === "SequenceStart") {
      if (body.length === 0) {
        const text = `${track.kind} ${track.trackId} is announced without a configuration`;
        if (needsConfiguration(track)) this.#issues.add("empty-sequence-start", facts.offset, text);
        return;
      }
      track.configurations++;
      track.config = body.slice();
      return;
    }
    this.#frame(facts, message, track);
  }

  #frame({ kind, isKey, dts, offset }: TagFacts, message: MediaMessage, track: Track): void {
    const { body, compositionTime = 0 } = message;
    const name = `${kind} ${track.trackId}`;
    if (body.length === 0) {
      this.#issues.add("empty-frame", offset, `${name} has a frame without a byte`);
      return;
    }
    if (track.frames === 0) {
      track.format = trackFormat(track.fourCc, track.config, body);
      track.firstMs = dts;
      if (needsConfiguration(track) && track.config === undefined) {
        const text = `${name} begins without its ${track.codecName} configuration`;
        this.#issues.add("missing-sequence-start", offset, text);
      }
      if (kind === "video" && !isKey) {
        this.#issues.add("no-key-frame-first", offset, `${name} does not begin with a key frame`);
      }
    }
    if (track.fourCc === "mp4a" && hasAdts(body)) {
      this.#issues.add("adts-in-aac", offset, `${name} has ADTS headers, where raw AAC belongs`);
    }
    if ((track.fourCc === "avc1" || track.fourCc === "hvc1") && isAnnexB(body)) {
      this.#issues.add("start-codes", offset, `${name} has start codes, where lengths belong`);
    }
    track.frames++;
    if (isKey) track.keyFrames++;
    track.bytes += body.length;
    track.lastMs = Math.max(track.lastMs, dts);
    track.reorders ||= compositionTime !== 0;
  }

  #track({ kind, legacy, offset }: TagFacts, message: MediaMessage): Track {
    const { fourCc, trackId, packetType } = message;
    const key = `${kind}/${trackId}`;
    const shared = fourCc ?? fourCcOfLegacy(kind, legacy);
    const known = this.#tracks.get(key);
    if (known !== undefined) {
      if (known.fourCc !== shared && packetType !== "Metadata") {
        const text = `${kind} ${trackId} is ${known.codecName} and ${codecName(kind, fourCc, legacy)}`;
        this.#issues.add("two-codecs", offset, text);
      }
      return known;
    }
    const track: Track = {
      kind,
      trackId,
      fourCc: shared,
      codec:
        fourCc?.trim() ?? shared ?? `${kind === "audio" ? "sound format" : "codec id"} ${legacy}`,
      codecName: codecName(kind, fourCc, legacy),
      layouts: new Set(),
      config: undefined,
      configurations: 0,
      format: {},
      channelLayout: undefined,
      frames: 0,
      keyFrames: 0,
      bytes: 0,
      firstMs: 0,
      lastMs: Number.NEGATIVE_INFINITY,
      reorders: false,
    };
    this.#tracks.set(key, track);
    return track;
  }

  /** What onMetaData says against what the tags say. */
  #checkMetadata(durationMs: number): void {
    const { duration, audiocodecid, videocodecid } = this.#metadata ?? {};
    if (
      !this.#isStopped &&
      typeof duration === "number" &&
      duration > 0 &&
      Math.abs(duration * 1000 - durationMs) > 1000
    ) {
      const text = `onMetaData says ${duration} s, the tags last ${(durationMs / 1000).toFixed(3)} s`;
      this.#issues.add("metadata-duration", 0, text);
    }
    for (const [kind, id] of [
      ["audio", audiocodecid],
      ["video", videocodecid],
    ] as const) {
      const track = this.#tracks.get(`${kind}/0`);
      if (typeof id !== "number" || track === undefined) continue;
      const said = codecOfMetadata(kind, id);
      const isLegacy = id < 16 && fourCcOfLegacy(kind, id) === track.fourCc;
      if (isLegacy || said === track.fourCc || track.fourCc === undefined) continue;
      const text = `onMetaData says ${said ?? id}, ${kind} 0 is ${track.codec}`;
      this.#issues.add("metadata-codec", 0, text);
    }
  }
}

/** Codecs that cannot be decoded from the frames alone. */
function needsConfiguration({ fourCc = "" }: Track): boolean {
  return ["avc1", "hvc1", "vvc1", "mp4a", "fLaC"].includes(fourCc);
}

function hasAdts([first = 0, second = 0]: Uint8Array): boolean {
  return first === 0xff && (second & 0xf6) === 0xf0;
}

function trackReport(track: Track): FlvTrackReport {
  const { kind, trackId, codec, codecName: name, layouts, frames, keyFrames, bytes } = track;
  const { firstMs, lastMs, configurations, channelLayout, reorders, format } = track;
  // The last frame lasts as long as the others on the average.
  const interval = frames > 1 ? (lastMs - firstMs) / (frames - 1) : 0;
  const durationMs = interval * frames;
  return {
    kind,
    trackId,
    codec,
    codecName: name,
    layout: [...layouts].join(" and "),
    format,
    channelLayout,
    configurations,
    frames,
    keyFrames: kind === "video" ? keyFrames : undefined,
    reorders,
    bytes,
    startMs: firstMs,
    durationMs,
    bitrate: durationMs > 0 ? (bytes * 8000) / durationMs : undefined,
    framesPerSecond: interval > 0 ? 1000 / interval : undefined,
  };
}
