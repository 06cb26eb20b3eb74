import { type Cue, createCue, cueText, formatSrtCue, formatWebVttCue } from "@x/cea708";
import { type MediaBuffer, mediaBuffer } from "./buffer.js";
import { type Caps, caps } from "./caps.js";
import { anyOf, SUBTITLE_FILE_CAPS } from "./elements/formats.js";
import { PipelineError } from "./errors.js";
import type { SrcPad } from "./pad.js";

const PLAIN: Caps = caps("text/x-raw", { format: "utf8" });

/** What an element that makes text can send: plain cues, SubRip, WebVTT. */
export const TEXT_OUTPUT_CAPS: Caps = anyOf(PLAIN, SUBTITLE_FILE_CAPS);

/** The cue of a text buffer; text from elsewhere becomes one with neither styles nor place. */
export function cueOf(buffer: MediaBuffer, element: string): Cue {
  if (buffer.meta.cue !== undefined) return buffer.meta.cue;
  if (buffer.pts === undefined || buffer.duration === undefined) {
    throw new PipelineError("stream", element, "text without time or duration");
  }
  const startMs = Number(buffer.pts) / 1e6;
  return createCue({
    startMs,
    endMs: startMs + Number(buffer.duration) / 1e6,
    text: new TextDecoder().decode(buffer.data),
  });
}

/** Sends cues as the element behind wants them. */
export class CueOutput {
  readonly #src: SrcPad;
  readonly #mediaType: string;
  readonly #encoder = new TextEncoder();
  #counter = 0;

  /** `mediaType`: one of {@link TEXT_OUTPUT_CAPS}. */
  constructor(src: SrcPad, mediaType: string) {
    this.#src = src;
    this.#mediaType = mediaType;
  }

  /** Announce the format, with the header that a file of it begins with. */
  async start(): Promise<void> {
    await this.#src.caps(this.#mediaType === "text/x-raw" ? PLAIN : caps(this.#mediaType));
    if (this.#mediaType === "application/x-subtitle-vtt") {
      await this.#src.buffer(mediaBuffer(this.#encoder.encode("WEBVTT\n\n")));
    }
  }

  async send(cues: readonly Cue[]): Promise<void> {
    for (const cue of cues) {
      this.#counter++;
      await this.#src.buffer(
        mediaBuffer(this.#encoder.encode(this.#text(cue)), {
          pts: nanoseconds(cue.startMs),
          duration: nanoseconds(cue.endMs - cue.startMs),
          meta: { cue },
        }),
      );
    }
  }

  #text(cue: Cue): string {
    if (this.#mediaType === "application/x-subtitle") return formatSrtCue(cue, this.#counter);
    if (this.#mediaType === "application/x-subtitle-vtt") return formatWebVttCue(cue);
    return cueText(cue);
  }
}

/** Milliseconds as the nearest nanosecond. */
export function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1e6));
}
