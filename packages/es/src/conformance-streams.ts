// What the conformance suite feeds to an implementation, made by the plain definitions.
import fc from "fast-check";

/** Bytes in which runs of zeros and small numbers, those that matter to start codes, are common. */
export const arbitraryRbsp: fc.Arbitrary<Uint8Array> = fc
  .array(fc.oneof(fc.constantFrom(0, 0, 0, 1, 2, 3), fc.nat(255)), { minLength: 1, maxLength: 40 })
  .map((bytes) => Uint8Array.from(bytes));

/** Writes a string of binary digits: the oracle of the headers. */
class Bits {
  #digits = "";

  u(width: number, value: number): this {
    this.#digits += value.toString(2).padStart(width, "0");
    return this;
  }

  /** ue(v), H.264 9.1: as many zeros as the number has bits behind its first one. */
  ue(value: number): this {
    const digits = (value + 1).toString(2);
    this.#digits += "0".repeat(digits.length - 1) + digits;
    return this;
  }

  bytes(): number[] {
    const padded = `${this.#digits}1`.padEnd(Math.ceil((this.#digits.length + 1) / 8) * 8, "0");
    return (padded.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2));
  }
}

/** A sequence parameter set of H.264 7.3.2.1.1, and the picture that it describes. */
export const arbitraryAvcSps: fc.Arbitrary<{ sps: Uint8Array; width: number; height: number }> = fc
  .record({
    profile: fc.constantFrom(66, 77, 100, 122, 244),
    chroma: fc.nat(3),
    poc: fc.nat(2),
    cycle: fc.array(fc.nat(9), { maxLength: 4 }),
    widthMbs: fc.integer({ min: 4, max: 300 }),
    heightUnits: fc.integer({ min: 4, max: 300 }),
    frameMbsOnly: fc.nat(1),
    crop: fc.option(fc.tuple(fc.nat(7), fc.nat(7), fc.nat(7), fc.nat(7))),
  })
  .map(({ profile, chroma, poc, cycle, widthMbs, heightUnits, frameMbsOnly, crop }) => {
    const high = profile >= 100;
    const bits = new Bits().u(8, profile).u(8, 0).u(8, 30).ue(0);
    if (high) {
      bits.ue(chroma);
      if (chroma === 3) bits.u(1, 0);
      bits.ue(0).ue(0).u(1, 0).u(1, 0);
    }
    bits.ue(4).ue(poc);
    if (poc === 0) bits.ue(2);
    if (poc === 1) {
      bits.u(1, 0).ue(3).ue(4).ue(cycle.length);
      for (const offset of cycle) bits.ue(offset);
    }
    bits
      .ue(2)
      .u(1, 0)
      .ue(widthMbs - 1)
      .ue(heightUnits - 1)
      .u(1, frameMbsOnly);
    if (frameMbsOnly === 0) bits.u(1, 1);
    bits.u(1, 1).u(1, crop === null ? 0 : 1);
    for (const side of crop ?? []) bits.ue(side);
    bits.u(1, 0);
    const format = high ? chroma : 1;
    const unitX = format === 1 || format === 2 ? 2 : 1;
    const unitY = (format === 1 ? 2 : 1) * (2 - frameMbsOnly);
    const [left, right, top, bottom] = crop ?? [0, 0, 0, 0];
    return {
      sps: escaped([0x67, ...bits.bytes()]),
      width: 16 * widthMbs - unitX * (left + right),
      height: 16 * heightUnits * (2 - frameMbsOnly) - unitY * (top + bottom),
    };
  });

/** A sequence parameter set of H.265 7.3.2.2 up to the bit depths, and the picture that it describes. */
export const arbitraryHevcSps: fc.Arbitrary<{ sps: Uint8Array; width: number; height: number }> = fc
  .record({
    subLayers: fc.nat(6),
    present: fc.array(fc.nat(3), { minLength: 6, maxLength: 6 }),
    chroma: fc.nat(3),
    width: fc.integer({ min: 64, max: 8192 }),
    height: fc.integer({ min: 64, max: 8192 }),
    window: fc.option(fc.tuple(fc.nat(7), fc.nat(7), fc.nat(7), fc.nat(7))),
  })
  .map(({ subLayers, present, chroma, width, height, window }) => {
    const bits = new Bits().u(4, 0).u(3, subLayers).u(1, 1);
    bits.u(8, 1).u(16, 0x6000).u(16, 0).u(16, 0x9000).u(16, 0).u(16, 0).u(8, 93);
    const flags = present.slice(0, subLayers);
    for (const flag of flags) bits.u(2, flag);
    if (subLayers > 0) bits.u(2 * (8 - subLayers), 0);
    for (const flag of flags) {
      if (flag & 2) bits.u(44, 0).u(44, 1);
      if (flag & 1) bits.u(8, 60);
    }
    bits.ue(0).ue(chroma);
    if (chroma === 3) bits.u(1, 0);
    bits
      .ue(width)
      .ue(height)
      .u(1, window === null ? 0 : 1);
    for (const side of window ?? []) bits.ue(side);
    bits.ue(2).ue(2).ue(4);
    const unitX = chroma === 1 || chroma === 2 ? 2 : 1;
    const unitY = chroma === 1 ? 2 : 1;
    const [left, right, top, bottom] = window ?? [0, 0, 0, 0];
    return {
      sps: escaped([0x42, 1, ...bits.bytes()]),
      width: width - unitX * (left + right),
      height: height - unitY * (top + bottom),
    };
  });

/** H.264 7.4.1 on text: a 03 between two zeros and a byte of 0 to 3, from left to right. */
export function escaped(bytes: Iterable<number>): Uint8Array {
  let text = "";
  for (const byte of bytes) {
    if (byte <= 3 && /^(..)*0000$/.test(text)) text += "03";
    text += byte.toString(16).padStart(2, "0");
  }
  if (/^(..)*0000$/.test(text)) text += "03";
  return Uint8Array.from((text.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)));
}

/** Packets, lengths at and around the multiples of 255 among them. */
export const arbitraryOggPackets: fc.Arbitrary<Uint8Array[]> = fc.array(
  fc
    .tuple(fc.oneof(fc.nat(30), fc.constantFrom(254, 255, 256, 510, 600)), fc.nat(255))
    .map(([size, seed]) => Uint8Array.from({ length: size }, (_, i) => seed + 7 * i)),
  { minLength: 1, maxLength: 6 },
);

/** Pages of at most `perPage` lacing values, RFC 3533 6; the checksum is the remainder of a long division. */
export function oggPages(
  packets: readonly Uint8Array[],
  serial: number,
  perPage: number,
): number[][] {
  const lacing = packets.flatMap(({ length }) => [
    ...new Array<number>(Math.floor(length / 255)).fill(255),
    length % 255,
  ]);
  const bytes = packets.flatMap((packet) => [...packet]);
  const pages: number[][] = [];
  for (let i = 0, at = 0; i < lacing.length; i += perPage) {
    const table = lacing.slice(i, i + perPage);
    const size = table.reduce((sum, value) => sum + value, 0);
    const flags =
      (lacing[i - 1] === 255 ? 1 : 0) + (i === 0 ? 2 : 0) + (i + perPage >= lacing.length ? 4 : 0);
    const head = [0x4f, 0x67, 0x67, 0x53, 0, flags, 0, 0, 0, 0, 0, 0, 0, 0, serial, 0, 0, 0];
    const page = [...head, pages.length, 0, 0, 0, 0, 0, 0, 0, table.length, ...table];
    page.push(...bytes.slice(at, at + size));
    let crc = 0;
    for (const byte of page) {
      for (let bit = 7; bit >= 0; bit--) {
        const top = (crc >>> 31) ^ ((byte >> bit) & 1);
        crc = (crc << 1) ^ (top === 1 ? 0x04c11db7 : 0);
      }
    }
    for (let shift = 0; shift < 4; shift++) page[22 + shift] = (crc >>> (8 * shift)) & 0xff;
    pages.push(page);
    at += size;
  }
  return pages;
}
