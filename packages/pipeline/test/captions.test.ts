import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Cue, cueText, parseSrt } from "@x/cea708";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  always,
  appSink,
  elementFactory,
  forEachItem,
  launch,
  type PipelineMessage,
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

const FRONT = `filesrc location="${srt}" ! subparse ! tttocea708 ! closedcaption/x-cea-708,framerate=30/1`;

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
