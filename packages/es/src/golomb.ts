import type { BitReader } from "@x/bits";
import { formatError } from "./errors.js";

/**
 * Unsigned Exp-Golomb code ue(v), ITU-T H.264 9.1: 0 to 2^32 − 2.
 * @throws {FormatError} `truncated`, or `range` for more than 31 leading zeros.
 */
export function readUe(reader: BitReader, field: string): number {
  let zeros = 0;
  while (reader.read(1, field) === 0) {
    if (++zeros > 31) {
      throw formatError("range", "Exp-Golomb code too long", field, reader.position >> 3);
    }
  }
  return zeros === 0 ? 0 : 2 ** zeros - 1 + reader.readLong(zeros, field);
}

/** Signed Exp-Golomb code se(v), ITU-T H.264 9.1.1. Throws as {@link readUe}. */
export function readSe(reader: BitReader, field: string): number {
  const code = readUe(reader, field);
  return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
}
