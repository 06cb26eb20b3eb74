/** PTS and DTS count 90 kHz modulo this. */
export const PTS_MODULUS: number = 2 ** 33;
/** PCR counts 27 MHz modulo this. */
export const PCR_MODULUS: number = 2 ** 33 * 300;

/**
 * The 33 bits of a five-byte PTS or DTS field (ISO/IEC 13818-1 2.4.3.7). Prefix and marker bits are not checked.
 * The caller has checked the bounds.
 */
export function readTimestamp(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] as number) >>> 1) & 0x07;
  const middle = ((bytes[at + 1] as number) << 7) | ((bytes[at + 2] as number) >>> 1);
  const low = ((bytes[at + 3] as number) << 7) | ((bytes[at + 4] as number) >>> 1);
  // Never <<: the value has 33 bits.
  return high * 0x4000_0000 + middle * 0x8000 + low;
}

/**
 * Write a five-byte PTS or DTS field with marker bits.
 * @param prefix the four bits before: 2 for a PTS alone, 3 for a PTS before a DTS, 1 for a DTS
 * @param value 90 kHz, 33 bits
 * @throws {RangeError} when `value` is not an integer of 33 bits
 */
export function writeTimestamp(
  target: Uint8Array,
  at: number,
  prefix: number,
  value: number,
): void {
  if (!Number.isInteger(value) || value < 0 || value >= PTS_MODULUS) {
    throw new RangeError(`timestamp: ${value} does not fit 33 bits`);
  }
  const high = Math.floor(value / 0x4000_0000);
  const rest = value % 0x4000_0000;
  const middle = rest >>> 15;
  const low = rest & 0x7fff;
  target[at] = (prefix << 4) | (high << 1) | 1;
  target[at + 1] = middle >>> 7;
  target[at + 2] = ((middle & 0x7f) << 1) | 1;
  target[at + 3] = low >>> 7;
  target[at + 4] = ((low & 0x7f) << 1) | 1;
}

/**
 * The six bytes of a PCR as 27 MHz ticks: base · 300 + extension (ISO/IEC 13818-1 2.4.3.5). Reserved bits are ignored;
 * an extension of 300 and more is added as it stands. The caller has checked the bounds.
 */
export function readPcr(bytes: Uint8Array, at: number): number {
  const last = bytes[at + 4] as number;
  const base =
    ((((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
      0) *
      2 +
    (last >>> 7);
  return base * 300 + (((last & 1) << 8) | (bytes[at + 5] as number));
}

/**
 * Write the six bytes of a PCR, reserved bits ones.
 * @param ticks 27 MHz, below 2^33 · 300
 * @throws {RangeError} when `ticks` is out of range
 */
export function writePcr(target: Uint8Array, at: number, ticks: number): void {
  if (!Number.isInteger(ticks) || ticks < 0 || ticks >= PCR_MODULUS) {
    throw new RangeError(`pcr: ${ticks} is out of range`);
  }
  const base = Math.floor(ticks / 300);
  const extension = ticks % 300;
  const high = Math.floor(base / 2);
  target[at] = high >>> 24;
  target[at + 1] = high >>> 16;
  target[at + 2] = high >>> 8;
  target[at + 3] = high;
  target[at + 4] = ((base % 2) << 7) | 0x7e | (extension >>> 8);
  target[at + 5] = extension;
}
