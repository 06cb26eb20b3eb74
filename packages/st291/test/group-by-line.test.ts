import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { type AncPacket, createAncPacket, groupByLine } from "../src/index.js";

const at = (lineNumber: number, horizontalOffset: number, cNotYChannelFlag = false): AncPacket =>
  createAncPacket({ did: 0x50, payload: [], lineNumber, horizontalOffset, cNotYChannelFlag });

describe("groupByLine", () => {
  test("sorts lines, and packets of a line by offset", () => {
    const packets = [at(11, 40), at(9, 0), at(11, 0), at(0x7ff, 0xfff)];
    expect(groupByLine(packets)).toEqual([
      { lineNumber: 9, packets: [packets[1]] },
      { lineNumber: 11, packets: [packets[2], packets[0]] },
      { lineNumber: 0x7ff, packets: [packets[3]] },
    ]);
  });

  test("keeps the order of packets at one place, luma and colour difference together", () => {
    const packets = [at(9, 0, true), at(9, 0), at(9, 0, true)];
    expect(groupByLine(packets)[0]?.packets).toEqual(packets);
  });

  test("takes any iterable, an empty one too", () => {
    expect(groupByLine(new Set<AncPacket>())).toEqual([]);
  });

  property.prop([fc.array(fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 100 })))])(
    "loses and invents nothing",
    (places) => {
      const packets = places.map(([line, offset]) => at(line, offset));
      const groups = groupByLine(packets);
      const all = groups.flatMap((group) => group.packets);
      expect(new Set(all)).toEqual(new Set(packets));
      expect(all).toHaveLength(packets.length);
      for (const group of groups) {
        for (const packet of group.packets) expect(packet.lineNumber).toBe(group.lineNumber);
      }
    },
  );
});
