// A foreign implementation in the conformance suite: @astronautlabs/st291 2.0.2, the other npm package for ancillary
// packets. What it deviates in is listed below, and test/foreign.test.ts holds it to that list.

// The package's decorators need this to be there before it is loaded.
import "reflect-metadata";
import { BitstreamReader } from "@astronautlabs/bitstream";
import { parity, UnknownPacket } from "@astronautlabs/st291";
import type { St291Implementation } from "../src/conformance.js";

/** Properties that it fails, and why. */
export const deviations: Readonly<Record<string, string>> = {
  "packets > ST 291-1: all ten bits of the checksum word count":
    "the checksum is read and handed over, but never compared",
  "packets > ST 291-1: the words without their parity are named, the checksum word is not one":
    "wrong parity of user data goes to the console and is lost, that of other words is handed over only",
  "packets > ST 291-1: parity or checksum shows every single wrong bit": "both of the above",
};

/** Its packets begin with the one-word flag of composite video, 3FC, which is not part of the words here. */
const COMPOSITE_FLAG = 0x3fc;

/** Reading goes through its `read`, writing through its `serialize`. */
export const astronautlabs: St291Implementation = {
  createPacket({ did, sdidOrDbn, payload }) {
    const second = did < 0x80 ? { sdid: sdidOrDbn } : { dataBlockNumber: sdidOrDbn };
    const packet = new UnknownPacket().with({
      did,
      ...second,
      userDataWords: Buffer.from(payload),
    });
    return toWords(packet.serialize(undefined, undefined, true), payload.length + 5).subarray(1);
  },

  readPacket(words) {
    const packet = read(words);
    const sdidOrDbn = packet.did < 0x80 ? packet.sdid : packet.dataBlockNumber;
    return { did: packet.did, sdidOrDbn, payload: Uint8Array.from(packet.userDataWords) };
  },

  wordOf: (byte) => (parity(byte) << 8) | byte,

  /** A packet that is read without complaint counts as right: there is no other way to ask. */
  checksumValid: (words) => read(words).checksum === words.at(-1),

  /** The parity of the first three words is handed over, so that a caller can look at it. */
  parityErrors(words) {
    const packet = read(words);
    const typeOne = packet.did >= 0x80;
    const values = [
      [packet.did, packet.didParity],
      typeOne
        ? [packet.dataBlockNumber, packet.dataBlockNumberParity]
        : [packet.sdid, packet.sdidParity],
      [packet.userDataCount, packet.userDataCountParity],
    ] as const;
    return values.flatMap(([value, bits], i) => (parity(value) === bits ? [] : [i]));
  },
};

function read(words: Uint16Array): UnknownPacket {
  const reader = new BitstreamReader();
  reader.addBuffer(toBytes([COMPOSITE_FLAG, ...words]));
  // Its readSync does not work with its own serializer of user data, so the generator behind it is driven here.
  const step = UnknownPacket.read(reader).next();
  if (step.done !== true) throw new Error(`it wants ${step.value} bits more`);
  return step.value as UnknownPacket;
}

function toWords(bytes: Uint8Array, count: number): Uint16Array {
  const digits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return Uint16Array.from({ length: count }, (_, i) =>
    Number.parseInt(digits.slice(10 * i, 10 * i + 10), 2),
  );
}

function toBytes(words: readonly number[]): Uint8Array {
  const digits = words.map((word) => word.toString(2).padStart(10, "0")).join("");
  const padded = digits.padEnd(Math.ceil(digits.length / 8) * 8, "0");
  return Uint8Array.from(padded.match(/.{8}/g) ?? [], (octet) => Number.parseInt(octet, 2));
}
