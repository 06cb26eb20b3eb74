import { concatBytes, type FormatIssue } from "@x/bits";
import {
  type Codestream,
  CodestreamSplitter,
  decodeHeader,
  describeProfile,
  samplingFormat,
} from "@x/jpegxs";
import { isFormatError } from "@x/st291";
import { InputError } from "../errors.js";
import type { FormatProbe } from "./format-probe.js";
import type { PictureReport, ProbeFindings } from "./report.js";

/** Marker segments before the first slice: an extended header may hold much, such as a profile of colours. */
const MAX_HEADER = 1 << 18;
/** Sentences about damage: of more nobody reads. */
const MAX_ISSUES = 20;

/** True when the bytes begin with SOC and CAP (ISO/IEC 21122-1 A.4). */
export function isJpegXs(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0x10 && bytes[2] === 0xff && bytes[3] === 0x50;
}

/** Looks through JPEG XS codestreams, one behind the other. */
export class JpegXsProbe implements FormatProbe {
  readonly kind = "jpegxs";
  readonly #issues: FormatIssue[] = [];
  readonly #splitter = new CodestreamSplitter({ onIssue: (issue) => this.#note(issue) });
  /** The beginning of the file, as far as a header goes. */
  #head: Uint8Array = new Uint8Array(0);
  #codestreams = 0;
  #first: { readonly length: number; readonly slices: number } | undefined;
  #bytes = 0;

  push(chunk: Uint8Array): void {
    const missing = MAX_HEADER - this.#head.length;
    if (missing > 0) this.#head = concatBytes(this.#head, chunk.subarray(0, missing));
    this.#bytes += chunk.length;
    this.#take(this.#splitter.push(chunk));
  }

  /** @throws {InputError} when the first header cannot be read. */
  finish({ pictures, problems }: ProbeFindings, cut = false): void {
    this.#take(this.#splitter.flush());
    for (const { code, message } of this.#issues) {
      if (code !== "truncated") problems.push(message);
      else if (!cut) problems.push("the file ends inside a codestream");
    }
    pictures.push(this.#report());
  }

  #note(issue: FormatIssue): void {
    if (this.#issues.length < MAX_ISSUES) this.#issues.push(issue);
  }

  #take(codestreams: readonly Codestream[]): void {
    for (const { data, slices } of codestreams) {
      this.#codestreams++;
      this.#first ??= { length: data.length, slices: slices.length };
    }
  }

  #report(): PictureReport {
    try {
      const header = decodeHeader(this.#head);
      const { profile, level, sublevel, violations } = describeProfile(header);
      const { wf: width, hf: height } = header.pih;
      const codestreamSize = this.#first?.length ?? this.#bytes;
      return {
        codestreams: this.#codestreams,
        width,
        height,
        components: header.cdt.length,
        sampling: samplingFormat(header.cdt),
        bitDepth: header.cdt[0]?.b ?? 0,
        slices: this.#first?.slices ?? 0,
        codestreamSize,
        bitsPerPixel: (codestreamSize * 8) / (width * height),
        profile: profile ?? `profile 0x${header.pih.ppih.toString(16)}`,
        level: level ?? "unknown",
        sublevel: sublevel ?? "unknown",
        violations: violations.map(({ field, message }) => `${field}: ${message}`),
      };
    } catch (error) {
      if (!isFormatError(error)) throw error;
      throw new InputError(`the JPEG XS header cannot be read: ${error.message}`);
    }
  }
}
