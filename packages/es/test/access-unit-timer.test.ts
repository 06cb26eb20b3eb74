import { it } from "@fast-check/vitest";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { vectorBytes, vectorJson } from "../../../tools/testing/vectors.js";
import {
  AccessUnitTimer,
  decodeAvcConfiguration,
  decodeHevcConfiguration,
  escapeRbsp,
  splitLengthPrefixed,
} from "../src/index.js";
import { peerFiles } from "./peer-frames.js";

/** Binary digits, and the bytes of a NAL unit made of them. */
class Digits {
  #text = "";

  u(width: number, value: number): this {
    this.#text += value.toString(2).padStart(width, "0");
    return this;
  }

  ue(...values: readonly number[]): this {
    for (const value of values) {
      const digits = (value + 1).toString(2);
      this.#text += "0".repeat(digits.length - 1) + digits;
    }
    return this;
  }

  nal(...header: readonly number[]): Uint8Array {
    const padded = `${this.#text}1`.padEnd(Math.ceil((this.#text.length + 1) / 8) * 8, "0");
    const bytes = (padded.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2));
    return escapeRbsp(Uint8Array.from([...header, ...bytes]));
  }
}

interface Picture {
  /** In output order, within its sequence. */
  readonly order: number;
  readonly isIdr: boolean;
  readonly isReference: boolean;
}

interface Stream {
  readonly pictures: readonly Picture[];
  readonly reorder: number;
}

/** Pictures of several sequences, each in decoding order: none is overtaken by more than `reorder` others. */
const streams: fc.Arbitrary<Stream> = fc
  .record({
    reorder: fc.nat(4),
    sequences: fc.array(fc.array(fc.nat(99), { minLength: 1, maxLength: 20 }), {
      minLength: 1,
      maxLength: 4,
    }),
    references: fc.array(fc.boolean(), { minLength: 80, maxLength: 80 }),
  })
  .map(({ reorder, sequences, references }) => {
    const pictures = sequences.flatMap((picks) => {
      // The IDR picture is first in both orders. Then any of the next ones to be shown may be decoded.
      const left = picks.map((_, i) => i + 1);
      const late: number[] = [];
      const decoded = [0];
      for (const pick of picks) {
        const next = left.find((order) => !late.includes(order)) as number;
        const ahead = left.filter((order) => order > next).slice(0, 1);
        const order = late.length + decoded.length > 0 && pick % 3 > 0 ? (ahead[0] ?? next) : next;
        const passed = decoded.filter((other) => other > next).length;
        const chosen = passed < reorder ? order : next;
        left.splice(left.indexOf(chosen), 1);
        decoded.push(chosen);
      }
      return decoded.map((order, i) => ({
        order,
        isIdr: i === 0,
        isReference: i === 0 || references[i] === true,
      }));
    });
    return { pictures, reorder: mostPassed(pictures) };
  });

/** max_num_reorder: the most pictures that stand in front of one and are shown behind it. */
function mostPassed(pictures: readonly Picture[]): number {
  let most = 0;
  let sequence: number[] = [];
  for (const { order, isIdr } of pictures) {
    if (isIdr) sequence = [];
    most = Math.max(most, sequence.filter((other) => other > order).length);
    sequence.push(order);
  }
  return most;
}

const LSB_BITS = 6;

/** H.264: a main profile stream of 16x16 pixels; picture order counts go up by two a frame. */
function avcStream({ pictures, reorder }: Stream, tellsReorder: boolean): Uint8Array[][] {
  const sps = new Digits()
    .u(8, 77)
    .u(8, 0)
    .u(8, 30)
    .ue(0, 0, 0, LSB_BITS - 4, 1);
  sps.u(1, 0).ue(0, 0).u(1, 1).u(1, 1).u(1, 0);
  // Aspect ratio 1:1, and 30000/1001 frames a second.
  sps.u(1, 1).u(1, 1).u(8, 1).u(3, 0).u(1, 1).u(32, 1001).u(32, 60000).u(1, 1).u(3, 0);
  sps.u(1, tellsReorder ? 1 : 0);
  if (tellsReorder) sps.u(1, 1).ue(0, 0, 9, 9, reorder, 4);
  const pps = new Digits().ue(0, 0).u(1, 0).u(1, 0).ue(0);
  return pictures.map(({ order, isIdr, isReference }) => {
    const slice = new Digits().ue(0, 7, 0).u(4, 0);
    if (isIdr) slice.ue(0);
    slice.u(LSB_BITS, (2 * order) % 2 ** LSB_BITS).ue(0);
    const header = (isReference ? 0x60 : 0) | (isIdr ? 5 : 1);
    return [...(isIdr ? [sps.nal(0x67), pps.nal(0x68)] : []), slice.nal(header)];
  });
}

/** H.265: picture order counts go up by one. */
function hevcStream({ pictures, reorder }: Stream): Uint8Array[][] {
  const sps = new Digits().u(4, 0).u(3, 0).u(1, 1).u(8, 1).u(32, 0x60000000).u(24, 0x900000);
  sps
    .u(24, 0)
    .u(8, 30)
    .ue(0, 1, 64, 64)
    .u(1, 0)
    .ue(0, 0, LSB_BITS - 4)
    .u(1, 1)
    .ue(4, reorder, 0);
  sps.ue(0, 2, 0, 3, 0, 0);
  // Scaling lists: the first is copied, of the others the first coefficient differs.
  sps.u(1, 1).u(1, 1);
  for (let size = 0; size < 4; size++) {
    for (let matrix = 0; matrix < (size === 3 ? 2 : 6); matrix++) {
      if (matrix === 0) sps.u(1, 0).ue(0);
      else {
        sps.u(1, 1);
        if (size > 1) sps.ue(0);
        for (let i = 0; i < Math.min(64, 16 << (2 * size)); i++) sps.ue(i === 0 ? 1 : 0);
      }
    }
  }
  sps.u(2, 0).u(1, 1).u(8, 0x77).ue(0, 0).u(1, 0);
  // Three sets of reference pictures: two of their own, one predicted.
  sps.ue(3).ue(1, 1, 0).u(1, 1).ue(0).u(1, 0);
  sps.u(1, 1).u(1, 0).ue(0).u(1, 1).u(1, 0).u(1, 1).u(1, 1);
  sps.u(1, 0).ue(1, 0, 3).u(1, 1);
  sps.u(1, 1).ue(1).u(LSB_BITS, 9).u(1, 1).u(2, 0);
  sps.u(1, 1).u(1, 0).u(1, 0).u(1, 1).u(3, 5).u(1, 0).u(1, 1).u(24, 0x010101).u(1, 0).u(3, 0);
  sps.u(1, 1).ue(0, 0, 0, 0).u(1, 1).u(32, 1001).u(32, 30000);
  const pps = new Digits().ue(0, 0).u(1, 0).u(1, 1).u(3, 2).u(1, 0);
  return pictures.map(({ order, isIdr, isReference }) => {
    const slice = new Digits().u(1, 1);
    if (isIdr) slice.u(1, 0);
    slice.ue(0).u(2, 3).ue(1).u(1, 1);
    if (!isIdr) slice.u(LSB_BITS, order % 2 ** LSB_BITS);
    const type = isIdr ? 19 : isReference ? 1 : 0;
    return [...(isIdr ? [sps.nal(0x42, 1), pps.nal(0x44, 1)] : []), slice.nal(type * 2, 1)];
  });
}

/** The definition: sequence after sequence, each in its output order. */
function shownAt(pictures: readonly Picture[]): number[] {
  let begin = 0;
  return pictures.map(({ order, isIdr }, i) => {
    if (isIdr) begin = i;
    return begin + order;
  });
}

function timesOf(
  timer: AccessUnitTimer<{ nals: Uint8Array[] }>,
  units: Uint8Array[][],
): number[][] {
  const timed = [...units.flatMap((nals) => timer.push({ nals })), ...timer.flush()];
  expect(timed.map(({ unit }) => unit.nals)).toEqual(units);
  return timed.map(({ presentationTime, decodeTime }) => [presentationTime / 2, decodeTime / 2]);
}

describe("AccessUnitTimer", () => {
  const codecs = [
    ["avc", (stream: Stream) => avcStream(stream, true)],
    ["hevc", hevcStream],
  ] as const;

  for (const [codec, encode] of codecs) {
    it.prop([streams])(
      `${codec}: pictures are shown in their order, at a steady rate`,
      (stream) => {
        const timer = new AccessUnitTimer<{ nals: Uint8Array[] }>({ codec });
        const times = timesOf(timer, encode(stream));
        expect(times.map(([shown]) => shown)).toEqual(shownAt(stream.pictures));
        times.forEach(([shown = 0, decoded = 0], i) => {
          expect(decoded).toBeLessThanOrEqual(shown);
          expect(decoded - (times[0]?.[1] ?? 0)).toBe(i);
        });
        expect(timer.frameRate).toEqual({ numerator: 30000, denominator: 1001 });
      },
    );

    it.prop([streams])(`${codec}: a unit waits only for what is shown before it`, (stream) => {
      const timer = new AccessUnitTimer<{ nals: Uint8Array[] }>({ codec });
      const shown = shownAt(stream.pictures);
      const overtaken = shown.map(
        (at, i) => shown.filter((other, j) => j > i && other < at).length,
      );
      const limit = Math.max(...overtaken) + stream.reorder;
      let inside = 0;
      for (const nals of encode(stream)) {
        inside += 1 - timer.push({ nals }).length;
        expect(inside).toBeLessThanOrEqual(limit);
      }
    });
  }

  test("a picture that every other one overtakes does not hold them back for ever", () => {
    const timer = new AccessUnitTimer<{ nals: Uint8Array[] }>({ codec: "avc" });
    const pictures = Array.from({ length: 500 }, (_, i) => ({
      order: i === 0 ? 0 : 1000 - i,
      isIdr: i === 0,
      isReference: true,
    }));
    let inside = 0;
    for (const nals of avcStream({ pictures, reorder: 1 }, true)) {
      inside += 1 - timer.push({ nals }).length;
      expect(inside).toBeLessThanOrEqual(64);
    }
  });

  it.prop([streams])("avc: without a word about reordering the order is the same", (stream) => {
    const timer = new AccessUnitTimer<{ nals: Uint8Array[] }>({ codec: "avc" });
    const times = timesOf(timer, avcStream(stream, false));
    expect(times.map(([shown]) => shown)).toEqual(shownAt(stream.pictures));
  });

  it.prop([fc.array(fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 3 }))])(
    "anything is given times, every unit once",
    (units) => {
      for (const codec of ["avc", "hevc"] as const) {
        const timer = new AccessUnitTimer<{ nals: Uint8Array[] }>({ codec });
        const times = timesOf(timer, units as Uint8Array[][]);
        expect(new Set(times.map(([shown]) => shown)).size).toBe(units.length);
      }
    },
  );

  it.prop([streams, fc.nat(), fc.nat(7)])(
    "damaged parameters never throw",
    (stream, place, bit) => {
      for (const [codec, encode] of codecs) {
        const units = encode(stream);
        const [sps] = units[0] as [Uint8Array];
        const at = place % sps.length;
        sps[at] = (sps[at] as number) ^ (1 << bit);
        timesOf(new AccessUnitTimer({ codec }), units);
      }
    },
  );

  test("fields count half a frame", () => {
    const sps = new Digits().u(8, 77).u(8, 0).u(8, 30).ue(0, 0, 0, 0, 1).u(1, 0).ue(0, 0);
    sps.u(1, 0).u(1, 0).u(1, 1).u(1, 0).u(1, 0);
    const pps = new Digits().ue(0, 0).u(1, 0).u(1, 0).ue(0);
    const field = (isIdr: boolean, isBottom: boolean, count: number): Uint8Array => {
      const slice = new Digits()
        .ue(0, 7, 0)
        .u(4, 0)
        .u(1, 1)
        .u(1, isBottom ? 1 : 0);
      if (isIdr) slice.ue(0);
      return slice.u(4, count).nal(0x60 | (isIdr ? 5 : 1));
    };
    const units = [
      [sps.nal(0x67), pps.nal(0x68), field(true, false, 0)],
      [field(false, true, 1)],
      [field(false, false, 2)],
      [field(false, true, 3)],
    ];
    const times = timesOf(new AccessUnitTimer({ codec: "avc" }), units);
    expect(times.map(([shown]) => shown)).toEqual([0, 0.5, 1, 1.5]);
  });
});

interface PeerMessage {
  readonly packetType: string;
  readonly fourcc?: string;
  readonly trackId: number;
  readonly compositionTime?: number;
  readonly bodyOffset: number;
  readonly bodySize: number;
}

interface PeerTag {
  readonly tagType: number;
  readonly timestamp: number;
  readonly codec?: string;
  readonly messages?: readonly PeerMessage[];
}

describe("the times that FFmpeg wrote", () => {
  test.each([
    ["avc", "avc", "avc1"],
    ["hevc", "hevc", "hvc1"],
  ] as const)("are found again from %s alone", (codec, legacy, fourCc) => {
    let checked = 0;
    for (const file of peerFiles.filter((name) => /peers\/ff-/.test(name))) {
      const bytes = vectorBytes("eflv", file.replace(".expected.json", ".flv"));
      const { tags } = vectorJson<{ tags: PeerTag[] }>("eflv", file);
      const all = tags.flatMap(({ tagType, timestamp, codec: name, messages = [] }) =>
        messages.flatMap((message) =>
          tagType === 9 && (message.fourcc ?? name ?? "") === (message.fourcc ? fourCc : legacy)
            ? [{ ...message, timestamp }]
            : [],
        ),
      );
      const track = all[0]?.trackId;
      const mine = all.filter(({ trackId }) => trackId === track);
      const body = ({ bodyOffset, bodySize }: PeerMessage): Uint8Array =>
        bytes.subarray(bodyOffset, bodyOffset + bodySize);
      const start = mine.find(({ packetType }) => packetType === "SequenceStart");
      const coded = mine.filter(({ packetType }) => packetType.startsWith("CodedFrames"));
      if (start === undefined || coded.length < 10) continue;
      const sets =
        codec === "avc"
          ? [...decodeAvcConfiguration(body(start)).sps, ...decodeAvcConfiguration(body(start)).pps]
          : decodeHevcConfiguration(body(start)).arrays.flatMap(({ nalUnits }) => nalUnits);
      const units = coded.map((message, i) => [
        ...(i === 0 ? sets : []),
        ...splitLengthPrefixed(body(message), 4),
      ]);
      const timer = new AccessUnitTimer<{ nals: Uint8Array[] }>({ codec });
      const times = timesOf(timer, units);
      expect(timer.frameRate).toEqual({ numerator: 25, denominator: 1 });
      const first = coded[0] as (typeof coded)[0];
      const begin = first.timestamp + (first.compositionTime ?? 0);
      expect(times).toEqual(
        coded.map(({ timestamp, compositionTime = 0 }) => [
          (timestamp + compositionTime - begin) / 40,
          (timestamp - begin) / 40,
        ]),
      );
      checked += times.length;
    }
    expect(checked).toBeGreaterThan(0);
  });
});
