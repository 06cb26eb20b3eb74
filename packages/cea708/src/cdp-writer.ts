import type { CdpTimeCode } from "./cdp.js";
import { encodeCdp } from "./cdp-encode.js";
import { ccCountOf, cdpFrameRateOf, type FrameRate } from "./frame-rate.js";
import type { CaptionServiceEntry } from "./service-info.js";

/** What a {@link CdpWriter} writes besides captions. */
export interface CdpWriterOptions {
  readonly frameRate: FrameRate;
  /** Services to announce about once a second; none when left out. At most 15. */
  readonly services?: readonly CaptionServiceEntry[];
  /** First cdp_hdr_sequence_cntr. Default: 0. */
  readonly firstSequenceCntr?: number;
}

/** Makes one CDP a frame out of cc_data: counter, constant cc_count, service information (ST 334-2). */
export class CdpWriter {
  readonly #cdpFrameRate: number;
  readonly #ccCount: number;
  readonly #services: readonly CaptionServiceEntry[];
  readonly #serviceInterval: number;
  readonly #firstSequenceCntr: number;
  #frame = 0;

  /** @throws {RangeError} for a rate that no CDP carries, or more than 15 services. */
  constructor(options: CdpWriterOptions) {
    const { frameRate } = options;
    this.#cdpFrameRate = cdpFrameRateOf(frameRate);
    this.#ccCount = ccCountOf(frameRate);
    this.#services = options.services ?? [];
    if (this.#services.length > 15) throw new RangeError("more than 15 services");
    this.#serviceInterval = Math.round(frameRate.numerator / frameRate.denominator);
    this.#firstSequenceCntr = options.firstSequenceCntr ?? 0;
  }

  /**
   * The CDP of the next frame; a fresh array. Fewer triplets than the rate's are padded with `FA 00 00`.
   * @throws {RangeError} when there are more, or no whole triplets.
   */
  write(ccData: Uint8Array, timeCode?: CdpTimeCode): Uint8Array<ArrayBuffer> {
    if (ccData.length > this.#ccCount * 3 || ccData.length % 3 !== 0) {
      throw new RangeError(
        `${ccData.length} bytes of cc_data, the rate has ${this.#ccCount} triplets a frame`,
      );
    }
    const frame = this.#frame++;
    const announce = this.#services.length > 0 && frame % this.#serviceInterval === 0;
    return encodeCdp({
      cdpFrameRate: this.#cdpFrameRate,
      captionServiceActive: true,
      cdpHdrSequenceCntr: (this.#firstSequenceCntr + frame) & 0xffff,
      timeCode,
      ccData: padCcData(ccData, this.#ccCount),
      svcInfo: announce
        ? {
            svcInfoStart: true,
            svcInfoChange: false,
            svcInfoComplete: true,
            services: this.#services,
          }
        : undefined,
      futureSections: [],
    });
  }

  /** Begin again with the first sequence counter. */
  reset(): void {
    this.#frame = 0;
  }
}

/** `ccData` with `FA 00 00` behind it up to `ccCount` triplets; itself when it is complete. */
export function padCcData(ccData: Uint8Array, ccCount: number): Uint8Array {
  if (ccData.length >= ccCount * 3) return ccData;
  const padded = new Uint8Array(ccCount * 3);
  padded.set(ccData);
  for (let at = ccData.length; at < padded.length; at += 3) padded[at] = 0xfa;
  return padded;
}
