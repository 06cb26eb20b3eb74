// Sending and receiving 100 frames of ancillary data, eight packets each in two RTP packets.
import { createAncPacket } from "@x/st291";
import { bench, describe } from "vitest";
import { built } from "../../../tools/testing/built.js";

const { AncDepacketizer, AncPacketizer, encodePayload, parsePayload } = await built<
  typeof import("../src/index.js")
>(import.meta.url);
const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i * 7);
const packets = [
  createAncPacket({ did: 0x61, sdid: 0x01, payload: bytesOf(73), lineNumber: 9 }),
  createAncPacket({ did: 0x60, sdid: 0x60, payload: bytesOf(16), lineNumber: 10 }),
  createAncPacket({ did: 0x41, sdid: 0x05, payload: bytesOf(8), lineNumber: 11 }),
  ...[12, 13, 14, 15, 16].map((lineNumber) =>
    createAncPacket({ did: 0x43, sdid: 0x02, payload: bytesOf(238), lineNumber }),
  ),
];
const FRAMES = 100;
const frames = Array.from({ length: FRAMES }, (_, n) => ({ timestamp: n * 3600, f: 0, packets }));
const sent = frames.flatMap(
  (
    (packetizer) => (frame) =>
      packetizer.packetize(frame)
  )(new AncPacketizer({ ssrc: 1 })),
);
const swapped = sent.map((_, i) => sent[i % 4 === 1 ? i + 1 : i % 4 === 2 ? i - 1 : i] ?? sent[i]);

describe(`sending ${FRAMES} frames, ${sent.length} RTP packets`, () => {
  bench("payloads alone", () => {
    for (const { packets: all } of frames) {
      encodePayload({ packets: all.slice(0, 7) });
      encodePayload({ packets: all.slice(7) });
    }
  });
  bench("AncPacketizer", () => {
    const packetizer = new AncPacketizer({ ssrc: 1 });
    for (const frame of frames) packetizer.packetize(frame);
  });
});

describe(`receiving ${FRAMES} frames, ${sent.length} RTP packets`, () => {
  bench("payloads alone", () => {
    for (const rtp of sent) parsePayload(rtp.subarray(12));
  });
  bench("AncDepacketizer", () => receive(sent as Uint8Array[]));
  bench("AncDepacketizer, every other pair swapped", () => receive(swapped as Uint8Array[]));
  bench("AncDepacketizer, two legs", () => {
    const depacketizer = new AncDepacketizer({ legs: 2 });
    let count = 0;
    for (const rtp of sent) {
      count += depacketizer.push(rtp).length;
      count += depacketizer.push(rtp).length;
    }
    if (count !== FRAMES) throw new Error(`${count} frames`);
  });
});

function receive(all: readonly Uint8Array[]): void {
  const depacketizer = new AncDepacketizer();
  let count = 0;
  for (const rtp of all) count += depacketizer.push(rtp).length;
  count += depacketizer.flush().length;
  if (count !== FRAMES) throw new Error(`${count} frames`);
}
