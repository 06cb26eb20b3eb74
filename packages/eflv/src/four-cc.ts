/** Audio codecs of Enhanced RTMP v2. */
export const AUDIO_FOUR_CCS: readonly string[] = ["ac-3", "ec-3", "Opus", ".mp3", "fLaC", "mp4a"];

/** Video codecs of Enhanced RTMP v2. */
export const VIDEO_FOUR_CCS: readonly string[] = ["vp08", "vp09", "av01", "avc1", "hvc1", "vvc1"];

const KNOWN = new Map<number, string>(
  [...AUDIO_FOUR_CCS, ...VIDEO_FOUR_CCS].map((text) => [fourCcNumber(text), text]),
);

/** True for the codecs that the standard names. */
export function isKnownFourCc(fourCc: string): boolean {
  return KNOWN.get(fourCcNumber(fourCc)) === fourCc;
}

/**
 * The four bytes as a number, the first one uppermost, as onMetaData has it.
 * @throws {RangeError} unless `fourCc` is four characters of one byte
 */
export function fourCcNumber(fourCc: string): number {
  if (!/^[\0-\xff]{4}$/.test(fourCc)) throw new RangeError(`FourCC: ${JSON.stringify(fourCc)}`);
  let value = 0;
  for (let i = 0; i < 4; i++) value = value * 256 + fourCc.charCodeAt(i);
  return value;
}

/** The inverse of {@link fourCcNumber}: four characters of one byte each. */
export function fourCcText(value: number): string {
  const known = KNOWN.get(value);
  if (known !== undefined) return known;
  return String.fromCharCode(
    Math.floor(value / 2 ** 24) & 0xff,
    (value >>> 16) & 0xff,
    (value >>> 8) & 0xff,
    value & 0xff,
  );
}

/** The FourCC that `value` is with its bytes reversed, if it is none as it stands (GStreamer 1.28 writes it so). */
export function swappedFourCc(value: number): string | undefined {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff || KNOWN.has(value)) {
    return undefined;
  }
  const swapped =
    (value % 256) * 2 ** 24 +
    ((value >>> 8) & 0xff) * 2 ** 16 +
    ((value >>> 16) & 0xff) * 2 ** 8 +
    Math.floor(value / 2 ** 24);
  return KNOWN.get(swapped);
}
