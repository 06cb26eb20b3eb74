import type { FormatIssue } from "@x/bits";
import type { FormatProbe } from "./format-probe.js";
import { IssueLog } from "./issue-log.js";
import type { ElementaryReport, ProbeFindings } from "./report.js";
import type { StreamFormat } from "./stream-format.js";
import { type CaptionedVideo, VideoCaptions } from "./video-captions.js";

/** A frame of audio or a picture. */
export interface ElementaryFrame {
  readonly bytes: number;
  /** Of video. */
  readonly isKey?: boolean;
}

/** Cuts an elementary stream into frames, and tells an {@link ElementaryProbe} about each. */
export interface ElementaryReader {
  push(chunk: Uint8Array): void;
  flush(): void;
}

/** An elementary stream in a file of its own: what it is, and how it is read. */
export interface ElementaryFormat {
  /** `H.264`. */
  readonly codec: string;
  /** `Annex B`, `ADTS`, `Ogg`. */
  readonly framing: string;
  readonly open: (probe: ElementaryProbe) => ElementaryReader;
}

/** A reader that hands each event of a parser to `take`, and calls `end` behind the last one. */
export function reader<Event>(
  parser: { push(chunk: Uint8Array): readonly Event[]; flush(): readonly Event[] },
  take: (event: Event) => void,
  end?: () => void,
): ElementaryReader {
  return {
    push(chunk) {
      for (const event of parser.push(chunk)) take(event);
    },
    flush() {
      for (const event of parser.flush()) take(event);
      end?.();
    },
  };
}

/** Looks through an elementary stream in a file of its own. */
export class ElementaryProbe implements FormatProbe {
  readonly kind = "elementary";
  /** Readers may find out more than the beginning of the file says. */
  codec: string;
  format: StreamFormat | undefined;
  /** Of what was read, where it is known. */
  seconds: number | undefined;
  readonly #framing: string;
  readonly #reader: ElementaryReader;
  readonly #issues = new IssueLog();
  readonly #captions = new VideoCaptions();
  /** Somebody stopped to read. */
  #isStopped = false;
  #isCut = false;
  #frames = 0;
  #keyFrames: number | undefined;
  #bytes = 0;

  constructor({ codec, framing, open }: ElementaryFormat) {
    this.codec = codec;
    this.#framing = framing;
    this.#reader = open(this);
  }

  push(chunk: Uint8Array): void {
    this.#reader.push(chunk);
  }

  finish(findings: ProbeFindings, cut = false): void {
    this.#isStopped = cut;
    this.#reader.flush();
    if (this.#frames === 0) findings.problems.push(`no ${this.codec} frame was found`);
    if (this.#isCut) findings.problems.push("the file ends inside a frame");
    findings.elementary.push(this.#report());
    this.#captions.finish("in the video", findings);
  }

  /** A frame was found. */
  frame({ bytes, isKey }: ElementaryFrame): void {
    this.#frames++;
    this.#bytes += bytes;
    if (isKey !== undefined) this.#keyFrames = (this.#keyFrames ?? 0) + (isKey ? 1 : 0);
  }

  /** Bytes that belong to the last frame. */
  more(bytes: number): void {
    this.#bytes += bytes;
  }

  /** `seconds` of sound or pictures more. */
  lasts(seconds: number): void {
    this.seconds = (this.seconds ?? 0) + seconds;
  }

  issue({ code, offset, message }: FormatIssue): void {
    // What is left at the end is the beginning of a frame, not damage.
    if (this.#isStopped && (code === "truncated" || code === "resync")) return;
    this.#isCut ||= code === "truncated";
    this.#issues.add(code, offset, message);
  }

  /** The units of a picture that is shown at `ms`. */
  captions(kind: CaptionedVideo, units: readonly Uint8Array[], ms: number): void {
    this.#captions.push(kind, units, ms);
  }

  #report(): ElementaryReport {
    const bitrate = this.seconds ? (this.#bytes * 8) / this.seconds : undefined;
    return {
      codec: this.codec,
      framing: this.#framing,
      format: this.format,
      frames: this.#frames,
      keyFrames: this.#keyFrames,
      bytes: this.#bytes,
      durationMs: this.seconds === undefined ? undefined : this.seconds * 1000,
      bitrate,
      issues: this.#issues.reports(),
    };
  }
}
