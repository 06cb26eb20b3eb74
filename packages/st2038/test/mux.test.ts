import { fc, it } from "@fast-check/vitest";
import { createAncPacket } from "@x/st291";
import { cleanPacket } from "@x/st291/conformance";
import { describe, expect, test } from "vitest";
import { AncMuxer, type AncPacket, type AncUnit, encodeUnit, mergeAnc } from "../src/index.js";

/** A packet that tells its origin by its DID. */
function at(lineNumber: number, horizontalOffset: number, did = 0x50, dataCount = 4): AncPacket {
  const payload = new Uint8Array(dataCount);
  return createAncPacket({ did, sdid: 1, payload, lineNumber, horizontalOffset });
}

const didOf = ({ words }: AncPacket): number => (words[0] as number) & 0xff;
const places = (all: readonly AncPacket[]): string[] =>
  all.map((p) => `${p.lineNumber}:${p.horizontalOffset}${p.cNotYChannelFlag ? "c" : ""}`);

describe("mergeAnc", () => {
  test("orders by line, offset, channel", () => {
    const chroma = { ...at(9, 0), cNotYChannelFlag: true };
    const merged = mergeAnc([
      [at(11, 0), chroma],
      [at(9, 20), at(9, 0), at(0x7ff, 0xfff)],
    ]);
    expect(places(merged)).toEqual(["9:0", "9:0c", "9:20", "11:0", "2047:4095"]);
  });

  test("position: where packets overlap the newer source wins", () => {
    const merged = mergeAnc([[at(9, 0, 0x51), at(9, 10, 0x51)], [at(9, 3, 0x52)]]);
    expect(merged.map(didOf)).toEqual([0x52, 0x51]);
    expect(places(merged)).toEqual(["9:3", "9:10"]);
  });

  test("position: of one source the later packet wins", () => {
    expect(mergeAnc([[at(9, 0, 0x51), at(9, 0, 0x52)]]).map(didOf)).toEqual([0x52]);
  });

  test("position: ranges that only touch do not overlap, and lines and channels are apart", () => {
    const chroma = { ...at(9, 0, 0x52), cNotYChannelFlag: true };
    expect(mergeAnc([[at(9, 0), at(9, 4)], [chroma], [at(10, 0)]]).length).toBe(4);
  });

  test("position: two packets without data collide at one offset", () => {
    const merged = mergeAnc([[at(9, 5, 0x51, 0)], [at(9, 5, 0x52, 0), at(9, 6, 0x53, 0)]]);
    expect(merged.map(didOf)).toEqual([0x52, 0x53]);
  });

  test("position: special positions are no places", () => {
    for (const [line, offset] of [
      [9, 0xffc],
      [9, 0xfff],
      [0x7fd, 0],
      [0x7ff, 0xfff],
    ] as const) {
      expect(mergeAnc([[at(line, offset, 0x51)], [at(line, offset, 0x52)]]).length).toBe(2);
    }
  });

  test("newer-source: a kind of data on a line comes from one source", () => {
    const merged = mergeAnc(
      [
        [at(9, 0, 0x51), at(9, 50, 0x51), at(10, 0, 0x51), at(9, 100, 0x53)],
        [at(9, 200, 0x51), at(9, 300, 0x51)],
      ],
      "newer-source",
    );
    expect(places(merged)).toEqual(["9:100", "9:200", "9:300", "10:0"]);
  });

  test("newer-source: what overlaps but is of another kind stays", () => {
    expect(mergeAnc([[at(9, 0, 0x51)], [at(9, 0, 0x52)]], "newer-source").length).toBe(2);
  });

  test("keep: all stay", () => {
    expect(mergeAnc([[at(9, 0)], [at(9, 0)]], "keep").length).toBe(2);
  });

  it.prop([fc.array(fc.array(cleanPacket(9), { maxLength: 8 }), { maxLength: 3 })])(
    "position: what stays does not overlap, and what goes overlaps what stays",
    (sources) => {
      const packed = sources.map((all) => all.map((p) => ({ ...p, lineNumber: p.lineNumber % 3 })));
      const merged = mergeAnc(packed);
      const overlaps = (a: AncPacket, b: AncPacket): boolean => {
        if (a.lineNumber !== b.lineNumber || a.cNotYChannelFlag !== b.cNotYChannelFlag)
          return false;
        if (a.horizontalOffset >= 0xffc || b.horizontalOffset >= 0xffc) return false;
        const cells = (p: AncPacket): number[] =>
          Array.from({ length: Math.max(1, p.words.length - 4) }, (_, i) => p.horizontalOffset + i);
        const taken = new Set(cells(a));
        const empty = a.words.length === 4 || b.words.length === 4;
        if (empty && a.horizontalOffset === b.horizontalOffset) return true;
        return cells(b).some((cell) => taken.has(cell));
      };
      const rest = packed.flat().filter((packet) => !merged.includes(packet));
      for (const lost of rest) expect(merged.some((kept) => overlaps(lost, kept))).toBe(true);
      const full = merged.filter(({ words }) => words.length > 4);
      full.forEach((a, i) => {
        for (const b of full.slice(i + 1)) expect(overlaps(a, b)).toBe(false);
      });
    },
  );
});

const NTSC = { numerator: 30_000, denominator: 1001 };
const brief = (units: readonly AncUnit[]): unknown[] =>
  units.map(({ time, duration, packets, lastOfFrame }) => [
    time,
    duration,
    places(packets).join(" "),
    lastOfFrame,
  ]);

describe("AncMuxer", () => {
  test("joins the sources of a frame, line by line", () => {
    const muxer = new AncMuxer({ frameRate: NTSC });
    const [a, b] = [muxer.addSource(), muxer.addSource()];
    expect(muxer.push(a, [at(9, 0), at(11, 0)], 0)).toEqual([]);
    expect(muxer.push(b, [at(9, 20)], 100)).toEqual([]);
    expect(muxer.push(a, [at(9, 0)], 3003)).toEqual([]);
    expect(brief(muxer.push(b, [], 3003))).toEqual([
      [0, 3003, "9:0 9:20", false],
      [0, 3003, "11:0", true],
    ]);
    expect(brief(muxer.flush())).toEqual([[3003, 3003, "9:0", true]]);
    expect([muxer.latePackets, muxer.collisions]).toEqual([0, 0]);
  });

  test("packs whole frames, or single packets", () => {
    for (const [alignment, expected] of [
      ["frame", [[0, 3003, "9:0 9:20 11:0", true]]],
      [
        "packet",
        [
          [0, 3003, "9:0", false],
          [0, 3003, "9:20", false],
          [0, 3003, "11:0", true],
        ],
      ],
    ] as const) {
      const muxer = new AncMuxer({ frameRate: NTSC, alignment });
      muxer.push(muxer.addSource(), [at(11, 0), at(9, 20), at(9, 0)], 0);
      expect(brief(muxer.flush())).toEqual(expected);
    }
  });

  test("without a frame rate only equal times are joined", () => {
    const muxer = new AncMuxer();
    const [a, b] = [muxer.addSource(), muxer.addSource()];
    muxer.push(a, [at(9, 0)], 10);
    muxer.push(b, [at(9, 20)], 10);
    muxer.push(a, [at(9, 0)], 11);
    expect(brief(muxer.push(b, [at(9, 0)], 12))).toEqual([[10, undefined, "9:0 9:20", true]]);
    expect(brief(muxer.flush())).toEqual([
      [11, undefined, "9:0", true],
      [12, undefined, "9:0", true],
    ]);
  });

  test("waits for a source that has had nothing yet, until it ends or time is up", () => {
    const muxer = new AncMuxer({ frameRate: NTSC });
    const [a, b] = [muxer.addSource(), muxer.addSource()];
    expect(muxer.push(a, [at(9, 0)], 0)).toEqual([]);
    expect(muxer.push(a, [at(9, 0)], 3003)).toEqual([]);
    expect(brief(muxer.advance(3003))).toEqual([[0, 3003, "9:0", true]]);
    expect(muxer.push(a, [at(9, 0)], 6006)).toEqual([]);
    expect(brief(muxer.end(b))).toEqual([[3003, 3003, "9:0", true]]);
    expect(brief(muxer.end(a))).toEqual([[6006, 3003, "9:0", true]]);
    expect(() => muxer.push(a, [], 9009)).toThrow(RangeError);
  });

  test("what comes too late goes into the next frame, and is counted", () => {
    const muxer = new AncMuxer({ frameRate: NTSC });
    const a = muxer.addSource();
    muxer.push(a, [at(9, 0)], 0);
    expect(muxer.advance(3003).length).toBe(1);
    muxer.push(a, [at(10, 0), at(10, 50)], 0);
    muxer.push(a, [at(9, 0)], 3003);
    expect(brief(muxer.flush())).toEqual([
      [3003, 3003, "9:0", false],
      [3003, 3003, "10:0 10:50", true],
    ]);
    expect(muxer.latePackets).toBe(2);
  });

  test("counts collisions", () => {
    const muxer = new AncMuxer({ frameRate: NTSC });
    const [a, b] = [muxer.addSource(), muxer.addSource()];
    muxer.push(b, [at(9, 0, 0x52)], 0);
    muxer.push(a, [at(9, 2, 0x51)], 0);
    const [unit] = muxer.flush();
    expect(unit?.packets.map(didOf)).toEqual([0x52]);
    expect(muxer.collisions).toBe(1);
  });

  test("tells of frames without data when asked to", () => {
    const muxer = new AncMuxer({ frameRate: NTSC, alignment: "frame", gaps: true });
    const a = muxer.addSource();
    muxer.push(a, [at(9, 0)], 90_000);
    expect(brief(muxer.push(a, [at(9, 0)], 90_000 + 4 * 3003))).toEqual([
      [90_000, 3003, "9:0", true],
      [93_003, 9009, "", true],
    ]);
    expect(brief(muxer.advance(90_000 + 6 * 3003))).toEqual([
      [102_012, 3003, "9:0", true],
      [105_015, 3003, "", true],
    ]);
    expect(muxer.flush()).toEqual([]);
  });

  test("2 ms early is in time, 3 ms early is the frame before", () => {
    const muxer = new AncMuxer({ frameRate: NTSC, origin: 0 });
    const a = muxer.addSource();
    muxer.push(a, [at(9, 0)], 3003 - 180);
    muxer.push(a, [at(9, 0)], 6006 - 181);
    expect(brief(muxer.flush())).toEqual([[3003, 3003, "9:0", true]]);
    expect(muxer.collisions).toBe(1);
  });

  test("sends the oldest frame out rather than hold more than it may", () => {
    const muxer = new AncMuxer({ frameRate: NTSC, maxQueued: 3 });
    const a = muxer.addSource();
    muxer.addSource();
    for (let n = 0; n < 3; n++) expect(muxer.push(a, [at(9, 0)], n * 3003)).toEqual([]);
    expect(brief(muxer.push(a, [at(9, 0)], 9009))).toEqual([[0, 3003, "9:0", true]]);
  });

  test("takes more packets at a time than a call can have arguments", () => {
    const muxer = new AncMuxer({ frameRate: NTSC, alignment: "packet", collision: "keep" });
    const all = new Array<AncPacket>(200_000).fill(at(9, 0));
    expect(muxer.push(muxer.addSource(), all, 0).length).toBe(all.length);
    expect(mergeAnc([all]).length).toBe(1);
  });

  test("reset makes it as new", () => {
    const muxer = new AncMuxer({ frameRate: NTSC });
    muxer.push(muxer.addSource(), [at(9, 0)], 5000);
    muxer.reset();
    expect(muxer.flush()).toEqual([]);
    const a = muxer.addSource();
    expect(a).toBe(0);
    muxer.push(a, [at(9, 0)], 7);
    expect(brief(muxer.flush())).toEqual([[7, 3003, "9:0", true]]);
  });

  test.each([
    [{ alignment: "frame" as const }],
    [{ maxQueued: 0 }],
    [{ frameRate: { numerator: 0, denominator: 1 } }],
    [{ frameRate: { numerator: 29.97, denominator: 1 } }],
    [{ frameRate: NTSC, tolerance: -1 }],
    [{ frameRate: NTSC, origin: 0.5 }],
    [{ frameRate: NTSC, clockRate: 0 }],
  ])("refuses %o", (options) => expect(() => new AncMuxer(options)).toThrow(RangeError));

  test("refuses a source that there is not, and a time that is no integer", () => {
    const muxer = new AncMuxer();
    expect(() => muxer.push(0, [], 0)).toThrow(RangeError);
    expect(() => muxer.push(muxer.addSource(), [], 0.5)).toThrow(RangeError);
  });

  it.prop([
    fc.integer({ min: 0, max: 2_000_000 }),
    fc.constantFrom([30_000, 1001], [25, 1], [60_000, 1001], [24_000, 1001], [120, 1]),
    fc.constantFrom(90_000, 48_000, 27_000_000, 1_000_000_000),
    fc.integer({ min: 0, max: 2 ** 33 }),
  ])("every frame begins at the floor of its exact time, however far", (n, rate, clock, origin) => {
    const [numerator, denominator] = rate as [number, number];
    const frameRate = { numerator, denominator };
    const exact = (frame: number): number =>
      origin + Number((BigInt(frame) * BigInt(clock) * BigInt(denominator)) / BigInt(numerator));
    for (const late of [0, exact(n + 1) - exact(n) - 1]) {
      const muxer = new AncMuxer({ frameRate, clockRate: clock, origin, tolerance: 0 });
      muxer.push(muxer.addSource(), [at(9, 0)], exact(n) + late);
      const [unit] = muxer.flush();
      expect([unit?.time, unit?.duration]).toEqual([exact(n), exact(n + 1) - exact(n)]);
    }
  });

  it.prop([
    fc.array(
      fc.record({
        source: fc.integer({ min: 0, max: 2 }),
        time: fc.integer({ min: 0, max: 30_000 }),
        packets: fc.array(cleanPacket(3), { maxLength: 4 }),
      }),
      { maxLength: 20 },
    ),
    fc.constantFrom("packet" as const, "line" as const, "frame" as const),
    fc.boolean(),
  ])("nothing is lost, nothing goes back in time, whatever comes", (pushes, alignment, gaps) => {
    const muxer = new AncMuxer({ frameRate: NTSC, alignment, collision: "keep", gaps, origin: 0 });
    for (let i = 0; i < 3; i++) muxer.addSource();
    const units = pushes.flatMap(({ source, time, packets }) => muxer.push(source, packets, time));
    units.push(...muxer.flush());
    const sent = units.flatMap((unit) => unit.packets.map((p) => encodeUnit([p]).join()));
    const given = pushes.flatMap((push) => push.packets.map((p) => encodeUnit([p]).join()));
    expect(sent.sort()).toEqual(given.sort());
    let end = 0;
    let lines: number[] = [];
    for (const { time, duration = 0, packets, lastOfFrame } of units) {
      expect(time).toBeGreaterThanOrEqual(end);
      if (lastOfFrame) end = time + duration;
      lines.push(...packets.map((packet) => packet.lineNumber));
      expect(lines).toEqual([...lines].sort((a, b) => a - b));
      if (lastOfFrame) lines = [];
      if (alignment === "line")
        expect(new Set(packets.map((p) => p.lineNumber)).size).toBeLessThan(2);
      if (alignment === "packet") expect(packets.length).toBeLessThan(2);
    }
  });
});
