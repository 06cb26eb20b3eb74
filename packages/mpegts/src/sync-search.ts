import { NULL_PID, PACKET_STRIDES, type PacketStride, SYNC_BYTE } from "./constants.js";

/** Packets that a candidate is judged by. */
const JUDGED_PACKETS = 10;
/** Sync bytes in a row that make a candidate. */
const RUN = 5;
/** The same near the end of the input, when there are no more. */
const RUN_AT_END = 3;

/**
 * Bytes that must be there from a position on before it is judged, unless the input ends: the answer then does not
 * depend on how the input was cut into chunks. A rival may begin one stride later, and is judged by ten packets too.
 */
export const SEARCH_WINDOW: number = 208 * (JUDGED_PACKETS + 2);

/** A place where framing may begin. */
export interface SyncCandidate {
  /** Index of the sync byte. */
  readonly at: number;
  readonly stride: PacketStride;
}

/**
 * Look for framing with its first sync byte at `at` or soon behind it.
 *
 * A run of sync bytes may be a column of 0x47 in the payload, so every rival of the next stride's worth of phases is
 * looked at too, and the one wins whose packets look most like transport packets.
 *
 * @param end index after the last byte; either the input ends there or `end - at >= SEARCH_WINDOW`
 * @param strides the strides allowed, the preferred one first
 * @returns framing that begins at `at`; or a better candidate behind it, to be judged in its turn with its own rivals
 * (nothing begins before it); or `undefined`: nothing begins at `at`
 */
export function findSync(
  bytes: Uint8Array,
  at: number,
  end: number,
  strides: readonly PacketStride[] = PACKET_STRIDES,
): SyncCandidate | undefined {
  const stride = bestStride(bytes, at, end, strides);
  if (stride === undefined || mostlyReserved(bytes, at, stride, end)) return undefined;
  let best: SyncCandidate = { at, stride };
  let most = plausibility(bytes, at, stride, end);
  const rivalsEnd = Math.min(at + stride, end);
  for (let phase = at + 1; phase < rivalsEnd; phase++) {
    const rival = bestStride(bytes, phase, end, strides);
    if (rival === undefined) continue;
    const score = plausibility(bytes, phase, rival, end);
    if (score <= most) continue;
    most = score;
    best = { at: phase, stride: rival };
  }
  return best;
}

/** The stride with the longest run of sync bytes from `at` on; the earlier in `strides` on a tie. */
function bestStride(
  bytes: Uint8Array,
  at: number,
  end: number,
  strides: readonly PacketStride[],
): PacketStride | undefined {
  if (bytes[at] !== SYNC_BYTE) return undefined;
  let best: PacketStride | undefined;
  let longest = 0;
  for (const stride of strides) {
    let run = 0;
    let next = at;
    while (run < JUDGED_PACKETS && next < end && bytes[next] === SYNC_BYTE) {
      run++;
      next += stride;
    }
    const enough = run >= RUN || (run >= RUN_AT_END && next >= end);
    if (enough && run > longest) {
      longest = run;
      best = stride;
    }
  }
  return best;
}

/** True when most of the packets have the reserved adaptation_field_control 00, as in a run of 0x47 bytes. */
function mostlyReserved(bytes: Uint8Array, at: number, stride: PacketStride, end: number): boolean {
  let packets = 0;
  let reserved = 0;
  for (let p = at; p + 3 < end && packets < JUDGED_PACKETS; p += stride) {
    packets++;
    if (((bytes[p + 3] as number) & 0x30) === 0) reserved++;
  }
  return reserved * 2 > packets;
}

/**
 * How much the packets from a candidate on look like transport packets: continuity counters that continue, unit starts
 * that begin a PES packet or a section, null packets; against reserved values and counters that do not continue.
 */
function plausibility(bytes: Uint8Array, at: number, stride: PacketStride, end: number): number {
  let score = 0;
  const pids: number[] = [];
  const counters: number[] = [];
  for (let i = 0, p = at; i < JUDGED_PACKETS && p + 3 < end; i++, p += stride) {
    if (bytes[p] !== SYNC_BYTE) continue;
    const flags = bytes[p + 1] as number;
    const pid = ((flags & 0x1f) << 8) | (bytes[p + 2] as number);
    const last = bytes[p + 3] as number;
    const control = (last >> 4) & 3;
    if (control === 0 || ((control & 2) !== 0 && (bytes[p + 4] ?? 0) > 183)) score -= 2;
    if (pid === NULL_PID) {
      score++;
      continue;
    }
    const known = pids.indexOf(pid);
    if (known < 0) {
      pids.push(pid);
      counters.push(last & 0x0f);
    } else {
      const expected = ((counters[known] as number) + (control & 1)) & 0x0f;
      score += (last & 0x0f) === expected ? 1 : -1;
      counters[known] = last & 0x0f;
    }
    if ((flags & 0x40) !== 0 && startsUnit(bytes, p, control)) score += 2;
  }
  return score;
}

/** True when the payload begins with a PES start code, or with a section of a table that MPEG or DVB define. */
function startsUnit(bytes: Uint8Array, packet: number, control: number): boolean {
  if ((control & 1) === 0) return false;
  const payload = packet + 4 + ((control & 2) === 0 ? 0 : 1 + (bytes[packet + 4] ?? 0));
  const first = bytes[payload] ?? 0xff;
  if (first === 0 && bytes[payload + 1] === 0 && bytes[payload + 2] === 1) return true;
  const section = payload + 1 + first;
  return first < 183 && ((bytes[section + 1] ?? 0) & 0x30) === 0x30;
}
