import { fc, it } from "@fast-check/vitest";
import { createAncPacket } from "@x/st291";
import { rawPacket } from "@x/st291/conformance";
import { describe, expect, test } from "vitest";
import { junkUnit, packets } from "../src/conformance.js";
import { AncCursor, encodeUnit, parseUnit } from "../src/index.js";

const afd = createAncPacket({
  did: 0x41,
  sdid: 0x05,
  payload: [0x44, 0, 0, 0, 0, 0, 0, 0],
  cNotYChannelFlag: true,
  lineNumber: 11,
  horizontalOffset: 1234,
});
const unit = encodeUnit([afd], { stuffing: 2 });

describe("AncCursor", () => {
  test("reads every field without an object", () => {
    const cursor = new AncCursor(unit);
    expect(cursor.next()).toBe(true);
    const { cNotYChannelFlag, lineNumber, horizontalOffset, did, sdidOrDbn, dataCount } = cursor;
    expect([cNotYChannelFlag, lineNumber, horizontalOffset]).toEqual([true, 11, 1234]);
    expect([did, sdidOrDbn, dataCount]).toEqual([0x41, 0x05, 8]);
    expect(cursor.checksum).toBe(0x192);
    expect([cursor.checksumValid, cursor.parityValid, cursor.alignmentValid]).toEqual([
      true,
      true,
      true,
    ]);
    expect([cursor.recordStart, cursor.recordEnd]).toEqual([0, 19]);
    expect(cursor.next()).toBe(false);
    expect(cursor.stoppedBy).toBeUndefined();
    expect([cursor.stuffingBefore, cursor.unparsedBytes]).toEqual([2, 0]);
  });

  test("gives words one by one and all together", () => {
    const cursor = new AncCursor(unit);
    cursor.next();
    const words = new Uint16Array(20);
    expect(cursor.wordsInto(words, 3)).toBe(12);
    expect([...words.subarray(3, 15)]).toEqual([...afd.words]);
    expect(Array.from({ length: 12 }, (_, i) => cursor.word(i))).toEqual([...afd.words]);
    const payload = new Uint8Array(10);
    expect(cursor.payloadInto(payload, 1)).toBe(8);
    expect([...payload]).toEqual([0, 0x44, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  test("gives the record as a view", () => {
    const cursor = new AncCursor(unit);
    cursor.next();
    expect(cursor.record().buffer).toBe(unit.buffer);
    expect([...cursor.record()]).toEqual([...unit.subarray(0, 19)]);
  });

  test("refuses what the record or the target does not have", () => {
    const cursor = new AncCursor(unit);
    cursor.next();
    expect(() => cursor.word(12)).toThrow(RangeError);
    expect(() => cursor.word(-1)).toThrow(RangeError);
    expect(() => cursor.wordsInto(new Uint16Array(11))).toThrow(RangeError);
    expect(() => cursor.payloadInto(new Uint8Array(8), 1)).toThrow(RangeError);
  });

  test("stops where nothing can be delimited, and stays there", () => {
    const cursor = new AncCursor(Uint8Array.of(...unit, 0x47, 1, 2));
    expect([cursor.next(), cursor.next(), cursor.next()]).toEqual([true, false, false]);
    expect([cursor.stoppedBy, cursor.unparsedBytes]).toEqual(["reserved-not-zero", 3]);
    expect(cursor.recordStart).toBe(21);
  });

  test("reads a part of a buffer, and no byte beyond it", () => {
    const cursor = new AncCursor();
    expect(cursor.next()).toBe(false);
    const bytes = Uint8Array.of(1, 2, 3, ...unit, 9);
    expect(cursor.reset(bytes, 3, 22).next()).toBe(true);
    expect([cursor.recordStart, cursor.recordEnd, cursor.did]).toEqual([3, 22, 0x41]);
    expect(cursor.next()).toBe(false);
    expect(cursor.reset(bytes, 3, 21).next()).toBe(false);
    expect([cursor.stoppedBy, cursor.unparsedBytes]).toEqual(["truncated", 18]);
    expect(() => cursor.reset(bytes, 5, 4)).toThrow(RangeError);
    expect(() => cursor.reset(bytes, 0, bytes.length + 1)).toThrow(RangeError);
  });

  test("does not mix up the checks of one record with those of the next", () => {
    const words = afd.words.slice();
    words[4] = 0x3ff;
    const cursor = new AncCursor(encodeUnit([afd, { ...afd, words }, afd]));
    const seen: boolean[][] = [];
    while (cursor.next()) seen.push([cursor.parityValid, cursor.checksumValid]);
    expect(seen).toEqual([
      [true, true],
      [false, false],
      [true, true],
    ]);
    cursor.reset(encodeUnit([{ ...afd, words }])).next();
    expect(cursor.parityValid).toBe(false);
  });

  it.prop([
    fc.oneof(
      junkUnit(),
      packets(rawPacket()).map((all) => encodeUnit(all)),
    ),
  ])("sees the same as parseUnit in any bytes", (bytes) => {
    const { packets: parsed, diagnostics, unparsedBytes } = parseUnit(bytes);
    const about = (code: string): (number | undefined)[] =>
      diagnostics.filter((d) => d.code === code).map((d) => d.packet);
    const cursor = new AncCursor(bytes);
    let i = 0;
    for (; cursor.next(); i++) {
      expect(cursor.packet()).toEqual(parsed[i]);
      expect(cursor.checksumValid).toBe(!about("checksum").includes(i));
      expect(cursor.parityValid).toBe(!about("parity").includes(i));
      expect(cursor.alignmentValid).toBe(!about("alignment-bits").includes(i));
      expect(cursor.stuffingBefore > 0).toBe(about("stuffing-between").includes(i));
    }
    expect(i).toBe(parsed.length);
    expect(cursor.unparsedBytes).toBe(unparsedBytes);
  });
});
