import {
  encodeJxsVideoDescriptor,
  encodeOpusAudioDescriptor,
  type JxsVideoDescriptor,
  type MuxStream,
  TsMuxer,
} from "@x/mpegts";
import { describe, expect, test } from "vitest";
import {
  appSink,
  appSrc,
  formatCaps,
  type Item,
  launch,
  type MediaBuffer,
  mediaBuffer,
} from "../src/index.js";

const PID = 0x41;

interface Demuxed {
  caps: string;
  readonly buffers: MediaBuffer[];
  readonly problems: string[];
}

/** A transport stream of one stream: PES payloads 40 ms apart. */
function muxed(stream: Omit<MuxStream, "pid">, payloads: readonly Uint8Array[]): Uint8Array {
  const muxer = new TsMuxer({ programs: [{ streams: [{ pid: PID, ...stream }] }] });
  const pieces = payloads.map((data, n) => muxer.push({ pid: PID, data, pts: 90_000 + 3600 * n }));
  return Buffer.concat([...pieces, muxer.flush()]);
}

/** What comes out behind `tsdemux ! elements`. */
async function demuxed(ts: Uint8Array, elements = ""): Promise<Demuxed> {
  const result: Demuxed = { caps: "", buffers: [], problems: [] };
  const source: Item[] = [{ type: "buffer", buffer: mediaBuffer(ts) }];
  const sink = appSink("out", (item) => {
    if (item.type === "caps") result.caps = formatCaps(item.caps);
    if (item.type === "buffer") result.buffers.push(item.buffer);
  });
  await launch(`in ! tsdemux ${elements} ! out`, {
    elements: [appSrc("in", source), sink],
    onMessage: ({ type, text }) => {
      if (type === "warning" || type === "error") result.problems.push(text);
    },
  }).run();
  return result;
}

test.each([
  ["mpeg1-video", 1],
  ["mpeg2-video", 2],
  ["mpeg4-video", 4],
] as const)("%s has GStreamer's name", async (kind, version) => {
  const payload = Buffer.from("000001b31401c023", "hex");
  const { caps, buffers, problems } = await demuxed(muxed({ kind }, [payload, payload]));
  expect(caps).toMatch(/^video\/mpeg\b/);
  expect(caps).toContain(`mpegversion=${version}`);
  expect(caps).toContain("systemstream=false");
  expect(buffers.map(({ data }) => Buffer.from(data))).toEqual([payload, payload]);
  expect(problems).toEqual([]);
});

describe("JPEG XS", () => {
  const descriptor: JxsVideoDescriptor = {
    descriptorVersion: 0,
    horizontalSize: 64,
    verticalSize: 32,
    brat: 5,
    frat: 0x02_00_00_1e,
    schar: 0x8070,
    ppih: 0,
    plev: 0,
    maxBufferSize: 0,
    bufferModelType: 2,
    colourPrimaries: 1,
    transferCharacteristics: 1,
    matrixCoefficients: 1,
    videoFullRangeFlag: false,
    stillMode: false,
  };
  const interlaced = { ...descriptor, frat: 0x41_00_00_19, schar: 0x8073 };

  /** Codestreams, one a picture; of an interlaced picture both. */
  async function codestreams(count: number, mode = "progressive"): Promise<Uint8Array[]> {
    const all: Uint8Array[] = [];
    const sink = appSink("out", (item) => {
      if (item.type === "buffer") all.push(item.buffer.data.slice());
    });
    await launch(
      `videotestsrc num-buffers=${count} ! video/x-raw,format=I420,width=64,height=64,framerate=25/1` +
        `,interlace-mode=${mode} ! jpegxsenc ! out`,
      { elements: [sink] },
    ).run();
    return all;
  }

  /** With the elementary stream header in front. */
  function boxed(data: Uint8Array, { frat, schar } = descriptor): Uint8Array {
    const unit = new Uint8Array(30 + data.length);
    const view = new DataView(unit.buffer);
    view.setUint32(0, 30);
    unit.set(new TextEncoder().encode("jxes"), 4);
    view.setUint32(8, 5);
    view.setUint32(12, frat);
    view.setUint16(16, schar);
    unit.set(data, 30);
    return unit;
  }
  function startOfSecondField(unit: Uint8Array): number {
    const at = Buffer.from(unit).lastIndexOf(Buffer.from("ff10ff50", "hex"));
    expect(at).toBeGreaterThan(100);
    return at;
  }
  const stream = (of: JxsVideoDescriptor): Omit<MuxStream, "pid"> => ({
    kind: "jpegxs",
    descriptors: [encodeJxsVideoDescriptor(of)],
  });

  test("caps out of the descriptor, and codestreams without their box", async () => {
    const pictures = await codestreams(3);
    const [first, second, third] = pictures as [Uint8Array, Uint8Array, Uint8Array];
    const ts = muxed(stream(descriptor), [boxed(first), second, boxed(third)]);
    const { caps, buffers, problems } = await demuxed(ts);
    expect(caps).toMatch(/^image\/x-jxsc\b/);
    for (const field of [
      "alignment=frame",
      "codestream=jpeg-xs",
      "width=64",
      "height=32",
      "framerate=30000/1001",
      "interlace-mode=progressive",
      "depth=8",
      `sampling="YCbCr-4:2:2"`,
    ]) {
      expect(caps).toContain(field);
    }
    expect(buffers.map(({ data }) => Buffer.from(data))).toEqual(
      pictures.map((p) => Buffer.from(p)),
    );
    expect(problems).toEqual([]);
  });

  test("without a descriptor, and with a damaged one, the codestreams tell", async () => {
    const pictures = await codestreams(2);
    const damaged = { descriptorTag: 0x3f, data: Uint8Array.of(0x14, 0, 1) };
    const unknown = encodeJxsVideoDescriptor({ ...descriptor, descriptorVersion: 1 });
    for (const descriptors of [[], [damaged], [unknown]]) {
      const ts = muxed({ kind: "jpegxs", descriptors }, pictures);
      const { caps, buffers } = await demuxed(ts, "! jpegxsdec");
      expect(caps).toContain("width=64");
      expect(caps).toContain("height=64");
      expect(buffers).toHaveLength(2);
    }
  });

  test("two fields make a picture again; a picture that lost one does not spoil the next", async () => {
    const pictures = await codestreams(3, "interleaved");
    const units = pictures.map((data) => boxed(data, interlaced));
    const whole = await demuxed(muxed(stream(interlaced), units), "! jpegxsdec");
    expect(whole.caps).toContain("height=64");
    expect(whole.caps).toContain("framerate=25/1");
    expect(whole.buffers).toHaveLength(3);
    expect(whole.problems).toEqual([]);

    const [first, second, third] = units as [Uint8Array, Uint8Array, Uint8Array];
    const cut = [first, second.subarray(0, startOfSecondField(second)), third];
    const rest = await demuxed(muxed(stream(interlaced), cut), "! jpegxsdec");
    expect(rest.problems).toEqual(["an interlaced picture of 1 codestreams is dropped"]);
    expect(rest.buffers.map(({ data }) => data)).toEqual([
      whole.buffers[0]?.data,
      whole.buffers[2]?.data,
    ]);
  });

  test("the bottom field may come first", async () => {
    const [picture] = (await codestreams(1, "interleaved")) as [Uint8Array];
    const at = startOfSecondField(picture);
    const swapped = Buffer.concat([picture.subarray(at), picture.subarray(0, at)]);
    const bottomFirst = { ...interlaced, frat: 0x81_00_00_19 };
    const expected = await demuxed(muxed(stream(interlaced), [picture]), "! jpegxsdec");
    const got = await demuxed(muxed(stream(bottomFirst), [swapped]), "! jpegxsdec");
    expect(got.buffers.map(({ data }) => data)).toEqual(expected.buffers.map(({ data }) => data));
  });
});

describe("Opus", () => {
  /** 20 ms, CELT full band. */
  const packet = (length: number, fill: number): Uint8Array => {
    const bytes = new Uint8Array(length).fill(fill);
    bytes[0] = 0xf8;
    return bytes;
  };
  /** An access unit: flags of the control header, what they announce, the packet. */
  function unit(data: Uint8Array, flags = 0, extra: readonly number[] = []): Uint8Array {
    const size = [...new Array<number>(Math.floor(data.length / 255)).fill(255), data.length % 255];
    return Uint8Array.from([0x7f, 0xe0 | flags, ...size, ...extra, ...data]);
  }
  const stream = (channelConfigCode: number): Omit<MuxStream, "pid"> => ({
    kind: "opus",
    descriptors: [encodeOpusAudioDescriptor({ channelConfigCode, rest: new Uint8Array(0) })],
  });

  test("packets without their control headers, each with its time", async () => {
    const packets = [packet(5, 1), packet(255, 2), packet(600, 3), packet(9, 4)];
    const [a, b, c, d] = packets as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    const payloads = [
      // start_trim_flag; control_extension_flag.
      Buffer.concat([unit(a, 0x10, [1, 56]), unit(b, 0x04, [2, 9, 9])]),
      Buffer.concat([unit(c), unit(d, 0x18, [0, 1, 0, 2])]),
    ];
    for (const elements of ["", "! opusparse"]) {
      const got = await demuxed(muxed(stream(2), payloads), elements);
      expect(got.caps).toMatch(/^audio\/x-opus\b/);
      expect(got.caps).toContain("channels=2");
      // "OpusHead", version 1, 2 channels.
      expect(got.caps).toContain("4f707573486561640102");
      expect(got.buffers.map(({ data }) => data)).toEqual(packets);
      expect(got.buffers.map(({ pts }) => Number(pts) / 1e6)).toEqual([0, 20, 40, 60]);
      expect(got.problems).toEqual([]);
    }
  });

  test("six channels have a mapping; a code that is not known has no configuration", async () => {
    const payloads = [unit(packet(20, 1))];
    const six = await demuxed(muxed(stream(6), payloads));
    expect(six.caps).toContain("channels=6");
    expect(six.caps).toContain("010402000401020305");
    const other = await demuxed(muxed(stream(0x81), payloads));
    expect(other.caps).toBe("audio/x-opus");
  });

  test("damage costs the rest of its PES packet, and is told", async () => {
    const good = unit(packet(30, 1));
    const payloads = [
      Buffer.concat([good, Buffer.of(0, 1, 2, 3)]),
      good.subarray(0, 20),
      Buffer.of(0x7f),
      good,
    ];
    const { buffers, problems } = await demuxed(muxed(stream(1), payloads));
    expect(buffers.map(({ data }) => data)).toEqual([packet(30, 1), packet(30, 1)]);
    expect(problems).toEqual([
      "no Opus access unit at byte 33 of a PES packet of 37 bytes",
      "no Opus access unit at byte 0 of a PES packet of 20 bytes",
      "no Opus access unit at byte 0 of a PES packet of 1 bytes",
    ]);
  });
});
