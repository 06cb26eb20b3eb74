import { describe, expect, test } from "vitest";
import { AncWordPool, createAncPacket } from "../src/index.js";

describe("AncWordPool", () => {
  test("gives nobody's words twice", () => {
    const pool = new AncWordPool(10);
    const taken = [4, 0, 6, 1, 10].map((count) => pool.take(count));
    for (const [i, words] of taken.entries()) words.fill(i + 1);
    expect(taken.map((words) => [...words])).toEqual([
      [1, 1, 1, 1],
      [],
      [3, 3, 3, 3, 3, 3],
      [4],
      [5, 5, 5, 5, 5, 5, 5, 5, 5, 5],
    ]);
    expect(taken[0]?.buffer).toBe(taken[2]?.buffer);
    expect(taken[3]?.buffer).not.toBe(taken[2]?.buffer);
  });

  test("allocates more when one packet needs more", () => {
    expect(new AncWordPool(10).take(259).length).toBe(259);
    expect(new AncWordPool(0).take(4).length).toBe(4);
  });

  test("packets made with a pool are the same and share its memory", () => {
    const pool = new AncWordPool();
    const init = { did: 0x61, sdid: 1, payload: [1, 2, 3] };
    const [first, second] = [
      createAncPacket({ ...init, pool }),
      createAncPacket({ ...init, pool }),
    ];
    expect(first).toEqual(createAncPacket(init));
    expect(second).toEqual(first);
    expect(second.words.buffer).toBe(first.words.buffer);
    expect(second.words.byteOffset).not.toBe(first.words.byteOffset);
  });

  test.each([-1, 1.5, Number.NaN])("refuses a size of %d", (size) => {
    expect(() => new AncWordPool(size)).toThrow(RangeError);
  });
});
