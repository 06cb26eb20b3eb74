// RTP streams of ancillary data by the definition: what is sent for frames, and what a receiver must make of it.
import type { AncPacket } from "@x/st291";
import { plainPackets } from "@x/st291/conformance";
import type { Assembled, ConformanceFrame, ConformanceRtp } from "./implementation.js";
import { oraclePayload } from "./oracle.js";

/** The sender's SSRC. */
export const SSRC = 0x2110_0040;

/** An RTP packet as sent, with what a receiver must make of it. */
export interface Sent {
  readonly number: number;
  readonly timestamp: number;
  readonly f: number;
  readonly marker: boolean;
  readonly ssrc: number;
  readonly packets: readonly AncPacket[];
}

/** Greedy packing by the definition: the longest prefix that fits, again and again. */
export function greedy(
  frame: ConformanceFrame,
  room: number,
  most: number,
): (ConformanceFrame & { marker: boolean })[] {
  const parts: (ConformanceFrame & { marker: boolean })[] = [];
  let rest = frame.packets;
  do {
    let count = Math.min(rest.length, most);
    while (sizeOf(rest.slice(0, count)) > room) count--;
    const packets = rest.slice(0, count);
    rest = rest.slice(count);
    parts.push({ ...frame, packets, marker: rest.length === 0 });
  } while (rest.length > 0);
  return parts;
}

/** Bytes of these packets in a payload. */
export function sizeOf(packets: readonly AncPacket[]): number {
  return packets.reduce((sum, { words }) => sum + 4 * Math.ceil((32 + 10 * words.length) / 32), 0);
}

/** The RTP packets that a sender makes of these frames. */
export function send(all: readonly ConformanceFrame[], start: number, rtpLimit: number): Sent[] {
  return all
    .flatMap((frame) => greedy(frame, rtpLimit - 20, 255))
    .map((part, i) => ({ ...part, ssrc: SSRC, number: (start + i) % 2 ** 32 }));
}

/** The RTP packet as it is on the wire. */
export function rtp(sent: Sent): ConformanceRtp {
  const { number, timestamp, marker, ssrc, f, packets } = sent;
  const high = Math.floor(number / 2 ** 16);
  const payload = oraclePayload({ extendedSequenceNumber: high, f, packets });
  return { sequenceNumber: number % 2 ** 16, timestamp, marker, ssrc, payload };
}

/** What a receiver must deliver for these packets, in order of their numbers, by the definition. */
export function expectedOf(received: readonly Sent[]): { frames: unknown[]; issues: unknown[] } {
  const missing = (i: number): number => {
    const before = received[i - 1];
    if (before === undefined) return 0;
    return ((received[i] as Sent).number - before.number - 1 + 2 ** 32) % 2 ** 32;
  };
  const sameFrame = (i: number): boolean => {
    const [a, b] = [received[i - 1], received[i]];
    return a !== undefined && !a.marker && a.timestamp === b?.timestamp && a.f === b.f;
  };
  const all: unknown[] = [];
  const issues: unknown[] = [];
  for (let from = 0, to: number; from < received.length; from = to) {
    to = from + 1;
    while (to < received.length && sameFrame(to)) to++;
    const parts = received.slice(from, to);
    const last = received[to - 1] as Sent;
    const { timestamp, f } = last;
    const inside = parts.some((_, i) => i > 0 && missing(from + i) > 0);
    const holeBefore = missing(from);
    const startLost = holeBefore > 1 || (holeBefore === 1 && (received[from - 1] as Sent).marker);
    const endLost = !last.marker && (to === received.length || missing(to) > 0);
    const numbers = parts.map(({ number }) => number);
    const packets = plainPackets(parts.flatMap((part) => part.packets));
    all.push([timestamp, f, !(inside || startLost || endLost), packets, numbers]);
    if (!last.marker && to < received.length && missing(to) === 0) {
      issues.push(["marker-missing", last.number, null]);
    }
  }
  received.forEach((packet, i) => {
    const count = missing(i);
    if (count > 0) issues.push(["gap", (packet.number - count + 2 ** 32) % 2 ** 32, count]);
  });
  return { frames: all, issues: issues.map((issue) => JSON.stringify(issue)).sort() };
}

/** What a receiver delivered, in the form of {@link expectedOf}. */
export function plain(assembled: Assembled): { frames: unknown[]; issues: unknown[] } {
  return {
    frames: assembled.frames.map((frame) => [
      frame.timestamp,
      frame.f,
      frame.complete,
      plainPackets(frame.packets),
      frame.extendedSequenceNumbers,
    ]),
    issues: assembled.issues
      .map(({ code, extendedSequenceNumber: number, count }) => [code, number, count ?? null])
      .map((issue) => JSON.stringify(issue))
      .sort(),
  };
}

/** Another order, in which no packet is overtaken by more than `reach`. */
export function jitter(sent: readonly Sent[], reach: number, noise: Iterator<number>): Sent[] {
  return sent
    .map((packet, i) => ({ packet, at: i + ((noise.next().value as number) % (reach + 1)) }))
    .sort((a, b) => a.at - b.at)
    .map(({ packet }) => packet);
}
