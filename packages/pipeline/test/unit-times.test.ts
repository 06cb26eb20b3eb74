import { fc, test } from "@fast-check/vitest";
import { type AvcSps, decodeAvcSps, isFormatError } from "@x/es";
import { TsMuxer } from "@x/mpegts";
import { describe, expect } from "vitest";
import { vectorsRoot } from "../../../tools/testing/vectors.js";
import { appSink, appSrc, formatCaps, type Item, launch, mediaBuffer } from "../src/index.js";
import { BufferTimes } from "../src/unit-times.js";
import { type Frame, tracksOf } from "./support/flv-tracks.js";

const PID = 0x41;
const FRAME = 40_000_000n;

interface Unit {
  readonly data: Uint8Array;
  readonly pts: bigint | undefined;
  readonly dts: bigint | undefined;
}

/** Pictures of a file, 25 a second, in decoding order and with B pictures. */
async function picturesOf(codec: "avc" | "hevc"): Promise<Unit[]> {
  const file = codec === "avc" ? "ff-legacy-avc-aac.flv" : "ff-hevc-aac.flv";
  const track = (await tracksOf(`${vectorsRoot}/eflv/peers/${file}`)).get("video");
  const frames = track?.frames ?? [];
  const counted = (time: bigint): bigint => (time + FRAME / 2n) / FRAME;
  const origin = (frames[0]?.dts ?? frames[0]?.pts) as bigint;
  const units = frames.map(({ hex, pts, dts = pts }: Frame): Unit => {
    // FLV has milliseconds: the pictures are exactly 40 of them apart.
    const at = (time: bigint | undefined): bigint => counted((time as bigint) - origin) * FRAME;
    return { data: Buffer.from(hex, "hex"), pts: at(pts), dts: at(dts) };
  });
  expect(units.length).toBeGreaterThan(20);
  expect(units.filter(({ pts, dts }) => pts !== dts).length).toBeGreaterThan(10);
  return units;
}

/** A transport stream whose PES packets hold these units, with the times of the first one in each. */
function muxed(
  units: readonly Unit[],
  counts: readonly number[],
  kind: "h264" | "hevc",
): Uint8Array {
  const muxer = new TsMuxer({ programs: [{ streams: [{ pid: PID, kind }] }] });
  const ticks = (time: bigint | undefined): number =>
    90_000 + Number(((time ?? 0n) * 9n) / 100_000n);
  const pieces: Uint8Array[] = [];
  for (let at = 0, n = 0; at < units.length; n++) {
    const count = counts[n % counts.length] as number;
    const [first] = units.slice(at, at + 1) as [Unit];
    const data = Buffer.concat(units.slice(at, at + count).map((unit) => unit.data));
    pieces.push(muxer.push({ pid: PID, data, pts: ticks(first.pts), dts: ticks(first.dts) }));
    at += count;
  }
  return Buffer.concat([...pieces, muxer.flush()]);
}

async function parsed(
  items: readonly Item[],
  elements: string,
): Promise<{ units: Unit[]; problems: string[]; caps: string }> {
  const units: Unit[] = [];
  const problems: string[] = [];
  let caps = "";
  const sink = appSink("out", (item) => {
    if (item.type === "caps") caps = formatCaps(item.caps);
    if (item.type !== "buffer") return;
    const { data, pts, dts = pts } = item.buffer;
    units.push({ data, pts, dts });
  });
  await launch(`in ! ${elements} ! out`, {
    elements: [appSrc("in", items), sink],
    onMessage: ({ type, text }) => {
      if (type === "warning" || type === "error") problems.push(text);
    },
  }).run();
  return { units, problems, caps };
}

const bytes = (data: Uint8Array): Item[] => [{ type: "buffer", buffer: mediaBuffer(data) }];

/** Decoding and presentation times in tenths of milliseconds, from the first decoding time on. */
function timesOf(units: readonly Unit[]): (number | undefined)[][] {
  const origin = units[0]?.dts ?? 0n;
  const tenths = (time: bigint | undefined): number | undefined =>
    time === undefined ? undefined : Math.round(Number(time - origin) / 1e5);
  return units.map(({ pts, dts }) => [tenths(dts), tenths(pts)]);
}

const hexOf = (units: readonly Unit[]): string[] =>
  units.map(({ data }) => Buffer.from(data).toString("hex"));

/** An AVC stream whose sequence parameter set says nothing of time, nor of reordering. */
function withoutVui(units: readonly Unit[]): Unit[] {
  return units.map((unit) => {
    const data = Buffer.from(unit.data);
    const nals: Buffer[] = [];
    for (let at = data.indexOf(START) + 4; at >= 4; ) {
      const next = data.indexOf(START, at);
      nals.push(data.subarray(at, next < 0 ? data.length : next));
      at = next < 0 ? -1 : next + 4;
    }
    const changed = nals.map((nal) => (((nal[0] as number) & 31) === 7 ? cutSps(nal) : nal));
    return { ...unit, data: Buffer.concat(changed.flatMap((nal) => [START, nal])) };
  });
}
const START = Buffer.of(0, 0, 0, 1);

/** The set up to vui_parameters_present_flag, which becomes 0: found as the place where the rest reads the same. */
function cutSps(nal: Buffer): Buffer {
  const whole = decodeAvcSps(nal);
  expect(whole.frameRate).toBeDefined();
  const fields = ({ width, height, levelIdc, log2MaxFrameNum, picOrderCntType }: AvcSps): string =>
    JSON.stringify({ width, height, levelIdc, log2MaxFrameNum, picOrderCntType });
  const digits = [...nal].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  for (let at = 32; at < digits.length; at++) {
    const cut = `${digits.slice(0, at)}01`;
    const octets = cut.padEnd(Math.ceil(cut.length / 8) * 8, "0").match(/.{8}/g) ?? [];
    const sps = Buffer.from(octets.map((octet) => Number.parseInt(octet, 2)));
    try {
      const decoded = decodeAvcSps(sps);
      if (
        digits[at] === "1" &&
        decoded.frameRate === undefined &&
        fields(decoded) === fields(whole)
      ) {
        return sps;
      }
    } catch (error) {
      if (!isFormatError(error)) throw error;
    }
  }
  throw new Error("no place was found");
}

describe.each([
  ["avc", "h264", "h264parse"],
  ["hevc", "hevc", "h265parse"],
] as const)("several pictures of %s in one PES packet", (codec, kind, parser) => {
  test.each([[[2]], [[3, 1]], [[5]], [[1, 4, 2]], [[25]]])("%j of them", async (counts) => {
    const pictures = await picturesOf(codec);
    const expected = await parsed(bytes(muxed(pictures, [1], kind)), `tsdemux ! ${parser}`);
    expect(timesOf(expected.units)).toEqual(timesOf(pictures));
    const { units, problems } = await parsed(
      bytes(muxed(pictures, counts, kind)),
      `tsdemux ! ${parser}`,
    );
    expect(problems).toEqual([]);
    expect(hexOf(units)).toEqual(hexOf(expected.units));
    expect(timesOf(units)).toEqual(timesOf(pictures));
  });

  test("and behind that they are pictures of their own in a transport stream", async () => {
    const pictures = await picturesOf(codec);
    const { units } = await parsed(
      bytes(muxed(pictures, [2], kind)),
      `tsdemux ! ${parser} ! mpegtsmux ! tsdemux`,
    );
    expect(units).toHaveLength(pictures.length);
    expect(timesOf(units)).toEqual(timesOf(pictures));
  });

  test.prop([fc.array(fc.integer({ min: 40, max: 4000 }), { minLength: 1, maxLength: 8 })], {
    numRuns: 20,
  })(
    "wherever PES packets are cut: the first picture that begins in one has its time",
    async (sizes) => {
      const pictures = await picturesOf(codec);
      const whole = Buffer.concat(pictures.map(({ data }) => data));
      const starts: number[] = [];
      let end = 0;
      for (const { data } of pictures) {
        starts.push(end);
        end += data.length;
      }
      const items: Item[] = [];
      for (let at = 0, n = 0; at < whole.length; n++) {
        const next = at + (sizes[n % sizes.length] as number);
        const first = starts.findIndex((start) => start >= at && start < next);
        const { pts, dts } = pictures[first] ?? { pts: undefined, dts: undefined };
        const times = { pts, dts: dts === pts ? undefined : dts };
        items.push({ type: "buffer", buffer: mediaBuffer(whole.subarray(at, next), times) });
        at = next;
      }
      const got = await parsed(items, parser);
      expect(hexOf(got.units)).toEqual(hexOf((await parsed(bytes(whole), parser)).units));
      expect(timesOf(got.units)).toEqual(timesOf(pictures));
      expect(got.problems).toEqual([]);
    },
  );
});

describe("a stream that does not tell its frame rate", () => {
  test.each([[[2]], [[3, 1]], [[4]]])(
    "times between those of the PES packets, %j in each",
    async (counts) => {
      const pictures = withoutVui(await picturesOf("avc"));
      const { units, problems } = await parsed(
        bytes(muxed(pictures, counts, "h264")),
        "tsdemux ! h264parse",
      );
      expect(timesOf(units)).toEqual(timesOf(pictures));
      expect(problems).toEqual([]);
    },
  );

  test("nothing to measure by: 25 pictures a second, and a warning", async () => {
    const pictures = withoutVui(await picturesOf("avc"));
    const { units, problems } = await parsed(
      bytes(muxed(pictures, [25], "h264")),
      "tsdemux ! h264parse",
    );
    expect(timesOf(units)).toEqual(timesOf(pictures));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("25 a second are assumed");
  });

  test("caps in front say it", async () => {
    const pictures = withoutVui(await picturesOf("avc"));
    const { units, problems } = await parsed(
      bytes(muxed(pictures, [25], "h264")),
      "tsdemux ! video/x-h264,framerate=50/1 ! h264parse",
    );
    // Twice as fast, but the first picture has its own times.
    const expected = timesOf(pictures);
    const ahead = expected[0]?.[1] as number;
    const shown = expected.map(([dts = 0, pts = 0]) => [dts / 2, (pts + ahead) / 2]);
    expect(timesOf(units)).toEqual(shown);
    expect(problems).toEqual([]);
  });
});

test("of buffers in which no unit begins only so many are remembered", () => {
  const times = new BufferTimes();
  const timesOf = (n: number) => ({ pts: BigInt(n), dts: undefined });
  for (let n = 0; n < 5000; n++) times.push(10, timesOf(n));
  // A unit that began in one of the first has no times, those in the newest have theirs.
  expect(times.take(13)).toBeUndefined();
  expect(times.take(49_973)).toEqual(timesOf(4997));
  for (let n = 0; n < 10; n++) times.push(10, undefined);
  times.push(10, timesOf(7));
  expect(times.take(50_043)).toBeUndefined();
  expect(times.take(50_103)).toEqual(timesOf(7));
});

test("a unit with a time of its own does not wait", async () => {
  const pictures = await picturesOf("avc");
  const times: (bigint | undefined)[] = [];
  const arrived: number[] = [];
  let sent = 0;
  async function* source(): AsyncGenerator<Item> {
    yield {
      type: "caps",
      caps: [
        { mediaType: "video/x-h264", fields: { "stream-format": "byte-stream", alignment: "au" } },
      ],
    };
    for (const { data, pts, dts } of pictures) {
      yield { type: "buffer", buffer: mediaBuffer(data, { pts, dts }) };
      sent++;
      // Everything behind has its turn.
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  const sink = appSink("out", (item) => {
    if (item.type !== "buffer") return;
    times.push(item.buffer.pts);
    arrived.push(sent);
  });
  await launch("in ! h264parse ! out", { elements: [appSrc("in", source()), sink] }).run();
  expect(times).toEqual(pictures.map(({ pts }) => pts));
  expect(arrived.every((count, n) => count <= n + 1)).toBe(true);
});
