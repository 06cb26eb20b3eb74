// One caption packet of 100 bytes, against the other npm package that reads ancillary packets. Its console output
// about parity is not part of this: the packet is clean.
import "reflect-metadata";
import { BitstreamReader } from "@astronautlabs/bitstream";
import { UnknownPacket } from "@astronautlabs/st291";
import { createAncPacket } from "@x/st291";
import { bench, describe } from "vitest";
import { AncCursor, AncWordPool, encodeUnit, parseUnit } from "../src/index.js";

const payload = Uint8Array.from({ length: 73 }, (_, i) => (i * 37) & 0xff);
const packet = createAncPacket({ did: 0x61, sdid: 1, payload, lineNumber: 9 });
const unit = encodeUnit([packet]);
const words = new Uint16Array(259);
const pool = new AncWordPool();

// Its packets begin with a word for the ancillary data flag; ours with thirty bits of position.
const bits = `0000000000${Array.from(unit, (byte) => byte.toString(2).padStart(8, "0"))
  .join("")
  .slice(30)}`;
const theirs = Uint8Array.from(
  bits.padEnd(Math.ceil(bits.length / 8) * 8, "0").match(/.{8}/g) ?? [],
  (o) => Number.parseInt(o, 2),
);

function check(checksum: number): void {
  if (checksum !== packet.words[76]) throw new Error(`checksum ${checksum}`);
}

describe("one caption packet of 100 bytes", () => {
  bench("@astronautlabs/st291 2.0.2", () => {
    const reader = new BitstreamReader();
    reader.addBuffer(theirs);
    check((UnknownPacket.read(reader).next().value as UnknownPacket).checksum);
  });
  bench("parseUnit", () => {
    check(parseUnit(unit).packets[0]?.words[76] as number);
  });
  bench("parseUnit with a pool", () => {
    check(parseUnit(unit, { pool }).packets[0]?.words[76] as number);
  });
  bench("AncCursor, all words", () => {
    const cursor = new AncCursor(unit);
    cursor.next();
    cursor.wordsInto(words);
    check(words[76] as number);
  });
});

const ours = new UnknownPacket().with({ did: 0x61, sdid: 1, userDataWords: Buffer.from(payload) });

describe("write the same", () => {
  bench("@astronautlabs/st291 2.0.2", () => {
    if (ours.serialize(undefined, undefined, true).length < 90) throw new Error("too short");
  });
  bench("encodeUnit", () => {
    if (encodeUnit([packet]).length !== unit.length) throw new Error("another size");
  });
});
