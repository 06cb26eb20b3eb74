import type { AncPacket } from "./anc-packet.js";

/** The packets of one line. */
export interface LineGroup {
  readonly lineNumber: number;
  /** Ascending by horizontal offset. */
  readonly packets: readonly AncPacket[];
}

/**
 * Sort packets into lines: ascending by line, within a line by horizontal offset, and in the order of `packets` where
 * both are equal. Luma and colour-difference packets of a line stay together. The packets are not copied.
 */
export function groupByLine(packets: Iterable<AncPacket>): LineGroup[] {
  const lines = new Map<number, AncPacket[]>();
  for (const packet of packets) {
    const line = lines.get(packet.lineNumber);
    if (line === undefined) lines.set(packet.lineNumber, [packet]);
    else line.push(packet);
  }
  const groups = Array.from(lines, ([lineNumber, line]) => ({ lineNumber, packets: line }));
  for (const group of groups) group.packets.sort((a, b) => a.horizontalOffset - b.horizontalOffset);
  return groups.sort((a, b) => a.lineNumber - b.lineNumber);
}
