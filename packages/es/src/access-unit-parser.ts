import type { FormatIssue } from "@x/bits";
import { AnnexBParser, type AnnexBParserOptions, type NalUnitEvent } from "./annex-b-parser.js";
import { AVC_NAL, avcNalType, isAvcKeyFrame } from "./avc.js";
import type { EsIssueCode } from "./errors.js";
import { HEVC_NAL, hevcNalType, isHevcKeyFrame } from "./hevc.js";

/** What {@link AccessUnitParser} delivers. */
export type AccessUnitEvent =
  | {
      readonly type: "access-unit";
      /** Copies, in stream order. */
      readonly nals: readonly Uint8Array[];
      /** IDR (AVC) or IRAP (HEVC). */
      readonly isKey: boolean;
      /** Of the first NAL unit's first byte. */
      readonly offset: number;
    }
  | { readonly type: "issue"; readonly issue: FormatIssue<EsIssueCode> };

/** Options of {@link AccessUnitParser}. */
export interface AccessUnitParserOptions extends AnnexBParserOptions {
  readonly codec: "avc" | "hevc";
  /** More NAL units in one access unit are split into another, with issue `limit`. Default 4096. */
  readonly maxNals?: number;
}

/**
 * Groups the NAL units of a byte stream into access units (H.264 7.4.1.2.3, H.265 7.4.2.4.4). A new picture is
 * recognised by the first slice's position, first_mb_in_slice or first_slice_segment_in_pic_flag: arbitrary slice order
 * and lost first slices are beyond it. Each field of a field pair is its own access unit.
 */
export class AccessUnitParser {
  readonly #parser: AnnexBParser;
  readonly #codec: "avc" | "hevc";
  readonly #maxNals: number;
  #nals: Uint8Array[] = [];
  #offset = 0;
  /** The unit being collected has a slice. */
  #hasSlice = false;

  constructor(options: AccessUnitParserOptions) {
    this.#parser = new AnnexBParser(options);
    this.#codec = options.codec;
    this.#maxNals = options.maxNals ?? 4096;
  }

  /** Feed a chunk; the access units that it completes. One is complete when the next one's first unit is. */
  push(chunk: Uint8Array): AccessUnitEvent[] {
    const events: AccessUnitEvent[] = [];
    for (const event of this.#parser.push(chunk)) this.#take(event, events);
    return events;
  }

  /** End of input: the last access unit. The parser is as new afterwards. */
  flush(): AccessUnitEvent[] {
    const events: AccessUnitEvent[] = [];
    for (const event of this.#parser.flush()) this.#take(event, events);
    this.#finish(events);
    return events;
  }

  /** Forget everything. */
  reset(): void {
    this.#parser.reset();
    this.#nals = [];
    this.#hasSlice = false;
  }

  #take(event: NalUnitEvent, events: AccessUnitEvent[]): void {
    if (event.type === "issue") {
      events.push(event);
      return;
    }
    const { nal, offset } = event;
    const role = this.#codec === "avc" ? avcRole(nal) : hevcRole(nal);
    if (this.#hasSlice && (role === "first-slice" || role === "prefix")) this.#finish(events);
    if (this.#nals.length >= this.#maxNals) {
      const message = `access unit of more than ${this.#maxNals} NAL units is split`;
      const issue = { code: "limit", severity: "error", offset, field: "accessUnit" } as const;
      events.push({ type: "issue", issue: { ...issue, message } });
      this.#finish(events);
    }
    if (this.#nals.length === 0) this.#offset = offset;
    this.#nals.push(nal.slice());
    if (role === "first-slice" || role === "slice") this.#hasSlice = true;
  }

  #finish(events: AccessUnitEvent[]): void {
    if (this.#nals.length === 0) return;
    const nals = this.#nals;
    const isKey = this.#codec === "avc" ? isAvcKeyFrame(nals) : isHevcKeyFrame(nals);
    events.push({ type: "access-unit", nals, isKey, offset: this.#offset });
    this.#nals = [];
    this.#hasSlice = false;
  }
}

/** `prefix`: behind a slice, it begins the next access unit. */
type NalRole = "first-slice" | "slice" | "prefix" | "other";

function avcRole(nal: Uint8Array): NalRole {
  const type = avcNalType(nal);
  if (type === AVC_NAL.slice || type === 2 || type === AVC_NAL.idr) {
    // first_mb_in_slice is ue(v): 0 is the single bit 1.
    return ((nal[1] ?? 0) & 0x80) !== 0 ? "first-slice" : "slice";
  }
  const prefix =
    (type >= AVC_NAL.sei && type <= AVC_NAL.accessUnitDelimiter) || (type >= 14 && type <= 18);
  return prefix ? "prefix" : "other";
}

function hevcRole(nal: Uint8Array): NalRole {
  const type = hevcNalType(nal);
  const layer = (((nal[0] ?? 0) & 1) << 5) | ((nal[1] ?? 0) >> 3);
  if (type < HEVC_NAL.vps) {
    return layer === 0 && ((nal[2] ?? 0) & 0x80) !== 0 ? "first-slice" : "slice";
  }
  const prefix =
    (type >= HEVC_NAL.vps && type <= HEVC_NAL.accessUnitDelimiter) ||
    type === HEVC_NAL.prefixSei ||
    (type >= 41 && type <= 44) ||
    (type >= 48 && type <= 55);
  return layer === 0 && prefix ? "prefix" : "other";
}
