import { FlvDemuxer, type FlvEvent } from "@x/eflv";
import { Counter, type FlvReport } from "./report.js";

/** True when the bytes begin like an FLV file. */
export function isFlv(bytes: Uint8Array): boolean {
  return bytes[0] === 0x46 && bytes[1] === 0x4c && bytes[2] === 0x56 && bytes[3] === 0x01;
}

interface Track {
  readonly kind: "audio" | "video";
  readonly trackId: number;
  readonly codec: string;
  /** How its tags are made. */
  readonly layout: string;
  frames: number;
  bytes: number;
}

/** Looks through an FLV stream, chunk by chunk. */
export class FlvProbe {
  readonly #demuxer = new FlvDemuxer();
  readonly #tracks = new Map<string, Track>();
  readonly #issues = new Counter();
  #scripts = 0;
  #lastMs = 0;

  push(chunk: Uint8Array): void {
    this.#take(this.#demuxer.push(chunk));
  }

  finish(): FlvReport {
    this.#take(this.#demuxer.flush());
    return {
      tracks: [...this.#tracks.values()].sort(
        (a, b) => b.kind.localeCompare(a.kind) || a.trackId - b.trackId,
      ),
      scripts: this.#scripts,
      durationMs: this.#lastMs,
      issues: this.#issues.counts(),
    };
  }

  #take(events: readonly FlvEvent[]): void {
    for (const event of events) {
      if (event.type === "issue" || event.type === "invalid") this.#issues.add(event.issue.code);
      else if (event.type === "script") this.#scripts++;
      else if (event.type === "audio") {
        this.#count("audio", event.audio, `sound format ${event.audio.soundFormat}`, event.dts);
      } else if (event.type === "video") {
        this.#count("video", event.video, `codec id ${event.video.codecId}`, event.dts);
      }
    }
  }

  #count(
    kind: Track["kind"],
    data:
      | Extract<FlvEvent, { type: "audio" }>["audio"]
      | Extract<FlvEvent, { type: "video" }>["video"],
    legacy: string,
    dts: number,
  ): void {
    this.#lastMs = Math.max(this.#lastMs, dts);
    for (const { trackId, fourCc, packetType, body } of data.messages) {
      if (packetType !== "CodedFrames" && packetType !== "CodedFramesX") continue;
      const key = `${kind}/${trackId}`;
      const layout = data.enhanced ? (data.multitrackType ?? "enhanced") : "legacy";
      const codec = fourCc?.trim() ?? legacy;
      const track = this.#tracks.get(key) ?? { kind, trackId, codec, layout, frames: 0, bytes: 0 };
      this.#tracks.set(key, track);
      track.frames++;
      track.bytes += body.length;
    }
  }
}
