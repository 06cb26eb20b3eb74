import { decodeQuickTimeSample } from "@x/cea708";
import { CaptionCollector } from "../caption-collector.js";
import type { IssueLog } from "../issue-log.js";
import { addCaptions, type ProbeFindings } from "../report.js";
import type { SampleChunk } from "./sample-chunks.js";

/** cc_valid, and the cc_type of each field. */
const FIELD_1 = 0xfc;
const FIELD_2 = 0xfd;

/** Captions of a `c608` or `c708` track. */
export class MovieCaptions {
  readonly #issues: IssueLog;
  readonly #captions = new CaptionCollector();

  constructor(issues: IssueLog) {
    this.#issues = issues;
  }

  /** `bytes`: those of the chunk, fewer when the file ends in it. */
  push({ offset, samples }: SampleChunk, bytes: Uint8Array): void {
    let at = 0;
    for (const { size, timeMs } of samples) {
      this.#sample(bytes.subarray(at, at + size), offset + at, timeMs);
      at += size;
    }
  }

  finish(label: string, findings: ProbeFindings): void {
    addCaptions(label, this.#captions.finish(), findings);
  }

  #sample(bytes: Uint8Array, offset: number, timeMs: number): void {
    const { field1, field2, cdps, issues } = decodeQuickTimeSample(bytes);
    for (const { code, message } of issues) this.#issues.add(`caption-${code}`, offset, message);
    const pairs = [...triplets(FIELD_1, field1), ...triplets(FIELD_2, field2)];
    if (pairs.length > 0) this.#captions.push(Uint8Array.from(pairs), timeMs);
    for (const cdp of cdps) {
      const wrong = this.#captions.pushCdp(cdp, timeMs);
      if (wrong !== undefined) this.#issues.add(`cdp-${wrong}`, offset, "a CDP cannot be read");
    }
  }
}

function triplets(first: number, pairs: Uint8Array): number[] {
  const all: number[] = [];
  for (let at = 0; at + 2 <= pairs.length; at += 2) {
    all.push(first, pairs[at] as number, pairs[at + 1] as number);
  }
  return all;
}
