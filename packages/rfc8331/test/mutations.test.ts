// Damaged vectors: whatever happens to a payload or a stream, reading it ends, accounts for every byte, and throws
// nothing.
import { describe, expect, test } from "vitest";
import { fromHex, vectorBytes, vectorFiles, vectorJson } from "../../../tools/testing/vectors.js";
import {
  AncCursor,
  AncDepacketizer,
  encodePayload,
  parseAllAncMedia,
  parsePayload,
  sizeOfPayload,
} from "../src/index.js";
import { readPcap } from "./pcap.js";

const MUTATIONS = 100_000;

/** xorshift32: the same damage in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Flip, overwrite, cut, repeat or insert, one to four times. */
function damage(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  let damaged = bytes.slice();
  for (let times = 1 + random(4); times > 0; times--) {
    const at = random(damaged.length + 1);
    switch (random(5)) {
      case 0:
        damaged[at] = (damaged[at] ?? 0) ^ (1 << random(8));
        break;
      case 1:
        damaged[at] = random(256);
        break;
      case 2:
        damaged = damaged.slice(0, at);
        break;
      case 3:
        damaged = Uint8Array.from([
          ...damaged.subarray(0, at),
          ...damaged.subarray(random(at + 1), at),
        ]);
        break;
      default:
        damaged = Uint8Array.from([
          ...damaged.subarray(0, at),
          random(256),
          ...damaged.subarray(at),
        ]);
    }
  }
  return damaged;
}

function payloadVectors(): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (const file of vectorFiles("rfc8331").filter((name) => name.endsWith(".json"))) {
    const { payloads } = vectorJson<{ payloads?: { payloadHex: string }[] }>("rfc8331", file);
    // The longest make the test slow and have nothing that the others lack.
    for (const { payloadHex } of payloads ?? []) {
      if (payloadHex.length < 1000) found.push(fromHex(payloadHex));
    }
  }
  return found;
}

describe("mutations", () => {
  test(`${MUTATIONS} damaged payloads are read to their end`, () => {
    const random = generator(0x8331);
    const payloads = payloadVectors();
    expect(payloads.length).toBeGreaterThan(0);
    const cursor = new AncCursor();
    for (let i = 0; i < MUTATIONS; i++) {
      const bytes = damage(payloads[i % payloads.length] as Uint8Array, random);
      const { packets, diagnostics, unparsedBytes } = parsePayload(bytes, {
        deliverInvalidF: true,
      });
      let count = 0;
      cursor.reset(bytes);
      while (cursor.next()) count++;
      const consumed = bytes.length < 8 ? 0 : Math.min(sizeOfPayload(packets), bytes.length);
      const again = parsePayload(encodePayload({ packets }));
      if (
        count !== packets.length ||
        consumed + unparsedBytes !== bytes.length ||
        again.packets.length !== packets.length ||
        diagnostics.some(({ offset }) => offset > bytes.length)
      ) {
        expect.unreachable(`mutation ${i}`);
      }
    }
  });

  test("damaged captures give frames in bounded memory", () => {
    const random = generator(0x2110);
    const captures = vectorFiles("rfc8331").filter((name) => name.endsWith(".pcap"));
    expect(captures.length).toBeGreaterThan(0);
    for (const capture of captures) {
      const datagrams = readPcap(vectorBytes("rfc8331", capture));
      for (let run = 0; run < 40; run++) {
        const depacketizer = new AncDepacketizer();
        let parts = 0;
        for (const { payload, timeNs } of datagrams) {
          const bytes = random(3) === 0 ? damage(payload, random) : payload;
          for (const frame of depacketizer.push(bytes, run % 2 === 0 ? timeNs : undefined)) {
            parts += frame.rtpPackets.length;
          }
        }
        for (const frame of depacketizer.flush()) parts += frame.rtpPackets.length;
        const { rtpPackets, duplicatePackets, latePackets } = depacketizer.statistics;
        expect(parts).toBe(rtpPackets - duplicatePackets - latePackets);
      }
    }
  });

  test("damaged SDP gives media or none", () => {
    const random = generator(0x4566);
    const texts: string[] = [];
    for (const file of vectorFiles("rfc8331").filter((name) => name.endsWith(".json"))) {
      const { cases } = vectorJson<{ cases?: { sdp?: string }[] }>("rfc8331", file);
      for (const { sdp } of cases ?? []) if (sdp !== undefined) texts.push(sdp);
    }
    expect(texts.length).toBeGreaterThan(0);
    const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];
    for (let i = 0; i < 2000; i++) {
      const bytes = damage(encoder.encode(texts[i % texts.length]), random);
      const all = parseAllAncMedia(decoder.decode(bytes));
      for (const { diagnostics } of all) {
        expect(diagnostics.every(({ severity }) => severity === "warning")).toBe(true);
      }
    }
  });
});
