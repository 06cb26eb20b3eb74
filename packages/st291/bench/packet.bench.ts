// Caption packets of 77 words, to and from packed ten-bit words, against the other npm package for it and against what
// one writes first. All must come to the same result, or they throw. A hundred packets an iteration: one takes less
// time than the clock.
import "reflect-metadata";
import { Packet, UnknownPacket } from "@astronautlabs/st291";
import { packTenBitWords, packTenBitWordsInto, unpackTenBitWordsInto } from "@x/bits";
import { bench, describe } from "vitest";
import { built } from "../../../tools/testing/built.js";
import { readNaively, writeNaively } from "./naive.js";

const { AncWordPool, checksumValid, createAncPacket, parityErrors, payload, userDataWords } =
  await built<typeof import("../src/index.js")>(import.meta.url);
const ROUNDS = 100;

const bytes = Uint8Array.from({ length: 73 }, (_, i) => (i * 37) & 0xff);
const packet = createAncPacket({ did: 0x61, sdid: 1, payload: bytes });
const packed = packTenBitWords(packet.words, 1);
// Its packets begin with a word for the ancillary data flag.
const theirs = packTenBitWords([0x3fc, ...packet.words], 0);
const buffer = Buffer.from(bytes);

function check(condition: boolean): void {
  if (!condition) throw new Error("another result");
}

describe("write a hundred caption packets", () => {
  bench("@astronautlabs/st291 2.0.2", () => {
    for (let i = 0; i < ROUNDS; i++) {
      const written = new UnknownPacket()
        .with({ did: 0x61, sdid: 1, userDataWords: buffer })
        .serialize(undefined, undefined, true);
      check(written.length === theirs.length);
    }
  });
  bench("naive", () => {
    for (let i = 0; i < ROUNDS; i++) {
      check(packTenBitWords(writeNaively(0x61, 1, bytes), 1).length === packed.length);
    }
  });
  bench("createAncPacket", () => {
    for (let i = 0; i < ROUNDS; i++) {
      const { words } = createAncPacket({ did: 0x61, sdid: 1, payload: bytes });
      check(packTenBitWords(words, 1).length === packed.length);
    }
  });
  const pool = new AncWordPool();
  const target = new Uint8Array(packed.length);
  bench("createAncPacket with a pool, packed into one buffer", () => {
    for (let i = 0; i < ROUNDS; i++) {
      const { words } = createAncPacket({ did: 0x61, sdid: 1, payload: bytes, pool });
      check(packTenBitWordsInto(words, target, 0) === 770);
    }
  });
});

describe("read a hundred caption packets", () => {
  bench("@astronautlabs/st291 2.0.2 (tests parity only)", async () => {
    for (let i = 0; i < ROUNDS; i++) {
      const read = (await Packet.deserialize(theirs)) as UnknownPacket;
      check(read.userDataWords[72] === bytes[72]);
    }
  });
  bench("naive (tests parity and checksum)", () => {
    for (let i = 0; i < ROUNDS; i++) check(readNaively(packed)?.[72] === bytes[72]);
  });
  const read = { ...packet, words: new Uint16Array(77) };
  bench("ours (tests parity and checksum), payload not copied", () => {
    for (let i = 0; i < ROUNDS; i++) {
      unpackTenBitWordsInto(packed, 0, read.words, 77);
      check(checksumValid(read) && parityErrors(read).length === 0);
      check(((userDataWords(read)[72] as number) & 0xff) === bytes[72]);
    }
  });
  bench("ours (tests parity and checksum)", () => {
    for (let i = 0; i < ROUNDS; i++) {
      unpackTenBitWordsInto(packed, 0, read.words, 77);
      check(checksumValid(read) && parityErrors(read).length === 0);
      check(payload(read)[72] === bytes[72]);
    }
  });
});
