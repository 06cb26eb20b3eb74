import { type Cea608Cue, Cea608CueExporter, type TimedPair } from "@x/cea608";
import {
  type CaptionServiceEntry,
  type Cue,
  CueReader,
  decodeCdp,
  type FrameRate,
  frameRateOfCdp,
  isFormatError,
} from "@x/cea708";
import { cueOfLine21 } from "@x/pipeline";

/** The captions of one service, and what was said about it. */
export interface CollectedService {
  /** `service 1` of CEA-708, `CC1` of CEA-608. */
  readonly name: string;
  /** ISO 639-2 code, when service information names one. */
  readonly language: string | undefined;
  readonly cues: readonly Cue[];
}

/** Everything about the captions of one stream. */
export interface CollectedCaptions {
  readonly services: readonly CollectedService[];
  /** Line-21 pairs of field 1, for SCC; frames of 30000/1001. */
  readonly pairs: readonly TimedPair[];
  /** CDPs, for MCC, with the frame rate that they name. */
  readonly cdps: readonly { readonly timeMs: number; readonly data: Uint8Array }[];
  readonly frameRate: FrameRate | undefined;
}

/** Services that a decoder must be able to show; more can be described, few are used. */
const SERVICES = [1, 2, 3, 4, 5, 6];
/** CDPs that are kept for `--mcc`: two hours at 60 a second. */
const MAX_CDPS = 432_000;

/** Decodes whatever captions come along, all services at once. */
export class CaptionCollector {
  readonly #readers = new Map<number, CueReader>();
  readonly #line21 = new Cea608CueExporter();
  readonly #cues = new Map<string, Cue[]>();
  readonly #languages = new Map<string, string>();
  readonly #pairs: TimedPair[] = [];
  readonly #cdps: { timeMs: number; data: Uint8Array }[] = [];
  #frameRate: FrameRate | undefined;
  #lastMs = 0;

  /** The cc_data of a picture that is shown at `timeMs`. */
  push(ccData: Uint8Array, timeMs: number): void {
    this.#lastMs = Math.max(this.#lastMs, timeMs);
    for (const service of SERVICES) {
      let reader = this.#readers.get(service);
      if (reader === undefined) {
        reader = new CueReader({ serviceNumber: service });
        this.#readers.set(service, reader);
      }
      this.#keep(`service ${service}`, reader.push(ccData, timeMs));
    }
    let frame = Math.round((timeMs * 30) / 1001);
    for (let at = 0; at + 2 < ccData.length; at += 3) {
      const first = ccData[at] as number;
      if ((first & 0x06) !== 0x04) continue;
      const word = ((ccData[at + 1] as number) << 8) | (ccData[at + 2] as number);
      const field = (first & 1) === 0 ? 1 : 2;
      this.#keepLine21(this.#line21.push(field, word, timeMs));
      if (field === 1 && (word & 0x7f7f) !== 0) this.#pairs.push({ frame: frame++, word });
    }
  }

  /**
   * A CDP that is shown at `timeMs`.
   * @returns the code of what is wrong with it, if anything
   */
  pushCdp(data: Uint8Array, timeMs: number): string | undefined {
    try {
      const { cdp } = decodeCdp(data);
      this.#frameRate ??= frameRateOfCdp(cdp.cdpFrameRate);
      if (this.#cdps.length < MAX_CDPS) this.#cdps.push({ timeMs, data });
      for (const entry of cdp.svcInfo?.services ?? []) this.#describe(entry);
      if (cdp.ccData !== undefined) this.push(cdp.ccData, timeMs);
      return undefined;
    } catch (error) {
      if (!isFormatError(error)) throw error;
      return error.code;
    }
  }

  /** Everything; call it once, at the end. */
  finish(): CollectedCaptions {
    for (const [service, reader] of this.#readers) {
      this.#keep(`service ${service}`, reader.flush(this.#lastMs));
    }
    this.#keepLine21(this.#line21.flush(this.#lastMs));
    const names = new Set([...this.#cues.keys(), ...this.#languages.keys()]);
    return {
      services: [...names].sort().map((name) => ({
        name,
        language: this.#languages.get(name),
        cues: (this.#cues.get(name) ?? []).sort((a, b) => a.startMs - b.startMs),
      })),
      pairs: this.#pairs,
      cdps: this.#cdps,
      frameRate: this.#frameRate,
    };
  }

  #describe(entry: CaptionServiceEntry): void {
    const { digitalCc, captionServiceNumber, line21Field, language } = entry;
    const name = digitalCc ? `service ${captionServiceNumber}` : line21Field ? "CC3" : "CC1";
    this.#languages.set(name, language.trim());
  }

  #keep(name: string, cues: readonly Cue[]): void {
    if (cues.length === 0) return;
    const all = this.#cues.get(name);
    if (all === undefined) this.#cues.set(name, [...cues]);
    else all.push(...cues);
  }

  #keepLine21(cues: readonly Cea608Cue[]): void {
    for (const cue of cues) this.#keep(cue.service, [cueOfLine21(cue)]);
  }
}
