import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseScc, sccPairs } from "@x/cea608";
import {
  type Cue,
  cueText,
  formatMcc,
  type MccLine,
  mccFrameOf,
  parseMcc,
  parseSrt,
} from "@x/cea708";
import { sizeOfPayload } from "@x/rfc8331";
import { createAncPacket, did, encodeUnit, parseUnit, payload, sdid } from "@x/st2038";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { vectorFiles, vectorsRoot } from "../../../tools/testing/vectors.js";
import {
  always,
  appSink,
  appSrc,
  elementFactory,
  forEachItem,
  launch,
  type MediaBuffer,
  mediaBuffer,
  type PipelineMessage,
  parseCaps,
} from "../src/index.js";

const srt = fileURLToPath(new URL("../../../fixtures/demo/lisbon.srt", import.meta.url));
const sent = parseSrt(new Uint8Array(readFileSync(srt))).cues;
/** One frame at 30 a second, and the rounding of its time. */
const ONE_FRAME_MS = 1000 / 30 + 0.01;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "x-captions-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Cues that arrive at an appsink named `cues`. */
function collector(): { readonly cues: Cue[]; readonly element: ReturnType<typeof appSink> } {
  const cues: Cue[] = [];
  const element = appSink("cues", (item) => {
    if (item.type === "buffer" && item.buffer.meta.cue !== undefined)
      cues.push(item.buffer.meta.cue);
  });
  return { cues, element };
}

function expectSame(received: readonly Cue[], offsetMs = 0): void {
  const sorted = [...received].sort((a, b) => a.startMs - b.startMs);
  expect(sorted.map(cueText)).toEqual(sent.map(cueText));
  for (const [index, cue] of sorted.entries()) {
    const original = sent[index] as Cue;
    expect(Math.abs(cue.startMs - offsetMs - original.startMs)).toBeLessThanOrEqual(ONE_FRAME_MS);
    expect(Math.abs(cue.endMs - offsetMs - original.endMs)).toBeLessThanOrEqual(ONE_FRAME_MS);
  }
}

/** Passes data through; calls `onBuffer` for each buffer and waits for what it returns. */
function tap(name: string, onBuffer: () => void | Promise<void>): ReturnType<typeof appSink> {
  return elementFactory({
    name,
    classification: "Test",
    description: "Passes data through.",
    properties: {},
    pads: [always("sink", "ANY"), always("src", "ANY")],
    create: () => ({
      async run(context) {
        await forEachItem(context.sink(), {
          async buffer(buffer) {
            await onBuffer();
            await context.src().buffer(buffer);
          },
          otherwise: (item) => context.src().push(item),
        });
      },
    }),
  });
}

function firstVector(extension: string): string {
  const file = vectorFiles("cea708").find((name) => name.endsWith(extension));
  return join(vectorsRoot, "cea708", file ?? "none");
}

const FRONT = `filesrc location="${srt}" ! subparse ! tttocea708 ! closedcaption/x-cea-708,framerate=30/1`;

describe("stop()", () => {
  test.each([
    ["subparse ! tttocea708 ! closedcaption/x-cea-708,framerate=30/1", srt],
    ["subparse ! tttocea608 ! closedcaption/x-cea-608,framerate=30/1", srt],
    ["sccparse", firstVector(".scc")],
    ["mccparse", firstVector(".mcc")],
  ])("does not play the rest of a file that was read whole: %s", async (front, file) => {
    let arrived = 0;
    const pipeline = launch(`filesrc location="${file}" ! ${front} ! stopper ! fakesink`, {
      elements: [
        tap("stopper", () => {
          if (++arrived === 5) pipeline.stop();
        }),
      ],
    });
    await pipeline.run();
    // The fifth, what the link in front holds, and the one that was being made.
    expect(arrived).toBeLessThanOrEqual(11);
  });
});

describe("captions through a pipeline", () => {
  test("as cc_data", async () => {
    const { cues, element } = collector();
    await launch(`${FRONT} ! cea708tott ! cues`, { elements: [element] }).run();
    expectSame(cues);
  });

  test("as CDP in ST 2038", async () => {
    const { cues, element } = collector();
    await launch(`${FRONT} ! ccconverter ! cctost2038anc ! st2038anctocc ! cea708tott ! cues`, {
      elements: [element],
    }).run();
    expectSame(cues);
  });

  test("as RTP over loopback UDP, in two pipelines", async () => {
    const { cues, element } = collector();
    let ready: (port: number) => void = () => {};
    const port = new Promise<number>((resolve) => {
      ready = resolve;
    });
    const messages: PipelineMessage[] = [];
    // UDP has no flow control and the kernel's buffer is small: at most this many datagrams are under way.
    let received = 0;
    let sentDatagrams = 0;
    const window = tap("window", async () => {
      for (sentDatagrams++; sentDatagrams - received > 64; ) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    });
    const receiver = launch(
      "udpsrc address=127.0.0.1 port=0 timeout=1000000000 ! count ! rtpsmpte291depay use-rtp-time=true ! st2038anctocc ! cea708tott ! cues",
      {
        elements: [element, tap("count", () => void received++)],
        onMessage(message) {
          messages.push(message);
          if (typeof message.details?.port === "number") ready(message.details.port);
          if (message.type === "timeout") receiver.stop();
        },
      },
    );
    const receiving = receiver.run();
    await launch(
      `${FRONT} ! ccconverter ! cctost2038anc ! rtpsmpte291pay timestamp-offset=0 ! window ! udpsink host=127.0.0.1 port=${await port} sync=false`,
      { elements: [window] },
    ).run();
    await receiving;
    expect(messages.filter(({ type }) => type === "warning")).toEqual([]);
    expectSame(cues);
  });

  test("into a transport stream file and out of it, as SubRip", async () => {
    const ts = join(folder, "captions.ts");
    const out = join(folder, "out.srt");
    await launch(
      `${FRONT} ! ccconverter ! cctost2038anc ! mpegtsmux ! filesink location="${ts}"`,
    ).run();
    await launch(
      `filesrc location="${ts}" ! tsdemux ! st2038anctocc ! cea708tott ! application/x-subtitle ! filesink location="${out}"`,
    ).run();
    const { cues } = parseSrt(new Uint8Array(await readFile(out)));
    const offset = (cues[0]?.startMs ?? 0) - (sent[0]?.startMs ?? 0);
    expectSame(cues, Math.round(offset / 1000) * 1000);
  });

  test("through tsparse out of packets of 192 bytes, at a byte that is no packet's first", async () => {
    const ts = join(folder, "plain.ts");
    const m2ts = join(folder, "junk.m2ts");
    const back = join(folder, "back.ts");
    await launch(
      `${FRONT} ! ccconverter ! cctost2038anc ! mpegtsmux ! filesink location="${ts}"`,
    ).run();
    const bytes = await readFile(ts);
    const packets = bytes.length / 188;
    const wide = new Uint8Array(1001 + packets * 192);
    for (let i = 0; i < packets; i++) {
      wide.set(bytes.subarray(i * 188, i * 188 + 188), 1001 + i * 192 + 4);
    }
    await writeFile(m2ts, wide);
    await launch(`filesrc location="${m2ts}" ! tsparse ! filesink location="${back}"`).run();
    expect((await readFile(back)).equals(bytes)).toBe(true);
  });

  test("merged by st2038ancmux, split by st2038ancdemux", async () => {
    const { cues, element } = collector();
    await launch(
      `${FRONT} ! ccconverter ! cctost2038anc ! st2038ancmux name=m ! meta/x-st-2038,alignment=frame ! st2038ancdemux name=d
       d.anc_61_01_at_9_0 ! st2038anctocc ! cea708tott ! cues
       d.src ! fakesink`,
      { elements: [element] },
    ).run();
    expectSame(cues);
  });

  test("paint-on and roll-up arrive as text as well", async () => {
    for (const mode of ["paint-on", "roll-up"]) {
      const { cues, element } = collector();
      const front = FRONT.replace("tttocea708", `tttocea708 mode=${mode}`);
      await launch(`${front} ! cea708tott ! cues`, { elements: [element] }).run();
      const text = cues.map(cueText).join("\n");
      for (const cue of sent) {
        for (const line of cueText(cue).split("\n")) expect(text).toContain(line);
      }
    }
  });
});

describe("line 21", () => {
  test("timed text through CEA-608 and back, at any rate and in any channel", async () => {
    for (const [rate, service, format] of [
      ["30/1", "CC1", "raw"],
      ["30000/1001", "CC3", "s334-1a"],
      ["60/1", "CC2", "raw"],
      ["25/1", "CC4", "s334-1a"],
    ]) {
      const { cues, element } = collector();
      await launch(
        `filesrc location="${srt}" ! subparse ! tttocea608 service=${service} ! closedcaption/x-cea-608,framerate=${rate}
         ! ccconverter ! closedcaption/x-cea-608,format=${format} ! cea608tott service=${service} ! cues`,
        { elements: [element] },
      ).run();
      // Line 21 has rows of 32 cells, no typographic ellipsis or apostrophe, and a change of style takes a cell.
      const plain = (cue: Cue): string =>
        cueText(cue)
          .replaceAll("…", "...")
          .replaceAll("’", "'")
          .replace(/\s+/g, " ")
          .replaceAll(" .", ".");
      expect(cues.map(plain)).toEqual(sent.map(plain));
    }
  });

  test("beside a CEA-708 service: both have the text on time", async () => {
    const line21 = collector();
    const digital = collector();
    const messages: PipelineMessage[] = [];
    await launch(
      `filesrc location="${srt}" ! subparse ! tttocea708 cea608-channel=3 ! closedcaption/x-cea-708,framerate=30/1 ! tee name=t
       t. ! queue ! cea708tott ! digital
       t. ! queue ! ccconverter ! closedcaption/x-cea-608,format=s334-1a ! cea608tott service=CC3 ! line21`,
      {
        elements: [
          { ...line21.element, name: "line21" },
          { ...digital.element, name: "digital" },
        ],
        onMessage: (message) => messages.push(message),
      },
    ).run();
    expectSame(digital.cues);
    const late = new Map<number, number>();
    for (const { details } of messages) {
      if (details?.type !== "late") continue;
      late.set((details.cue as { start: number }).start, details.lateMs as number);
    }
    // Line 21 has one screen, on which the next caption ends the one before, and not always room for all in time.
    expect(line21.cues.length).toBe(sent.length);
    for (const [index, { startMs }] of line21.cues.entries()) {
      const wanted = (sent[index] as Cue).startMs;
      const delay = startMs - wanted - (late.get(wanted) ?? 0);
      expect(Math.abs(delay)).toBeLessThanOrEqual(ONE_FRAME_MS);
    }
    expect(late.size).toBeLessThan(sent.length / 10);
  });

  test("as a CEA-708 service: the same text at the same times", async () => {
    const direct = collector();
    const converted = collector();
    await launch(
      `filesrc location="${srt}" ! subparse ! tttocea608 ! closedcaption/x-cea-608,framerate=30/1 ! tee name=t
       t. ! queue ! cea608tott ! direct  t. ! queue ! cea608tocea708 ! cea708tott ! converted`,
      {
        elements: [
          { ...direct.element, name: "direct" },
          { ...converted.element, name: "converted" },
        ],
      },
    ).run();
    const shown = (cue: Cue): unknown => [
      cueText(cue).replace(/ +$/gm, ""),
      Math.round(cue.startMs / 100),
    ];
    expect(converted.cues.map(shown)).toEqual(direct.cues.map(shown));
  });

  const scc = vectorFiles("cea708").filter((file) => file.endsWith(".scc"));
  test.each(scc)("%s: sccparse and sccenc give the same pairs", async (file) => {
    const from = join(vectorsRoot, "cea708", file);
    const to = join(folder, "again.scc");
    await launch(
      `filesrc location="${from}" ! sccparse ! sccenc ! filesink location="${to}"`,
    ).run();
    const pairs = (path: string): unknown =>
      [...sccPairs(parseScc(readFileSync(path, "utf8"), { onBadLine: "skip" }))].filter(
        ({ word }) => (word & 0x7f7f) !== 0,
      );
    expect(pairs(to)).toEqual(pairs(from));
  });

  const mcc = vectorFiles("cea708").filter((file) => file.endsWith(".mcc"));
  test.each(mcc)("%s: mccparse and mccenc give the same packets", async (file) => {
    const from = join(vectorsRoot, "cea708", file);
    const to = join(folder, "again.mcc");
    await launch(
      `filesrc location="${from}" ! mccparse ! mccenc ! filesink location="${to}"`,
    ).run();
    const packets = (path: string): unknown =>
      parseMcc(readFileSync(path, "utf8")).lines.map(({ timeCode, data }) => ({
        timeCode: { ...timeCode },
        data,
      }));
    expect(packets(to)).toEqual(packets(from));
  });

  test("packets that are no captions stay in an MCC file, and go into ST 2038", async () => {
    const line = (frames: number, did: number, sdid: number, data: readonly number[]): MccLine => ({
      timeCode: { hours: 1, minutes: 0, seconds: 2, frames },
      field: undefined,
      packetNumber: undefined,
      did,
      sdid,
      data: Uint8Array.from(data),
      checksum: undefined,
    });
    const lines = [
      line(4, 0x61, 1, [1, 2]),
      line(4, 0x41, 5, [0x54, 0, 0, 0, 0, 0, 0, 0]),
      line(7, 0x61, 2, [0x8c, 0x94, 0x20]),
    ];
    const from = join(folder, "packets.mcc");
    const to = join(folder, "packets-again.mcc");
    const file = { version: "1.0", timeCodeRate: "25", header: [], comments: [], lines } as const;
    await writeFile(from, formatMcc(file));
    const units: MediaBuffer[] = [];
    const sink = appSink("units", (item) => {
      if (item.type === "buffer") units.push(item.buffer);
    });
    await launch(
      `filesrc location="${from}" ! mccparse ! meta/x-st-2038 ! tee name=t
       t. ! mccenc ! filesink location="${to}"  t. ! units`,
      { elements: [sink] },
    ).run();
    const packets = units.flatMap(({ data }) => parseUnit(data).packets);
    expect(packets.map((packet) => [did(packet), sdid(packet), [...payload(packet)]])).toEqual(
      lines.map((each) => [each.did, each.sdid, [...each.data]]),
    );
    expect(units.map(({ flags }) => flags.marker)).toEqual([false, true, true]);
    const again = parseMcc(readFileSync(to, "utf8"));
    expect(again.issues).toEqual([]);
    expect(again.lines.map(({ checksum: _, ...each }) => each)).toEqual(
      lines.map(({ checksum: _, ...each }) => each),
    );
  });
});

test.each([
  ["50/1", "50", "1.0"],
  ["60/1", "60", "1.0"],
  ["60000/1001", "60DF", "2.0"],
] as const)("mccenc labels each frame at %s", async (rate, timeCodeRate, version) => {
  const [numerator = 0n, denominator = 1n] = rate.split("/").map(BigInt);
  const texts: string[] = [];
  await launch("packets ! mccenc ! text", {
    elements: [
      appSrc("packets", [
        {
          type: "caps",
          caps: parseCaps(`closedcaption/x-cea-708,format=cdp,framerate=${rate}`),
        },
        ...Array.from({ length: 130 }, (_, i) => ({
          type: "buffer" as const,
          buffer: mediaBuffer(Uint8Array.of(i), {
            pts: (BigInt(i) * 1_000_000_000n * denominator) / numerator,
          }),
        })),
      ]),
      appSink("text", (item) => {
        if (item.type === "buffer") texts.push(new TextDecoder().decode(item.buffer.data));
      }),
    ],
  }).run();
  const mcc = parseMcc(texts.join(""));
  expect(mcc).toMatchObject({ version, timeCodeRate, issues: [] });
  expect(mcc.lines.map(({ timeCode }) => mccFrameOf(timeCode, timeCodeRate))).toEqual(
    Array.from({ length: 130 }, (_, i) => i),
  );
});

test("mccenc says what of ST 2038 it cannot read", async () => {
  const unit = encodeUnit([createAncPacket({ did: 0x61, sdid: 2, payload: new Uint8Array(3) })]);
  const items = [
    { type: "caps", caps: parseCaps("meta/x-st-2038,alignment=frame,framerate=25/1") },
    { type: "buffer", buffer: mediaBuffer(unit.subarray(0, 9), { pts: 0n }) },
  ] as const;
  const texts: string[] = [];
  await launch("units ! mccenc ! fakesink", {
    elements: [appSrc("units", items)],
    onMessage: ({ type, text }) => void (type === "warning" && texts.push(text)),
  }).run();
  expect(texts).toHaveLength(1);
});

test("the MTU of rtpsmpte291pay is that of RTP packets, as GStreamer has it", async () => {
  const packet = createAncPacket({ did: 0x43, sdid: 2, payload: new Uint8Array(200) });
  const packets = [packet, packet, packet];
  const items = [
    { type: "caps", caps: parseCaps("meta/x-st-2038,alignment=frame,framerate=25/1") },
    { type: "buffer", buffer: mediaBuffer(encodeUnit(packets), { pts: 0n }) },
  ] as const;
  const sizesWith = async (mtu: number): Promise<number[]> => {
    const sizes: number[] = [];
    const sink = appSink("datagrams", (item) => {
      if (item.type === "buffer") sizes.push(item.buffer.data.length);
    });
    await launch(`units ! rtpsmpte291pay mtu=${mtu} ! datagrams`, {
      elements: [appSrc("units", items), sink],
    }).run();
    return sizes;
  };
  const whole = 12 + sizeOfPayload(packets);
  expect(await sizesWith(whole)).toEqual([whole]);
  expect(await sizesWith(whole - 1)).toEqual([
    12 + sizeOfPayload([packet, packet]),
    12 + sizeOfPayload([packet]),
  ]);
});

describe("ccconverter", () => {
  test("changes the frame rate only when caps ask, and loses nothing", async () => {
    for (const rate of ["24000/1001", "25/1", "30000/1001", "50/1", "60000/1001", "60/1"]) {
      const { cues, element } = collector();
      await launch(
        `${FRONT} ! ccconverter ! closedcaption/x-cea-708,format=cdp,framerate=${rate} ! cea708tott ! cues`,
        { elements: [element] },
      ).run();
      const sorted = [...cues].sort((a, b) => a.startMs - b.startMs);
      expect(sorted.map(cueText)).toEqual(sent.map(cueText));
      for (const [index, cue] of sorted.entries()) {
        expect(Math.abs(cue.startMs - (sent[index] as Cue).startMs)).toBeLessThan(150);
      }
    }
  });
});

describe("bad input", () => {
  test("what is no subtitle file is one sentence", async () => {
    const file = fileURLToPath(new URL("../package.json", import.meta.url));
    await expect(launch(`filesrc location="${file}" ! subparse ! fakesink`).run()).rejects.toThrow(
      /^subparse0: /,
    );
  });

  test("a transport stream without programmes is reported", async () => {
    const messages: PipelineMessage[] = [];
    await launch(`filesrc location="${srt}" ! tsdemux ! fakesink`, {
      onMessage: (message) => messages.push(message),
    }).run();
    expect(messages.map(({ type }) => type)).toContain("error");
  });
});
