import {
  type A53Captions,
  CaptionReorderer,
  decodeMpeg2UserData,
  decodeSeiCaptions,
  isFormatError,
  type TimedCcData,
} from "@x/cea708";
import { CaptionCollector } from "./caption-collector.js";
import { addCaptions, type ProbeFindings } from "./report.js";

/** Video codecs that carry captions. */
export type CaptionedVideo = "h264" | "hevc" | "mpeg2-video";

/** True for a codec that carries captions. */
export function hasCaptions(kind: string): kind is CaptionedVideo {
  return kind === "h264" || kind === "hevc" || kind === "mpeg2-video";
}

const USER_DATA = 0xb2;

/** Captions in SEI messages and user data, put into the order of presentation. */
export class VideoCaptions {
  readonly #reorderer = new CaptionReorderer();
  #captions: CaptionCollector | undefined;

  /** The NAL units, or what is between start codes, of a picture that is shown at `ms`. */
  push(kind: CaptionedVideo, units: readonly Uint8Array[], ms: number): void {
    for (const unit of units) {
      const found =
        kind === "mpeg2-video"
          ? mpeg2Captions(unit)
          : decodeSeiCaptions(unit, kind === "h264" ? "h264" : "h265");
      for (const { ccData, processCcDataFlag } of found) {
        if (processCcDataFlag) this.#take({ pts: ms, ccData: ccData.slice() });
      }
    }
  }

  /** Add them to `findings`; call it once, at the end. */
  finish(label: string, findings: ProbeFindings): void {
    if (this.#captions === undefined) return;
    for (const { ccData, pts } of this.#reorderer.flush()) this.#captions.push(ccData, pts);
    addCaptions(label, this.#captions.finish(), findings);
  }

  #take(item: TimedCcData): void {
    this.#captions ??= new CaptionCollector();
    for (const due of this.#reorderer.push(item)) this.#captions.push(due.ccData, due.pts);
  }
}

function mpeg2Captions(unit: Uint8Array): Pick<A53Captions, "ccData" | "processCcDataFlag">[] {
  if (unit[0] !== USER_DATA) return [];
  try {
    const found = decodeMpeg2UserData(unit.subarray(1));
    return found?.kind === "a53" ? [found.captions] : [];
  } catch (error) {
    if (!isFormatError(error)) throw error;
    return [];
  }
}
