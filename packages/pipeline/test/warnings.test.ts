import { describe, expect, test } from "vitest";
import { line21Warning } from "../src/elements/text-to-captions.js";
import { appSrc, launch, mediaBuffer, type PipelineMessage, parseCaps } from "../src/index.js";

/** The warnings about one cue. */
async function warningsOf(element: string, text: string, pts = 0n): Promise<PipelineMessage[]> {
  const messages: PipelineMessage[] = [];
  await launch(`text ! ${element} ! fakesink`, {
    elements: [
      appSrc("text", [
        {
          type: "buffer",
          buffer: mediaBuffer(new TextEncoder().encode(text), { pts, duration: 4_000_000_000n }),
        },
      ]),
    ],
    onMessage: (message) => messages.push(message),
  }).run();
  return messages.filter(({ type }) => type === "warning");
}

describe("a warning names the caption", () => {
  // At the beginning of the stream there is no time to load a caption before it is to appear.
  const long = 'Ils disent "bonjour" à tout le monde,\ntoujours.';

  test("that line 21 shows late, and how late", async () => {
    const [warning] = await warningsOf("tttocea608", long);
    const lateMs = Math.round(warning?.details?.lateMs as number);
    expect(lateMs).toBeGreaterThan(0);
    expect(warning?.text).toBe(
      `the caption "Ils disent \\"bonjour\\" à tout l…" at 00:00:00.000 appears ${lateMs} ms late: line 21 has no room`,
    );
  });

  test("that CEA-708 shows late, and how late", async () => {
    const [warning] = await warningsOf("tttocea708", "a".repeat(30).concat("\n").repeat(4));
    const frames = warning?.details?.lateFrames as number;
    expect(frames).toBeGreaterThan(0);
    expect(warning?.text).toBe(
      `the caption "${"a".repeat(29)}…" at 00:00:00.000 appears ${frames} frames late: the frames have no room`,
    );
  });

  test("with its characters that cannot be", async () => {
    const [warning] = await warningsOf("tttocea608", "漢 a 字", 20_000_000_000n);
    expect(warning?.text).toBe(
      'the caption "漢 a 字" at 00:00:20.000 has "漢 字", which CEA-608 does not have',
    );
  });

  test("with hours beyond a day", () => {
    const cue = { start: 90_061_001, end: Infinity, lines: ["a", [{ text: "b" }, { text: "c" }]] };
    expect(line21Warning({ type: "late", cue, lateMs: 33.4 })).toBe(
      'the caption "a bc" at 25:01:01.001 appears 33 ms late: line 21 has no room',
    );
  });

  test("that is split", async () => {
    const warnings = await warningsOf("tttocea608", "a\nb\nc\nd\ne\nf", 20_000_000_000n);
    expect(warnings.map(({ text }) => text)).toContain(
      'the caption "a b c d e f" at 00:00:20.000 was split into 2: it has more rows than are shown',
    );
  });
});

describe("jpegxsenc says which pictures it cannot encode", () => {
  test.each([
    [
      "bits-per-pixel=0",
      "format=I420,width=320,height=240",
      "bits-per-pixel=0 is too little: a codestream of pictures of 320 x 240 would have 0 bytes",
    ],
    [
      "bits-per-pixel=1/2",
      "format=I420,width=64,height=16",
      "bits-per-pixel=0.5 is too little: a codestream of pictures of 64 x 16 would have 64 bytes",
    ],
    ["", "format=I420,width=16,height=16", "cannot encode pictures of 16 x 16: they are too small"],
    [
      "bits-per-pixel=9000000",
      "format=I420,width=320,height=240",
      "bits-per-pixel=9000000 is too much: a codestream of pictures of 320 x 240 would have 86400000000 bytes",
    ],
    [
      "",
      "format=I420,width=321,height=240",
      "cannot encode pictures of 321 x 240 in 4:2:0: the width must be even",
    ],
    [
      "",
      "format=I420,width=320,height=241",
      "cannot encode pictures of 320 x 241 in 4:2:0: the height must be even",
    ],
    [
      "",
      "format=I420,width=320,height=242,interlace-mode=interleaved",
      "cannot encode interlaced pictures of 320 x 242 in 4:2:0: the height must be a multiple of 4",
    ],
    [
      "",
      "format=Y42B,width=320,height=241,interlace-mode=interleaved",
      "cannot encode interlaced pictures of 320 x 241 in 4:2:2: the height must be even",
    ],
    ["", "format=Y444,width=70000,height=16", "cannot encode pictures of 70000 x 16: 70000 is not"],
  ])("%s %s", async (properties, fields, message) => {
    const caps = parseCaps(`video/x-raw,${fields},framerate=25/1`);
    const pipeline = launch(`source ! jpegxsenc ${properties} ! fakesink`, {
      elements: [appSrc("source", [{ type: "caps", caps }])],
    });
    await expect(pipeline.run()).rejects.toMatchObject({
      code: "stream",
      message: expect.stringContaining(`jpegxsenc0: ${message}`),
    });
  });
});
