import { type AncPacket, dataCount, did, LINE_OVERFLOW, OFFSET_OVERFLOW, sdid } from "@x/st291";

/**
 * What happens to packets of several sources that cannot both stay:
 *
 * - `"position"`: where two packets of a line and channel overlap, the one of the newer source stays, of one source
 *   the one that came later. The range of a packet is its data count from its offset on, as in GStreamer's
 *   st2038ancmux. Special line numbers and offsets name no place, so nothing collides there.
 * - `"newer-source"`: of one kind of data (DID and SDID) on a line and channel only the packets of the newest source
 *   that has any stay, wherever on the line they are.
 * - `"keep"`: all stay.
 */
export type CollisionPolicy = "position" | "newer-source" | "keep";

/**
 * Merge the packets that several sources have for one frame: without those that lose a collision, ordered by line,
 * then by offset, Y before C at one offset.
 * @param sources the oldest first; the packets of each in order of arrival
 */
export function mergeAnc<T extends AncPacket>(
  sources: readonly (readonly T[])[],
  policy: CollisionPolicy = "position",
): T[] {
  const winners = WINNERS[policy](sources);
  return winners.sort(
    (a, b) =>
      a.lineNumber - b.lineNumber ||
      a.horizontalOffset - b.horizontalOffset ||
      Number(a.cNotYChannelFlag) - Number(b.cNotYChannelFlag),
  );
}

type Sources = <T extends AncPacket>(sources: readonly (readonly T[])[]) => T[];

const WINNERS: Readonly<Record<CollisionPolicy, Sources>> = {
  position: withoutOverlaps,
  "newer-source": withoutOlder,
  keep: (sources) => sources.flat(),
};

function withoutOverlaps<T extends AncPacket>(sources: readonly (readonly T[])[]): T[] {
  const kept: T[] = [];
  const lines = new Map<number, T[]>();
  for (const packet of sources.flat().reverse()) {
    if (packet.lineNumber < LINE_OVERFLOW && packet.horizontalOffset < OFFSET_OVERFLOW) {
      const line = lineKey(packet);
      const others = lines.get(line);
      if (others?.some((other) => overlap(packet, other))) continue;
      if (others === undefined) lines.set(line, [packet]);
      else others.push(packet);
    }
    kept.push(packet);
  }
  return kept.reverse();
}

function overlap(a: AncPacket, b: AncPacket): boolean {
  const startA = a.horizontalOffset;
  const startB = b.horizontalOffset;
  // Two packets without data at one place would both have an empty range.
  return startA === startB || (startA < startB + dataCount(b) && startB < startA + dataCount(a));
}

function withoutOlder<T extends AncPacket>(sources: readonly (readonly T[])[]): T[] {
  const newest = new Map<number, number>();
  sources.forEach((packets, source) => {
    for (const packet of packets) newest.set(kindKey(packet), source);
  });
  return sources.flatMap((packets, source) =>
    packets.filter((packet) => newest.get(kindKey(packet)) === source),
  );
}

function lineKey(packet: AncPacket): number {
  return packet.lineNumber * 2 + Number(packet.cNotYChannelFlag);
}

function kindKey(packet: AncPacket): number {
  return lineKey(packet) * 0x10000 + did(packet) * 0x100 + (sdid(packet) ?? 0);
}
