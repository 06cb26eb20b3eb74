import { type Pmt, streamKind, TsDemuxer } from "@x/mpegts";
import { describe, expect, test } from "vitest";
import {
  always,
  appSink,
  appSrc,
  elementFactory,
  type Item,
  launch,
  mediaBuffer,
} from "../src/index.js";
import {
  AAC,
  demuxed,
  H264,
  languageOf,
  MS,
  mapsOf,
  type Output,
  payloads,
  run,
  stream,
  unitsOf,
} from "./support/transport.js";

describe("languages", () => {
  const german = { "language-code": "de" };

  test("by tags from upstream, by taginject, and changed later", async () => {
    const items = [
      ...stream(AAC, payloads(3, 50), { tags: german }),
      ...stream(AAC, payloads(3, 50), { from: 120n * MS, tags: { "language-code": "fr-CA" } }),
    ];
    const { bytes } = await run(
      'mpegtsmux name=m ! out in0 ! m. in1 ! taginject tags="language-code=swe,audio-type=3" ! m.' +
        " in2 ! taginject tags=language-code=klingon ! m.",
      items,
      stream("audio/x-ac3", payloads(6, 50), { tags: german }),
      stream("audio/x-eac3", payloads(6, 50)),
    );
    const swedish = [{ iso639LanguageCode: "swe", audioType: 3 }];
    const all = (pmt: Pmt): unknown[] => pmt.streams.map(languageOf);
    expect(mapsOf(bytes).map(all)).toEqual([
      [[{ iso639LanguageCode: "ger", audioType: 0 }], swedish, undefined],
      [[{ iso639LanguageCode: "fre", audioType: 0 }], swedish, undefined],
    ]);
  });

  test("through tsdemux, a parser and mpegtsmux, letter by letter", async () => {
    const frame = Buffer.from("fff14c8001e00021", "hex").subarray(0, 7);
    const adts = Buffer.concat([frame, new Uint8Array(8)]);
    const { bytes } = await run(
      "in0 ! mpegtsmux ! out",
      stream(AAC, [adts, adts, adts], { tags: { "language-code": "deu", "audio-type": "2" } }),
    );
    const back = await demuxed(bytes, ["audio_1_00041"]);
    expect(back.get("audio_1_00041")?.tags).toEqual({ "language-code": "deu", "audio-type": "2" });
    const source: Item[] = [{ type: "buffer", buffer: mediaBuffer(bytes) }];
    const again = await run("in0 ! tsdemux ! aacparse ! queue ! mpegtsmux ! out", source);
    expect(mapsOf(again.bytes)[0]?.streams.map(languageOf)).toEqual([
      [{ iso639LanguageCode: "deu", audioType: 2 }],
    ]);
  });
});

test("tsdemux tells of a stream that changes, and so does a remux", async () => {
  const german = { "language-code": "deu" };
  const items = [
    ...stream(AAC, payloads(3, 50), { tags: german }),
    ...stream("audio/x-ac3", payloads(3, 50, 9), {
      from: 120n * MS,
      tags: { "language-code": "fra" },
    }),
  ];
  const { bytes } = await run("in0 ! mpegtsmux ! out", items);
  const source: Item[] = [{ type: "buffer", buffer: mediaBuffer(bytes) }];
  const again = await run("in0 ! tsdemux ! mpegtsmux ! out", source);
  const told = (of: Uint8Array): unknown =>
    mapsOf(of).map(({ versionNumber, streams }) => [
      versionNumber,
      ...streams.map((one) => [streamKind(one), languageOf(one)]),
    ]);
  expect(told(again.bytes)).toEqual([
    [0, ["aac-adts", [{ iso639LanguageCode: "deu", audioType: 0 }]]],
    [1, ["ac3", [{ iso639LanguageCode: "fra", audioType: 0 }]]],
  ]);
  expect(told(bytes)).toEqual(told(again.bytes));
  expect(unitsOf(again.bytes, 0x41)).toHaveLength(6);
});

test("a pad ends when its stream becomes what nobody behind it takes; who waits for that gets it", async () => {
  const items = [
    ...stream(AAC, payloads(3, 50)),
    ...stream("audio/x-ac3", payloads(4, 50, 9), { from: 120n * MS }),
  ];
  const { bytes } = await run("in0 ! mpegtsmux ! out", items);
  const source: Item[] = [{ type: "buffer", buffer: mediaBuffer(bytes) }];
  const one = await run("in0 ! tsdemux ! audio/mpeg ! out", source);
  expect(one.buffers.map(({ data }) => data[0])).toEqual([0, 1, 2]);
  const seen: string[] = [];
  const both = ["aac", "ac3"].map((name) =>
    appSink(name, ({ type }) => void (type === "caps" || seen.push(`${name} ${type}`))),
  );
  await launch("in ! tsdemux name=d d. ! audio/mpeg ! aac d. ! audio/x-ac3 ! ac3", {
    elements: [appSrc("in", source), ...both],
  }).run();
  expect(seen.filter((what) => what === "aac buffer")).toHaveLength(3);
  expect(seen.filter((what) => what === "ac3 buffer")).toHaveLength(4);
  expect(seen.indexOf("aac eos")).toBeGreaterThan(0);
});

describe("times that jump", () => {
  test("a file that begins again and again, its sound shorter than its pictures", async () => {
    const { bytes } = await run(
      "mpegtsmux name=m ! out in0 ! m. in1 ! m.",
      stream(H264, payloads(75, 300)),
      stream(AAC, payloads(138, 50, 100), { step: 21_333_333n }),
    );
    const loops = 12;
    const source: Item[] = Array.from({ length: loops }, () => {
      return { type: "buffer", buffer: mediaBuffer(bytes) };
    });
    const { bytes: again, problems } = await run(
      "mpegtsmux name=m ! out in0 ! tsdemux name=d d. ! video/x-h264 ! m. d. ! audio/mpeg ! m.",
      source,
    );
    const demuxer = new TsDemuxer();
    const counts = new Map<number, number>();
    for (const event of [...demuxer.push(again), ...demuxer.flush()]) {
      if (event.type === "pes") counts.set(event.pid, (counts.get(event.pid) ?? 0) + 1);
    }
    expect([counts.get(0x41), counts.get(0x42)]).toEqual([75 * loops, 138 * loops]);
    expect(problems.filter((text) => !text.includes("packets are missing"))).toEqual([]);
  });

  test.each([
    ["an hour ahead", 3_600_000n],
    ["a minute ahead", 60_000n],
    ["a minute behind", -60_000n],
  ])("one picture whose time is %s stops nothing", async (_, wrong) => {
    const pictures = stream(H264, payloads(150, 300), { from: 100_000n * MS }).map(
      (item, n): Item => {
        if (item.type !== "buffer" || n !== 60) return item;
        return {
          type: "buffer",
          buffer: { ...item.buffer, pts: (item.buffer.pts as bigint) + wrong * MS },
        };
      },
    );
    const sound = stream(AAC, payloads(281, 50, 100), { from: 100_000n * MS, step: 21_333_333n });
    // As a demuxer sends them, one after the other, with hardly a queue.
    const both = [...pictures.entries()].flatMap(([n, item]) => [
      [0, item] as const,
      ...sound
        .slice(Math.round((n * 282) / 151), Math.round(((n + 1) * 282) / 151))
        .map((one) => [1, one] as const),
    ]);
    const source = elementFactory({
      name: "both",
      classification: "Test",
      description: "Sends on two pads.",
      properties: {},
      pads: ["a", "b"].map((name) => ({ ...always("src", "ANY"), name })),
      create: () => ({
        async run(context) {
          for (const [pad, item] of both) await context.src(pad === 0 ? "a" : "b").push(item);
        },
      }),
    });
    let bytes: Uint8Array = new Uint8Array(0);
    const sink = appSink("out", (item) => {
      if (item.type === "buffer") bytes = Buffer.concat([bytes, item.buffer.data]);
    });
    await launch("both name=s s.a ! m. s.b ! m. mpegtsmux name=m ! out", {
      elements: [source, sink],
    }).run();
    expect([unitsOf(bytes, 0x41).length, unitsOf(bytes, 0x42).length]).toEqual([150, 281]);
  });

  test("a cut of three seconds is not more than a queue holds", async () => {
    const part = (from: bigint): Promise<Output> =>
      run(
        "mpegtsmux name=m start-time=0 ! out in0 ! m. in1 ! m.",
        stream(H264, payloads(50, 300), { from }),
        stream(AAC, payloads(94, 50, 100), { from, step: 21_333_333n }),
      );
    const source: Item[] = [];
    for (const from of [10_000n, 15_000n, 11_000n]) {
      source.push({ type: "buffer", buffer: mediaBuffer((await part(from * MS)).bytes) });
    }
    const { bytes } = await run(
      "mpegtsmux name=m ! out in0 ! tsdemux name=d d. ! video/x-h264 ! queue ! m. d. ! audio/mpeg ! queue ! m.",
      source,
    );
    const counts = new Map<number, number>();
    for (const event of new TsDemuxer().push(bytes)) {
      if (event.type === "pes") counts.set(event.pid, (counts.get(event.pid) ?? 0) + 1);
    }
    expect(counts.get(0x41)).toBeGreaterThan(145);
    expect(counts.get(0x42)).toBeGreaterThan(275);
  });
});

describe("times at a variable rate", () => {
  /** PCR of a packet in nanoseconds. */
  function pcrOf(packet: Uint8Array): bigint | undefined {
    if (((packet[3] as number) & 0x20) === 0 || (packet[4] as number) < 7) return undefined;
    if (((packet[5] as number) & 0x10) === 0) return undefined;
    const view = new DataView(packet.buffer, packet.byteOffset);
    const base = BigInt(view.getUint32(6)) * 2n + BigInt((packet[10] as number) >> 7);
    const extension = BigInt((((packet[10] as number) & 1) << 8) | (packet[11] as number));
    return ((base * 300n + extension) * 1000n) / 27n;
  }

  // Pictures of 5 to 60 kB, 25 a second, and sound.
  const pictures = (): Item[] =>
    stream(
      H264,
      Array.from({ length: 50 }, (_, n) => new Uint8Array(n % 12 === 0 ? 60_000 : 5000)),
    );
  const sound = (): Item[] => stream(AAC, payloads(90, 400), { step: 21_333_333n });

  test.each([
    ["mpegtsmux name=m ! out", 7],
    ["mpegtsmux name=m alignment=1 ! out", 1],
  ])("%s: even between PCRs, as a receiver's clock wants them", async (mux, alignment) => {
    const { buffers, problems } = await run(`${mux} in0 ! m. in1 ! m.`, pictures(), sound());
    expect(problems).toEqual([]);
    const times = buffers.map(({ pts }) => pts as bigint);
    expect(buffers.slice(0, -1).every(({ data }) => data.length === alignment * 188)).toBe(true);
    expect(times[0]).toBe(0n);
    const steps = times.slice(1).map((time, n) => time - (times[n] as bigint));
    expect(steps.every((step) => step >= 0n)).toBe(true);
    // No second has a pause longer than two PCR intervals, and no datagrams leave together in numbers.
    expect(steps.every((step) => step <= 80n * MS)).toBe(true);
    const together = steps.filter((step) => step < 10_000n).length;
    expect(together).toBeLessThan(steps.length / 50);
    if (alignment > 1) return;
    // What a receiver sees: each PCR leaves at its own time.
    const first = buffers.findIndex(({ data }) => pcrOf(data) !== undefined);
    const origin = (pcrOf(buffers[first]?.data as Uint8Array) as bigint) - (times[first] as bigint);
    let checked = 0;
    for (const { data, pts } of buffers) {
      const pcr = pcrOf(data);
      if (pcr === undefined) continue;
      const error = pcr - origin - (pts as bigint);
      // The clock's value is that of its last bit, ten bytes into the packet, of which there may be few in 35 ms.
      expect(error > -2n * MS && error < 2n * MS).toBe(true);
      checked++;
    }
    expect(checked).toBeGreaterThan(50);
  });

  test("in front of a file packets go as they come, and nothing is lost either way", async () => {
    const whole = await run(
      "mpegtsmux name=m alignment=0 ! out in0 ! m. in1 ! m.",
      pictures(),
      sound(),
    );
    const cut = await run("mpegtsmux name=m ! out in0 ! m. in1 ! m.", pictures(), sound());
    expect(Buffer.from(cut.bytes).equals(whole.bytes)).toBe(true);
    expect(whole.buffers.length).toBeLessThan(cut.buffers.length / 2);
  });

  test("a pause in the input is one in the output", async () => {
    const items = [
      ...stream(H264, payloads(25, 2000)),
      ...stream(H264, payloads(25, 2000), { from: 31_000n * MS }),
    ];
    const { buffers } = await run("in0 ! mpegtsmux alignment=1 ! out", items);
    const last = buffers.at(-1)?.pts as bigint;
    expect(last).toBeGreaterThan(31_500n * MS);
    expect(last).toBeLessThan(33_000n * MS);
  });
});
