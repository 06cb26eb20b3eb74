import { encodeSeiCaptions } from "@x/cea708";
import { AccessUnitParser, encodeAnnexB } from "@x/es";
import { describe, expect, test } from "vitest";
import {
  toHex,
  vectorBytes,
  vectorFiles,
  vectorJson,
  vectorsRoot,
} from "../../../tools/testing/vectors.js";
import { appSink, appSrc, type Item, launch, mediaBuffer, parseCaps } from "../src/index.js";

const SRT =
  "1\n00:00:01,000 --> 00:00:02,000\nBom <i>dia</i>\n\n2\n00:00:03,000 --> 00:00:04,000\nnoite\n";

interface Picture {
  readonly text: string;
  readonly pts: bigint | undefined;
  readonly duration: bigint | undefined;
}

async function pictures(middle: string): Promise<Picture[]> {
  const shown: Picture[] = [];
  await launch(`text ! subparse ! ${middle} ! pictures`, {
    elements: [
      appSrc("text", [{ type: "buffer", buffer: mediaBuffer(new TextEncoder().encode(SRT)) }]),
      appSink("pictures", (item) => {
        if (item.type !== "buffer") return;
        const { data, pts, duration } = item.buffer;
        shown.push({ text: new TextDecoder().decode(data), pts, duration });
      }),
    ],
  }).run();
  return shown;
}

const SECOND = 1_000_000_000n;

describe.each([
  ["708", "tttocea708 ! closedcaption/x-cea-708,framerate=25/1 ! cea708overlay"],
  ["608", "tttocea608 ! closedcaption/x-cea-608,framerate=25/1 ! cea608overlay"],
])("CEA-%s overlay", (_, front) => {
  test("one SVG picture for each change, with the time that it is shown", async () => {
    const all = await pictures(front);
    for (const { text } of all) expect(text).toMatch(/^<svg .*<\/svg>$/s);
    const plain = all.map(({ text }) => text.replace(/<[^>]*>/g, "").replace(/\s/g, ""));
    expect(plain).toEqual(["", "Bomdia", "", "noite", ...plain.slice(4)]);
    expect(plain.slice(4).join("")).toBe("");
    const [, first, , second] = all as [Picture, Picture, Picture, Picture];
    for (const [picture, start] of [
      [first, SECOND],
      [second, 3n * SECOND],
    ] as const) {
      const off = (picture.pts ?? 0n) - start;
      expect(off <= SECOND / 25n && off >= -SECOND / 25n).toBe(true);
      const length = (picture.duration ?? 0n) - SECOND;
      expect(length <= SECOND / 12n && length >= -SECOND / 12n).toBe(true);
    }
  });

  test("HTML when the caps behind ask", async () => {
    const all = await pictures(`${front} ! text/html`);
    expect(all[1]?.text).toMatch(/^<div/);
    expect(all[1]?.text.replace(/<[^>]*>/g, "").replace(/\s/g, "")).toContain("Bomdia");
  });
});

describe("captions in video", () => {
  const files = vectorFiles("cea708").filter((file) => /\.h26[45]$/.test(file));
  const expected = vectorJson<{ source_frames_cc_data: readonly string[] }>(
    "cea708",
    "es/expected.json",
  );

  test.each(files)("%s: what is in the SEI messages comes out", async (file) => {
    const codec = file.slice(-4);
    const found: string[] = [];
    await launch(
      `filesrc location="${vectorsRoot}/cea708/${file}" ! ${codec}parse ! ${codec}ccextractor ! captions`,
      {
        elements: [
          appSink("captions", (item) => {
            if (item.type === "buffer") found.push(toHex(item.buffer.data));
          }),
        ],
      },
    ).run();
    // Without times they come in the order of decoding.
    expect([...found].sort()).toEqual([...expected.source_frames_cc_data].sort());
  });

  test.each(files)("%s: captions that are put in come out, the old ones removed", async (file) => {
    const codec = file.slice(-4);
    const bytes = vectorBytes("cea708", file);
    const parser = new AccessUnitParser({ codec: codec === "h264" ? "avc" : "hevc" });
    const units = [...parser.push(bytes), ...parser.flush()].flatMap((event) =>
      event.type === "access-unit" ? [encodeAnnexB(event.nals)] : [],
    );
    const video = units.map((data, i): Item => {
      const pts = BigInt(i) * 40_000_000n;
      return { type: "buffer", buffer: mediaBuffer(data, { pts, dts: pts }) };
    });
    const captions = units.map((_, i): Item => {
      const data = Uint8Array.of(0xfc, 0x80 | (i & 0x7f), 0x00, 0xfa, 0, 0);
      return { type: "buffer", buffer: mediaBuffer(data, { pts: BigInt(i) * 40_000_000n }) };
    });
    const found: (readonly [string, bigint | undefined])[] = [];
    await launch(
      `video ! cccombiner name=c  captions ! closedcaption/x-cea-708,format=cc_data ! c.caption
       c. ! ${codec}ccinserter remove-existing=true ! ${codec}ccextractor ! sink`,
      {
        elements: [
          appSrc("video", [
            {
              type: "caps",
              caps: parseCaps(`video/x-${codec},stream-format=byte-stream,alignment=au`),
            },
            ...video,
          ]),
          appSrc("captions", [
            { type: "caps", caps: parseCaps("closedcaption/x-cea-708,format=cc_data") },
            ...captions,
          ]),
          appSink("sink", (item) => {
            if (item.type === "buffer") found.push([toHex(item.buffer.data), item.buffer.pts]);
          }),
        ],
      },
    ).run();
    expect(found).toEqual(
      captions.map((item) =>
        item.type === "buffer" ? [toHex(item.buffer.data), item.buffer.pts] : [],
      ),
    );
  });
});

test("cc_data that process_cc_data_flag takes back are not extracted", async () => {
  const sei = (byte: number, processCcDataFlag: boolean) => {
    const flags = { processEmDataFlag: true, additionalDataFlag: false, emData: 0xff };
    const ccData = Uint8Array.of(0xfc, byte, 0x80);
    return encodeSeiCaptions({ ...flags, processCcDataFlag, ccData }, "h264");
  };
  const found: string[] = [];
  await launch("video ! h264ccextractor ! captions", {
    elements: [
      appSrc("video", [
        {
          type: "caps",
          caps: parseCaps("video/x-h264,stream-format=byte-stream,alignment=au"),
        },
        { type: "buffer", buffer: mediaBuffer(encodeAnnexB([sei(0x01, false), sei(0x02, true)])) },
      ]),
      appSink("captions", (item) => {
        if (item.type === "buffer") found.push(toHex(item.buffer.data));
      }),
    ],
  }).run();
  expect(found).toEqual(["fc0280"]);
});

describe("cccombiner and ccextractor", () => {
  function* frames(count: number): Generator<Item> {
    yield { type: "caps", caps: parseCaps("video/x-raw,framerate=25/1") };
    for (let i = 0n; i < count; i++) {
      const pts = i * 40_000_000n;
      yield { type: "buffer", buffer: mediaBuffer(Uint8Array.of(Number(i)), { pts }) };
    }
  }
  function* captions(count: number): Generator<Item> {
    yield {
      type: "caps",
      caps: parseCaps("closedcaption/x-cea-708,format=cc_data,framerate=25/1"),
    };
    for (let i = 0n; i < count; i++) {
      const data = Uint8Array.of(0xfe, Number(i), 0);
      yield { type: "buffer", buffer: mediaBuffer(data, { pts: i * 40_000_000n + 3n }) };
    }
  }

  test("each picture gets its captions, and they come off again", async () => {
    const got: (readonly [number, bigint | undefined])[] = [];
    let pictures = 0;
    await launch(
      `video ! cccombiner name=c  captions ! c.caption  c. ! ccextractor name=x remove-caption-meta=true
       x.src ! pictures  x.caption ! texts`,
      {
        elements: [
          appSrc("video", frames(20)),
          appSrc("captions", captions(20)),
          appSink("pictures", (item) => {
            if (item.type !== "buffer") return;
            pictures++;
            expect(item.buffer.meta.captions).toBeUndefined();
          }),
          appSink("texts", (item) => {
            if (item.type === "buffer") got.push([item.buffer.data[1] as number, item.buffer.pts]);
          }),
        ],
      },
    ).run();
    expect(pictures).toBe(20);
    expect(got).toEqual(Array.from({ length: 20 }, (_, i) => [i, BigInt(i) * 40_000_000n]));
  });

  test("captions that are over before the first picture go with it, and none is lost at the end", async () => {
    const got: number[] = [];
    await launch("video ! cccombiner name=c  captions ! c.caption  c. ! pictures", {
      elements: [
        appSrc("video", frames(3)),
        appSrc("captions", captions(10)),
        appSink("pictures", (item) => {
          if (item.type === "buffer") got.push(item.buffer.meta.captions?.length ?? 0);
        }),
      ],
    }).run();
    expect(got.slice(0, 2)).toEqual([1, 1]);
    expect(got.reduce((sum, count) => sum + count, 0)).toBe(10);
  });
});
