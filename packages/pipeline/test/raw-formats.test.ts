import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  appSink,
  appSrc,
  formatCaps,
  type Item,
  launch,
  mediaBuffer,
  parseCaps,
} from "../src/index.js";

/** Packed formats, and the planar ones with the same samples. */
const PLANAR = {
  NV12: "I420",
  P010_10LE: "I420_10LE",
  UYVY: "Y42B",
  YUY2: "Y42B",
  v210: "I422_10LE",
} as const;
type Packed = keyof typeof PLANAR;
const PACKED = Object.keys(PLANAR) as Packed[];

interface Result {
  readonly caps: string;
  readonly data: Uint8Array[];
}

/** Pictures of these caps through elements. */
async function through(caps: string, data: Uint8Array, elements: string): Promise<Result> {
  const result = { caps: "", data: [] as Uint8Array[] };
  const items: Item[] = [
    { type: "caps", caps: parseCaps(`video/x-raw,framerate=25/1,${caps}`) },
    { type: "buffer", buffer: mediaBuffer(data, { pts: 0n }) },
  ];
  const sink = appSink("out", (item) => {
    if (item.type === "caps") result.caps = formatCaps(item.caps);
    if (item.type === "buffer") result.data.push(item.buffer.data.slice());
  });
  await launch(`in ! ${elements} ! out`, { elements: [appSrc("in", items), sink] }).run();
  return result;
}

async function converted(caps: string, data: Uint8Array, format: string): Promise<Uint8Array> {
  const { data: pictures } = await through(
    caps,
    data,
    `videoconvert ! video/x-raw,format=${format}`,
  );
  return pictures[0] as Uint8Array;
}

/** Samples of a picture of a planar format, all different from their neighbours, within `bits`. */
function samples(format: string, width: number, height: number, seed = 1): Uint8Array {
  const bits = Number(/_(\d+)LE/.exec(format)?.[1] ?? 8);
  const across = /444|GBR/.test(format) ? width : Math.ceil(width / 2);
  const down = /420/.test(format) ? Math.ceil(height / 2) : height;
  const count = width * height + 2 * across * down;
  let random = seed;
  const values = Array.from({ length: count }, () => {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    return random >>> (32 - bits);
  });
  return bits > 8 ? new Uint8Array(Uint16Array.from(values).buffer) : Uint8Array.from(values);
}

const hex = (data: Uint8Array | undefined): string => Buffer.from(data ?? []).toString("hex");

describe("layouts", () => {
  // Luma 1, 2…, Cb a1…, Cr b1….
  test.each([
    ["NV12", "width=4,height=2", "0102030405060708 a1a2 b1b2", "0102030405060708 a1b1a2b2"],
    ["UYVY", "width=4,height=1", "01020304 a1a2 b1b2", "a101b102 a203b204"],
    ["YUY2", "width=4,height=1", "01020304 a1a2 b1b2", "01a102b1 03a204b2"],
    // The pixel beside the last one of an odd row is the last one again.
    ["UYVY", "width=3,height=1", "010203 a1a2 b1b2", "a101b102 a203b203"],
    [
      "P010_10LE",
      "width=2,height=2",
      "0100 0200 0300 ff03 0102 ff01",
      "4000 8000 c000 c0ff 4080 c07f",
    ],
  ])("%s, %s", async (format, size, planar, packed) => {
    const of = (text: string): Uint8Array => Buffer.from(text.replaceAll(" ", ""), "hex");
    const original = `format=${PLANAR[format as Packed]},${size}`;
    expect(hex(await converted(original, of(planar), format))).toBe(hex(of(packed)));
    const back = await converted(`format=${format},${size}`, of(packed), PLANAR[format as Packed]);
    expect(hex(back)).toBe(hex(of(planar)));
  });

  test("v210: three samples a word, six pixels in four words, 128 bytes for 48 pixels", async () => {
    const luma = [0x001, 0x002, 0x003, 0x004, 0x005, 0x3ff];
    const cb = [0x101, 0x102, 0x103];
    const cr = [0x201, 0x202, 0x203];
    const planar = new Uint8Array(Uint16Array.of(...luma, ...cb, ...cr).buffer);
    const packed = await converted("format=I422_10LE,width=6,height=1", planar, "v210");
    const word = (a: number, b: number, c: number): number => a + b * 2 ** 10 + c * 2 ** 20;
    expect(packed).toHaveLength(128);
    expect([...new Uint32Array(packed.buffer, 0, 5)]).toEqual([
      word(0x101, 0x001, 0x201),
      word(0x002, 0x102, 0x003),
      word(0x202, 0x004, 0x103),
      word(0x005, 0x203, 0x3ff),
      0,
    ]);
    const wide = await converted(
      "format=I422_10LE,width=49,height=2",
      samples("I422_10LE", 49, 2),
      "v210",
    );
    expect(wide).toHaveLength(2 * 256);
  });

  test("a picture that is too short is a sentence", async () => {
    const short = converted("format=v210,width=48,height=2", new Uint8Array(255), "I422_10LE");
    await expect(short).rejects.toThrow("videoconvert0: a picture has 255 of 256 bytes");
  });
});

describe("nothing is lost", () => {
  const size = { width: fc.integer({ min: 1, max: 65 }), height: fc.integer({ min: 1, max: 65 }) };

  const drawn = fc.record({
    ...size,
    format: fc.constantFrom(...PACKED),
    odd: fc.boolean(),
    make: fc.constantFrom(
      (length: number) => new Uint8Array(length),
      (length: number) => Buffer.alloc(length),
    ),
  });

  test.prop([drawn], {
    numRuns: 60,
  })("planes, packed and planes again, any size, any place in memory", async (one) => {
    const { width, height, format, odd, make } = one;
    const planar = PLANAR[format];
    const place = `width=${width},height=${height}`;
    const picture = samples(planar, width, height);
    // Some receivers' pictures begin at an odd byte of their memory.
    const moved = make(picture.length + 1)
      .subarray(odd ? 1 : 0)
      .subarray(0, picture.length);
    moved.set(picture);
    const packed = await converted(`format=${planar},${place}`, moved, format);
    const shifted = make(packed.length + 1)
      .subarray(odd ? 1 : 0)
      .subarray(0, packed.length);
    shifted.set(packed);
    expect(hex(await converted(`format=${format},${place}`, shifted, planar))).toBe(hex(picture));
  });

  // There and back: more bits, more chroma, RGB as RGB.
  test.each([
    ["I420", "I420_10LE"],
    ["Y42B", "v210"],
    ["Y42B", "I422_12LE"],
    ["I420", "Y42B"],
    ["I420", "Y444_12LE"],
    ["NV12", "UYVY"],
    ["v210", "Y444_10LE"],
    ["GBR", "GBR_12LE"],
    ["GRAY8", "I420"],
  ])("%s to %s and back, progressive and interlaced, odd sizes", async (from, to) => {
    for (const mode of ["progressive", "interleaved"]) {
      for (const [width, height] of [
        [8, 8],
        [7, 6],
        [1, 2],
        [2, 1],
        [13, 11],
      ] as const) {
        const place = `width=${width},height=${height},interlace-mode=${mode}`;
        const planar = from in PLANAR ? PLANAR[from as Packed] : from;
        const bytes = samples(planar, width, height, width);
        const picture =
          from === "GRAY8"
            ? bytes.subarray(0, width * height)
            : from === planar
              ? bytes
              : await converted(`format=${planar},${place}`, bytes, from);
        const other = await converted(`format=${from},${place}`, picture, to);
        expect(hex(await converted(`format=${to},${place}`, other, from))).toBe(hex(picture));
      }
    }
  });

  test("interlaced chroma stays in its field", async () => {
    // Rows of chroma alternate between fields: 10 and 90.
    const luma = new Uint8Array(2 * 8);
    const chroma = Uint8Array.of(10, 90, 10, 90);
    const picture = Buffer.concat([luma, chroma, chroma]);
    const place = "width=2,height=8,interlace-mode=interleaved";
    const tall = await converted(`format=I420,${place}`, picture, "Y42B");
    expect([...tall.subarray(16, 24)]).toEqual([10, 90, 10, 90, 10, 90, 10, 90]);
    expect(hex(await converted(`format=Y42B,${place}`, tall, "I420"))).toBe(hex(picture));
  });

  test("fewer bits are rounded, and never overflow", async () => {
    const planar = new Uint8Array(Uint16Array.of(0, 1, 2, 1021, 1022, 1023).buffer);
    const picture = await converted("format=GRAY10_LE16,width=6,height=1", planar, "GRAY8");
    expect([...picture]).toEqual([0, 0, 1, 255, 255, 255]);
  });

  test.each(["I420", "v210", "Y444_12LE"])("the colours of %s are those of RGB", async (format) => {
    const bars = "width=64,height=32";
    const source = `videotestsrc num-buffers=1 ! video/x-raw,format=GBR,${bars}`;
    const got: Uint8Array[] = [];
    const sink = appSink("out", (item) => {
      if (item.type === "buffer") got.push(item.buffer.data.slice());
    });
    await launch(
      `${source} ! tee name=t t. ! queue ! out t. ! queue ! videoconvert ! video/x-raw,format=${format}` +
        " ! videoconvert ! video/x-raw,format=GBR ! again",
      {
        elements: [
          sink,
          {
            ...appSink(
              "again",
              (item) => void (item.type === "buffer" && got.push(item.buffer.data.slice())),
            ),
          },
        ],
      },
    ).run();
    const [before, after] = got as [Uint8Array, Uint8Array];
    const off = before.filter((sample, n) => Math.abs(sample - (after[n] as number)) > 3).length;
    // But where a chroma sample stands for two bars.
    expect(off).toBeLessThan(before.length / 8);
  });
});

describe("every element takes them", () => {
  const size = "width=48,height=32";
  const source = (format: string): string =>
    `videotestsrc pattern=snow num-buffers=2 ! video/x-raw,format=${format},${size}`;
  async function output(description: string): Promise<Result> {
    const result = { caps: "", data: [] as Uint8Array[] };
    const sink = appSink("out", (item) => {
      if (item.type === "caps") result.caps = formatCaps(item.caps);
      if (item.type === "buffer") result.data.push(item.buffer.data.slice());
    });
    await launch(`${description} ! out`, { elements: [sink] }).run();
    return result;
  }

  test.each(PACKED)(
    "%s: as its planes in JPEG XS, Y4M and PNG, and whole again",
    async (format) => {
      const planar = PLANAR[format];
      const packed = await output(source(format));
      expect(packed.caps).toContain(`format=${format}`);
      expect(
        (await output(`${source(planar)} ! videoconvert ! video/x-raw,format=${format}`)).data,
      ).toEqual(packed.data);
      for (const encoder of ["jpegxsenc lossless=true", "y4menc", "pngenc"]) {
        const expected = await output(`${source(planar)} ! ${encoder}`);
        expect((await output(`${source(format)} ! ${encoder}`)).data).toEqual(expected.data);
      }
      for (const codec of ["jpegxsenc lossless=true ! jpegxsdec", "y4menc ! y4mdec"]) {
        const back = await output(
          `${source(format)} ! ${codec} ! videoconvert ! video/x-raw,format=${format}`,
        );
        expect(back.data).toEqual(packed.data);
      }
    },
  );

  test.each(PACKED)("%s: rawvideoparse cuts it", async (format) => {
    const { data } = await output(source(format));
    const items: Item[] = [
      { type: "caps", caps: "ANY" },
      { type: "buffer", buffer: mediaBuffer(Buffer.concat(data)) },
    ];
    const got: Uint8Array[] = [];
    const sink = appSink("out", (item) => {
      if (item.type === "buffer") got.push(item.buffer.data.slice());
    });
    await launch(`in ! rawvideoparse format=${format} width=48 height=32 ! out`, {
      elements: [appSrc("in", items.slice(1)), sink],
    }).run();
    expect(got).toEqual(data);
  });
});

describe("videoconvert", () => {
  test.each([
    ["I420", "{ NV12, I420 }", "I420"],
    ["Y42B", "{ NV12, v210, UYVY }", "UYVY"],
    ["I420_10LE", "{ I420, I422_10LE }", "I422_10LE"],
    ["v210", "{ GBR_10LE, Y444_10LE, I420_10LE, I422_10LE }", "I422_10LE"],
    ["GBR", "{ I420, Y444 }", "Y444"],
    ["Y444", "{ GRAY8, I420, Y42B }", "Y42B"],
  ])("of %s %s loses least: %s", async (from, formats, chosen) => {
    const planar = from in PLANAR ? PLANAR[from as Packed] : from;
    const bytes = samples(planar, 48, 2);
    const picture = from === "v210" ? new Uint8Array(256) : bytes;
    const { caps } = await through(
      `format=${from},width=48,height=2`,
      picture,
      `videoconvert ! video/x-raw,format=${formats}`,
    );
    expect(caps).toContain(`format=${chosen},`);
  });

  test("passes on what fits, and asks for what caps behind it fix", async () => {
    const picture = samples("Y42B", 16, 8);
    const plain = await through("format=Y42B,width=16,height=8", picture, "videoconvert");
    expect(hex(plain.data[0])).toBe(hex(picture));
    const sizes: number[] = [];
    const sink = appSink("out", (item) => {
      if (item.type === "buffer") sizes.push(item.buffer.data.length);
    });
    await launch(
      "videotestsrc num-buffers=1 ! videoconvert ! video/x-raw,format=v210,width=96,height=4 ! out",
      { elements: [sink] },
    ).run();
    expect(sizes).toEqual([4 * 256]);
  });
});
