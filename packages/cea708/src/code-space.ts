import type { IssueList } from "./issue.js";

/** Bytes of the C1 commands `80` to `9F`, code included (CTA-708-E table 9). `93` to `96` are reserved. */
const C1_LENGTHS: readonly number[] = [
  1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 1, 1, 3, 4, 3, 1, 1, 1, 1, 5, 7, 7, 7, 7, 7, 7, 7, 7,
];

/**
 * Length of the code that starts at `at`, by its first byte and, after EXT1, its second (CTA-708-E 7.1).
 * 0 = EXT1 is the last byte, so nothing can be said; -1 = a variable-length C3 code, which takes the rest.
 */
export function codeLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first >= 0x20)
    return first >= 0x80 && first <= 0x9f ? (C1_LENGTHS[first - 0x80] as number) : 1;
  if (first < 0x10) return 1;
  if (first > 0x10) return first < 0x18 ? 2 : 3;
  const second = bytes[at + 1];
  if (second === undefined) return 0;
  if (second < 0x20) return 2 + (second >> 3);
  if (second < 0x80 || second >= 0xa0) return 2;
  if (second < 0x88) return 6;
  return second < 0x90 ? 7 : -1;
}

/**
 * Cut the code bytes of one service and one packet into codes; views. A code that the packet cuts is dropped and
 * reported. A variable-length C3 code, about whose length texts disagree, takes the rest of its service block.
 *
 * @param bytes the block data of one service over a whole packet: codes may cross blocks (CTA-708-E 6.2.5).
 * @param blockEnds where each block ends in `bytes`, ascending; one block when left out.
 */
export function tokenise(
  bytes: Uint8Array,
  blockEnds: readonly number[] = [bytes.length],
  issues?: IssueList,
  offset = 0,
): Uint8Array[] {
  const codes: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = codeLength(bytes, at);
    if (length < 0) {
      const message = "variable-length C3 code: the rest of the service block is dropped";
      issues?.add("reserved", "error", offset + at, "c3", message);
      at = blockEndBehind(blockEnds, at + 1, bytes.length);
      continue;
    }
    if (length === 0 || at + length > bytes.length) {
      const message = "the packet ends within a code";
      issues?.add("truncatedCommand", "error", offset + at, "code", message);
      break;
    }
    codes.push(bytes.subarray(at, at + length));
    at += length;
  }
  return codes;
}

function blockEndBehind(blockEnds: readonly number[], at: number, length: number): number {
  for (const end of blockEnds) if (end > at) return end;
  return length;
}
