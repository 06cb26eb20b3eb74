import { fc, it } from "@fast-check/vitest";
import { createAncPacket } from "@x/st291";
import { cleanPacket } from "@x/st291/conformance";
import { describe, expect, test } from "vitest";
import { packets } from "../src/conformance.js";
import { AncDemuxer, type AncPacket, selectAnc } from "../src/index.js";

const place = { lineNumber: 9, horizontalOffset: 0, cNotYChannelFlag: false };
const cdp = createAncPacket({ did: 0x61, sdid: 1, payload: [1], ...place });
const other = createAncPacket({ did: 0x61, sdid: 2, payload: [1, 2, 3], ...place });
const audio = (dbn: number): AncPacket =>
  createAncPacket({ did: 0xe4, sdid: dbn, payload: [], ...place });

describe("AncDemuxer", () => {
  test("sorts by kind and place, in the order of appearance", () => {
    const demuxer = new AncDemuxer();
    const later = { ...cdp, lineNumber: 10 };
    const out = demuxer.push([cdp, other, cdp, later]);
    expect(out.map(({ stream, isNew, packets: all }) => [stream.id, isNew, all.length])).toEqual([
      ["anc_61_01_at_9_0", true, 2],
      ["anc_61_02_at_9_0", true, 1],
      ["anc_61_01_at_10_0", true, 1],
    ]);
    expect(out[0]?.packets[1]).toBe(cdp);
    expect(demuxer.push([later]).map(({ isNew }) => isNew)).toEqual([false]);
  });

  test("keeps the channels apart, where GStreamer asks for one pad twice", () => {
    const out = new AncDemuxer().push([cdp, { ...cdp, cNotYChannelFlag: true }]);
    expect(out.map(({ stream }) => stream.id)).toEqual(["anc_61_01_at_9_0", "anc_61_01_at_9_0_c"]);
    expect(out.map(({ stream }) => stream.cNotYChannelFlag)).toEqual([false, true]);
  });

  test("does not take a block number for a kind", () => {
    const [group, ...more] = new AncDemuxer().push([audio(1), audio(2), audio(3)]);
    expect(more).toEqual([]);
    expect(group?.stream).toEqual({ id: "anc_e4_00_at_9_0", did: 0xe4, sdid: undefined, ...place });
    expect(group?.packets.length).toBe(3);
  });

  test("can leave place and channel out of account", () => {
    const demuxer = new AncDemuxer({ byPosition: false, byChannel: false });
    const out = demuxer.push([cdp, { ...cdp, lineNumber: 7, cNotYChannelFlag: true }]);
    expect(out.map(({ stream }) => stream)).toEqual([
      {
        id: "anc_61_01",
        did: 0x61,
        sdid: 1,
        lineNumber: undefined,
        horizontalOffset: undefined,
        cNotYChannelFlag: undefined,
      },
    ]);
  });

  test("names the streams that have been silent for long", () => {
    const demuxer = new AncDemuxer();
    demuxer.push([cdp, other], 1000);
    demuxer.push([other], 46_000);
    const ids = (time: number): string[] => demuxer.idle(time, 45_000).map(({ id }) => id);
    expect(ids(46_000)).toEqual([]);
    expect(ids(46_001)).toEqual(["anc_61_01_at_9_0"]);
    expect(ids(91_001)).toEqual(["anc_61_01_at_9_0", "anc_61_02_at_9_0"]);
  });

  test("without times nothing is idle", () => {
    const demuxer = new AncDemuxer();
    demuxer.push([cdp]);
    expect(demuxer.idle(1e9, 0)).toEqual([]);
  });

  test("forgets the stream that was silent longest rather than grow without bound", () => {
    const demuxer = new AncDemuxer({ maxStreams: 2 });
    const at = (lineNumber: number): AncPacket => ({ ...cdp, lineNumber });
    demuxer.push([at(1), at(2)]);
    demuxer.push([at(1)]);
    demuxer.push([at(3)]);
    expect(demuxer.streams().map(({ lineNumber }) => lineNumber)).toEqual([1, 3]);
    expect(demuxer.push([at(2)])[0]?.isNew).toBe(true);
    demuxer.reset();
    expect(demuxer.streams()).toEqual([]);
    expect(() => new AncDemuxer({ maxStreams: 0 })).toThrow(RangeError);
  });

  it.prop([packets(cleanPacket(2)), fc.boolean(), fc.boolean()])(
    "loses and reorders nothing within a stream",
    (all, byPosition, byChannel) => {
      const groups = new AncDemuxer({ byPosition, byChannel }).push(all);
      const ids = groups.map(({ stream }) => stream.id);
      expect(new Set(ids).size).toBe(ids.length);
      const index = new Map(all.map((packet, i) => [packet, i]));
      const orders = groups.map((g) => g.packets.map((packet) => index.get(packet) as number));
      expect(orders).toEqual(orders.map((order) => [...order].sort((a, b) => a - b)));
      expect(orders.flat().sort((a, b) => a - b)).toEqual(all.map((_, i) => i));
    },
  );
});

describe("selectAnc", () => {
  const channel = { ...cdp, cNotYChannelFlag: true };
  const line = { ...cdp, lineNumber: 10, horizontalOffset: 5 };
  const all = [cdp, other, channel, line, audio(1)];

  test.each([
    [{}, all],
    [{ did: 0x61 }, [cdp, other, channel, line]],
    [{ did: 0x61, sdid: 2 }, [other]],
    [{ sdid: 1 }, [cdp, channel, line]],
    [{ lineNumber: 10 }, [line]],
    [{ horizontalOffset: 5 }, [line]],
    [{ cNotYChannelFlag: true }, [channel]],
    [{ did: 0xe4 }, [all[4]]],
  ])("%o", (selector, expected) => expect(selectAnc(all, selector)).toEqual(expected));
});
