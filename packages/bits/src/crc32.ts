const TABLE: Int32Array = /* @__PURE__ */ makeTable();

/**
 * CRC-32/MPEG-2 of `bytes[start..end)`: polynomial 0x04C11DB7, not reflected, no final xor (ISO/IEC 13818-1 annex A).
 * Over a section with its CRC_32 field the result is 0.
 *
 * @param crc the value so far, for data in pieces
 * @returns an unsigned 32-bit integer
 */
export function crc32Mpeg(
  bytes: Uint8Array,
  start = 0,
  end: number = bytes.length,
  crc = 0xffffffff,
): number {
  let value = crc | 0;
  for (let i = start; i < end; i++) {
    value = (value << 8) ^ (TABLE[(value >>> 24) ^ (bytes[i] as number)] as number);
  }
  return value >>> 0;
}

function makeTable(): Int32Array {
  const table = new Int32Array(256);
  for (let i = 0; i < 256; i++) {
    let value = i << 24;
    for (let bit = 0; bit < 8; bit++) value = (value << 1) ^ (value < 0 ? 0x04c11db7 : 0);
    table[i] = value;
  }
  return table;
}
