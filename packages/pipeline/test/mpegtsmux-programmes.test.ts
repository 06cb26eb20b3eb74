import { decodeSdt, SDT_PID } from "@x/mpegts";
import { describe, expect, test } from "vitest";
import { type Item, mediaBuffer } from "../src/index.js";
import {
  AAC,
  demuxed,
  eventsOf,
  H264,
  MS,
  mapsOf,
  type Output,
  payloads,
  run,
  stream,
  unitsOf,
} from "./support/transport.js";

describe("programmes", () => {
  const MAP =
    'prog-map="program_map,sink_300=(int)7,sink_301=(int)7,sink_400=8,PMT_7=(uint)4000,PCR_7=sink_301,' +
    'SERVICE_7=\\"News 24\\",PROVIDER_7=X,SERVICE_8=\\"Fußball\\""';
  const MUX = `mpegtsmux name=m ${MAP} ! out in0 ! m.sink_300 in1 ! m.sink_301 in2 ! m.sink_400`;

  /** Two programmes whose clocks are `apart`. */
  function two(apart: bigint, count = 30): [Item[], Item[], Item[]] {
    return [
      stream(H264, payloads(count, 3000)),
      stream(AAC, payloads(count, 200, 100)),
      stream(H264, payloads(count, 2000, 50), { from: apart }),
    ];
  }

  test("by prog-map: PIDs, clock and service names", async () => {
    const { bytes, problems } = await run(MUX, ...two(0n));
    expect(problems).toEqual([]);
    const events = eventsOf(bytes);
    const pat = events.find((event) => event.type === "pat");
    expect(pat?.pat.programs).toEqual([
      { programNumber: 7, pid: 4000 },
      { programNumber: 8, pid: 0x1000 },
    ]);
    expect(
      mapsOf(bytes).map(({ programNumber, pcrPid, streams }) => {
        return { programNumber, pcrPid, pids: streams.map(({ elementaryPid }) => elementaryPid) };
      }),
    ).toEqual([
      { programNumber: 7, pcrPid: 301, pids: [300, 301] },
      { programNumber: 8, pcrPid: 400, pids: [400] },
    ]);
    const sdt = events.find((event) => event.type === "section" && event.pid === SDT_PID);
    const services =
      sdt?.type === "section"
        ? decodeSdt(sdt.section).services.map(({ serviceId, descriptors }) => {
            return [serviceId, Buffer.from(descriptors[0]?.data ?? []).toString("latin1")];
          })
        : [];
    expect(services).toEqual([
      [7, "\x01\x01X\x07News 24"],
      [8, `\x01\x00\x09\x15Fu${Buffer.from("ß").toString("latin1")}ball`],
    ]);
  });

  test.each([
    [0n, 0n],
    [10_800n, 10_800n],
    [-4000n, -4000n],
    // Beyond the 33 bits, as 26.5 hours are.
    [90_000n, -5443n],
  ])(
    "clocks %i s apart: both go through muxer and demuxer, and neither waits for the other",
    async (seconds, seen) => {
      const sources = two(seconds * 1000n * MS + 5_000_000n * MS);
      const late = (items: Item[]): Item[] =>
        items.map((item) =>
          item.type === "buffer" && item.buffer.pts !== undefined
            ? {
                type: "buffer",
                buffer: { ...item.buffer, pts: item.buffer.pts + 5_000_000n * MS },
              }
            : item,
        );
      const { bytes } = await run(MUX, late(sources[0]), late(sources[1]), sources[2]);
      const pads = ["video_7_0012c", "audio_7_0012d", "video_8_00190"];
      for (const timeBase of ["first", "stream"]) {
        const found = await demuxed(bytes, pads, `time-base=${timeBase}`);
        const [a, b, c] = pads.map((pad) => found.get(pad));
        expect([a, b, c].map((pad) => pad?.data.length)).toEqual([30, 30, 30]);
        const gaps = [a, b, c].flatMap((pad) =>
          (pad?.times ?? []).slice(1).map((time, n) => time - (pad?.times[n] as bigint)),
        );
        expect(gaps.every((gap) => gap >= 39n * MS && gap <= 41n * MS)).toBe(true);
        const apart = (c?.times[0] as bigint) - (a?.times[0] as bigint);
        expect(apart / (1000n * MS)).toBe(timeBase === "first" ? 0n : seen);
        // A remux without a queue between, where any wait of one for the other is for ever.
        const source: Item[] = [{ type: "buffer", buffer: mediaBuffer(bytes) }];
        const links = pads.map((pad) => `d.${pad} ! m.sink_${parseInt(pad.slice(8), 16)}`);
        const again = await run(
          `mpegtsmux name=m ${MAP} ! out in0 ! tsdemux name=d time-base=${timeBase} ${links.join(" ")}`,
          source,
        );
        for (const pid of [300, 301, 400]) {
          expect(unitsOf(again.bytes, pid).map(({ data }) => Buffer.from(data))).toEqual(
            unitsOf(bytes, pid).map(({ data }) => Buffer.from(data)),
          );
        }
      }
    },
  );

  test("tsdemux takes one of them", async () => {
    const { bytes } = await run(MUX, ...two(3600n * 1000n * MS));
    const pads = ["video_7_0012c", "audio_7_0012d", "video_8_00190"];
    const found = await demuxed(bytes, pads, "program-number=8");
    expect([...found.keys()]).toEqual(["video_8_00190"]);
    expect(found.get("video_8_00190")?.times[0]).toBe(0n);
  });

  test("a pad of which nothing comes is in no programme", async () => {
    const { bytes } = await run("mpegtsmux name=m ! out in0 ! m. in1 ! m.", [], two(0n)[0]);
    expect(mapsOf(bytes)[0]?.streams.map(({ elementaryPid }) => elementaryPid)).toEqual([0x42]);
    expect((await run("in0 ! mpegtsmux ! out", [])).buffers).toEqual([]);
  });

  test("at a constant rate packets have times when nothing comes of the first programme", async () => {
    const map = 'prog-map="program_map,sink_65=1,sink_66=2"';
    const { buffers } = await run(
      `mpegtsmux name=m bitrate=1504000 ${map} ! out in0 ! m.sink_65 in1 ! m.sink_66`,
      [],
      two(0n)[0],
    );
    expect(buffers.slice(0, 3).map(({ pts }) => pts)).toEqual([0n, 7n * MS, 14n * MS]);
  });

  test("what prog-map names and nothing is linked to is told", async () => {
    const map = 'prog-map="program_map,sink_65=1,sink_66=2,SERVICE_3=X"';
    const { problems } = await run(`in0 ! mpegtsmux ${map} ! out`, two(0n)[0]);
    expect(problems).toEqual([
      "prog-map: nothing is linked to sink_66",
      "prog-map: nothing is linked to programme 3",
    ]);
  });

  test("a bit rate that is too low is told", async () => {
    const { problems } = await run("in0 ! mpegtsmux bitrate=300000 ! out", two(0n, 60)[0]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^\d+ units were sent too late, by up to \d+ ms$/);
    const { problems: none } = await run("in0 ! mpegtsmux bitrate=1000000 ! out", two(0n, 60)[0]);
    expect(none).toEqual([]);
  });

  test.each([
    ["program_map,sink_65", "prog-map"],
    ["program_map,sink_65=0", "sink_65 is not an integer from 1 to 65535"],
    ["program_map,PMT_1=8191", "PMT_1 is not an integer from 16 to 8190"],
    [
      "program_map,sinks_65=1",
      "sinks_65 is none of sink_N, PMT_N, PCR_N, SERVICE_N and PROVIDER_N",
    ],
    ["program_map,PMT_1=65", "pid: 65 is used twice"],
    ["program_map,PCR_1=sink_9", "nothing is linked to sink_9"],
    [`program_map,SERVICE_1=${"x".repeat(121)}`, "is longer than 120 bytes"],
    ["program_map,SERVICE_1={a,b}", "SERVICE_1 is no text"],
  ])("prog-map=%s is refused", async (map, message) => {
    const failing = async (): Promise<Output> =>
      run(`in0 ! mpegtsmux prog-map="${map}" ! out`, two(0n)[0]);
    await expect(failing()).rejects.toThrow(message);
  });

  test.each(["sink_0", "sink_8191"])("no stream has the PID of %s", async (pad) => {
    const refused = run(`in0 ! m.${pad} mpegtsmux name=m ! out`, two(0n)[0]);
    await expect(refused).rejects.toThrow(/^m: pid: \d+ is not from 16 to 8190$/);
  });
});
