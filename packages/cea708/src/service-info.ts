/** One caption service, as ATSC A/65 6.9.2 describes it and a CDP repeats it (ST 334-2). */
export interface CaptionServiceEntry {
  /** Three letters of ISO 639-2/B. */
  readonly language: string;
  /** True: a 708 service. False: line 21. */
  readonly digitalCc: boolean;
  /** 1 to 63 for a 708 service; 0 for line 21. */
  readonly captionServiceNumber: number;
  /** Line 21 only: false = field 1, true = field 2. */
  readonly line21Field: boolean;
  readonly easyReader: boolean;
  readonly wideAspectRatio: boolean;
  /** The bytes received, where they differ from what the fields above encode to. */
  readonly verbatim?: Uint8Array;
}

/** Bytes of an entry in a caption service descriptor. */
export const SERVICE_ENTRY_SIZE = 6;

/** Decode the six bytes of an entry at `at` (A/65 6.9.2). The caller has checked that they are there. */
export function decodeServiceEntry(bytes: Uint8Array, at: number): CaptionServiceEntry {
  const digital = bytes[at + 3] as number;
  const digitalCc = (digital & 0x80) !== 0;
  const flags = bytes[at + 4] as number;
  const entry: CaptionServiceEntry = {
    language: String.fromCharCode(...bytes.subarray(at, at + 3)),
    digitalCc,
    captionServiceNumber: digitalCc ? digital & 0x3f : 0,
    line21Field: !digitalCc && (digital & 1) !== 0,
    easyReader: (flags & 0x80) !== 0,
    wideAspectRatio: (flags & 0x40) !== 0,
  };
  const received = bytes.subarray(at, at + SERVICE_ENTRY_SIZE);
  const canonical = new Uint8Array(SERVICE_ENTRY_SIZE);
  encodeServiceEntryInto(entry, canonical, 0);
  return canonical.every((byte, index) => byte === received[index])
    ? entry
    : { ...entry, verbatim: received };
}

/**
 * Encode an entry into six bytes at `at`.
 * @throws {RangeError} for a language that is not three ISO 8859-1 letters, or a service above 63.
 */
export function encodeServiceEntryInto(
  entry: CaptionServiceEntry,
  target: Uint8Array,
  at: number,
): void {
  if (entry.verbatim !== undefined) {
    target.set(entry.verbatim.subarray(0, SERVICE_ENTRY_SIZE), at);
    return;
  }
  const { language, captionServiceNumber } = entry;
  if (!/^[\0-\xff]{3}$/.test(language)) throw new RangeError(`language "${language}"`);
  if (captionServiceNumber >>> 6 !== 0) throw new RangeError(`service ${captionServiceNumber}`);
  for (let i = 0; i < 3; i++) target[at + i] = language.charCodeAt(i);
  target[at + 3] = entry.digitalCc
    ? 0xc0 | captionServiceNumber
    : 0x7e | (entry.line21Field ? 1 : 0);
  target[at + 4] = 0x3f | (entry.easyReader ? 0x80 : 0) | (entry.wideAspectRatio ? 0x40 : 0);
  target[at + 5] = 0xff;
}
