import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appSink, type Caps, formatCaps, launch, type PipelineMessage } from "../src/index.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "x-video-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Pictures {
  readonly caps: Caps[];
  readonly data: Uint8Array[];
  readonly messages: PipelineMessage[];
}

/** What arrives behind `description`. */
async function pictures(description: string): Promise<Pictures> {
  const got: Pictures = { caps: [], data: [], messages: [] };
  await launch(`${description} ! pictures`, {
    elements: [
      appSink("pictures", (item) => {
        if (item.type === "caps") got.caps.push(item.caps);
        if (item.type === "buffer") got.data.push(item.buffer.data.slice());
      }),
    ],
    onMessage: (message) => got.messages.push(message),
  }).run();
  return got;
}

const FORMATS = ["I420", "Y42B", "Y444", "GBR", "GRAY8", "I422_10LE", "Y444_12LE", "GBR_10LE"];

describe("JPEG XS", () => {
  test.each(FORMATS)("%s, lossless, through a file in odd pieces", async (format) => {
    const file = join(folder, `${format}.jxs`);
    const source = `videotestsrc num-buffers=2 pattern=snow ! video/x-raw,format=${format},width=64,height=48,framerate=25/1`;
    const before = await pictures(source);
    await launch(`${source} ! jpegxsenc lossless=true ! filesink location="${file}"`).run();
    const after = await pictures(`filesrc location="${file}" blocksize=777 ! jpegxsdec`);
    expect(after.data).toEqual(before.data);
  });

  test("interlaced pictures are two codestreams, and come back whole", async () => {
    const source =
      "videotestsrc num-buffers=2 pattern=snow ! video/x-raw,format=Y42B,width=64,height=48,framerate=25/1,interlace-mode=interleaved";
    const before = await pictures(source);
    const coded = await pictures(`${source} ! svtjpegxsenc lossless=true`);
    expect(formatCaps(coded.caps[0] as Caps)).toContain("interlace-mode=fields");
    const after = await pictures(`${source} ! svtjpegxsenc lossless=true ! svtjpegxsdec`);
    expect(after.data).toEqual(before.data);
    expect(formatCaps(after.caps[0] as Caps)).toContain("interlace-mode=interleaved");
  });

  test("codestreams have the size that was asked for", async () => {
    const { data } = await pictures(
      "videotestsrc num-buffers=3 ! video/x-raw,format=Y42B,width=320,height=240 ! jpegxsenc bits-per-pixel=2/1",
    );
    expect(data.map(({ length }) => length)).toEqual([19_200, 19_200, 19_200]);
  });

  test("half size", async () => {
    const { caps } = await pictures(
      "videotestsrc num-buffers=1 ! video/x-raw,format=Y42B,width=320,height=240 ! jpegxsenc ! jpegxsdec scale=half",
    );
    expect(formatCaps(caps[0] as Caps)).toContain("width=160, height=120");
  });

  test("what is no JPEG XS is one sentence", async () => {
    const file = join(folder, "no.jxs");
    await writeFile(file, "no picture at all");
    await expect(launch(`filesrc location="${file}" ! jpegxsdec ! fakesink`).run()).rejects.toThrow(
      "jpegxsdec0: no JPEG XS codestream was found",
    );
  });

  test("a codestream that cannot be decoded is an error, not a missing one", async () => {
    const good = await pictures(
      "videotestsrc num-buffers=1 ! video/x-raw,format=Y42B,width=64,height=64 ! jpegxsenc",
    );
    const bytes = Uint8Array.from(good.data[0] as Uint8Array);
    // Nothing but ones behind the headers of the first precinct: counts of bit-planes that cannot be.
    bytes.fill(0xff, bytes.length / 2, bytes.length - 2);
    const file = join(folder, "damaged.jxs");
    await writeFile(file, bytes);
    const { data, messages } = await pictures(`filesrc location="${file}" ! jpegxsdec`);
    expect(data).toEqual([]);
    expect(messages.map(({ type }) => type)).toContain("error");
  });
});

describe("raw video", () => {
  test.each(["I420", "Y42B", "Y444", "GRAY8", "I422_10LE", "I420_12LE"])(
    "%s through Y4M, byte for byte",
    async (format) => {
      const file = join(folder, `${format}.y4m`);
      const source = `videotestsrc num-buffers=3 ! video/x-raw,format=${format},width=50,height=30,framerate=30000/1001`;
      const before = await pictures(source);
      await launch(`${source} ! y4menc ! filesink location="${file}"`).run();
      const after = await pictures(`filesrc location="${file}" blocksize=999 ! y4mdec`);
      expect(after.data).toEqual(before.data);
      expect(after.caps).toEqual(before.caps);
    },
  );

  test.each(["y4menc", "pngenc", "jpegxsenc"])(
    "%s does not take bytes for pictures",
    async (name) => {
      const file = join(folder, "bytes");
      await writeFile(file, new Uint8Array(1000));
      await expect(launch(`filesrc location="${file}" ! ${name} ! fakesink`).run()).rejects.toThrow(
        `${name}0: pictures come without format, width and height`,
      );
    },
  );

  test("rawvideoparse cuts pictures and reports a part of one at the end", async () => {
    const file = join(folder, "raw.yuv");
    await writeFile(file, new Uint8Array(16 * 8 * 2 * 3 + 5));
    const { data, messages } = await pictures(
      `filesrc location="${file}" blocksize=100 ! rawvideoparse format=Y42B width=16 height=8`,
    );
    expect(data.map(({ length }) => length)).toEqual([256, 256, 256]);
    expect(messages.map(({ type }) => type)).toEqual(["error"]);
  });

  test("RGB goes to PNG and back unchanged", async () => {
    const file = join(folder, "p.png");
    const source =
      "videotestsrc num-buffers=1 pattern=snow ! video/x-raw,format=GBR,width=33,height=17";
    const before = await pictures(source);
    await launch(`${source} ! pngenc ! filesink location="${file}"`).run();
    expect([...(await readFile(file)).subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
    expect((await pictures(`filesrc location="${file}" ! pngdec`)).data).toEqual(before.data);
  });

  test.each([
    ["", "y4mdec0: this is no YUV4MPEG2 file"],
    ["YUV4MPEG2 W0 H5\n", 'y4mdec0: the header "YUV4MPEG2 W0 H5" makes no sense'],
    ["YUV4MPEG2 W4 H4 C411\n", 'y4mdec0: the colour space "411" is not supported'],
    ["YUV4MPEG2 W4 H4\nframe\n", 'y4mdec0: "FRAME" expected, not "frame"'],
  ])("a bad Y4M file is one sentence: %j", async (text, message) => {
    const file = join(folder, "bad.y4m");
    await writeFile(file, text);
    await expect(launch(`filesrc location="${file}" ! y4mdec ! fakesink`).run()).rejects.toThrow(
      message,
    );
  });
});
