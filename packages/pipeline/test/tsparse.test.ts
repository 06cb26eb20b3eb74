import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PcrScanner, pcrAccuracy, TsMuxer } from "@x/mpegts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { vectorBytes, vectorFiles } from "../../../tools/testing/vectors.js";
import {
  appSink,
  appSrc,
  type Item,
  launch,
  type MediaBuffer,
  mediaBuffer,
  type PipelineMessage,
  parseCaps,
} from "../src/index.js";

const PACKET = 188;
const PCR_MODULUS = 2 ** 33 * 300;
const BITRATE = 1_000_000;
const PID = 0x100;

/** A second of pictures at a constant rate, from `pts` on. */
function muxed(pts: number): Uint8Array {
  const streams = [{ pid: PID, kind: "h264" as const }];
  const muxer = new TsMuxer({ programs: [{ programNumber: 1, streams }], bitrate: BITRATE });
  const pieces: Uint8Array[] = [];
  for (let i = 0; i < 25; i++) {
    const data = new Uint8Array(500 + 100 * i).fill(i);
    pieces.push(muxer.push({ pid: PID, data, pts: pts + 3600 * i }));
  }
  pieces.push(muxer.flush());
  return Buffer.concat(pieces);
}

/** Packets that are null but for these: index, PCR in ticks, and whether it is announced as a discontinuity. */
function packets(
  count: number,
  pcrs: readonly (readonly [index: number, pcr: number, announced?: boolean, pid?: number])[],
): Uint8Array {
  const stream = new Uint8Array(count * PACKET).fill(0xff);
  for (let i = 0; i < count; i++) stream.set([0x47, 0x1f, 0xff, 0x10], i * PACKET);
  for (const [index, ticks, announced = false, pid = PID] of pcrs) {
    const pcr = ((ticks % PCR_MODULUS) + PCR_MODULUS) % PCR_MODULUS;
    const base = BigInt(Math.floor(pcr / 300));
    const coded = (base << 15n) | (0x3fn << 9n) | BigInt(pcr % 300);
    const packet = new DataView(stream.buffer, index * PACKET, PACKET);
    packet.setUint32(0, 0x47000020 | (pid << 8));
    packet.setUint8(4, 183);
    packet.setUint8(5, announced ? 0x90 : 0x10);
    packet.setUint32(6, Number(coded >> 16n));
    packet.setUint16(10, Number(coded & 0xffffn));
  }
  return stream;
}

/** PCRs every `step` packets of 27000 ticks each, beginning with `pcr`. */
const evenly = (from: number, to: number, step: number, pcr: number): [number, number][] =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, n) => [
    from + n * step,
    pcr + n * step * 27_000,
  ]);

function* pieces(stream: Uint8Array, size: number): Generator<Item> {
  for (let at = 0; at < stream.length; at += size) {
    yield { type: "buffer", buffer: mediaBuffer(stream.subarray(at, at + size)) };
  }
}

/** What comes out, and what was complained about. */
async function parsed(
  source: Iterable<Item>,
  properties = "",
): Promise<{ readonly out: MediaBuffer[]; readonly messages: PipelineMessage[] }> {
  const out: MediaBuffer[] = [];
  const messages: PipelineMessage[] = [];
  const sink = appSink("out", (item) => {
    if (item.type === "buffer") out.push(item.buffer);
  });
  await launch(`in ! tsparse set-timestamps=true ${properties} ! out`, {
    elements: [appSrc("in", source), sink],
    onMessage: (message) => messages.push(message),
  }).run();
  return { out, messages };
}

const timesOf = async (stream: Uint8Array, properties = "", size = 65_536): Promise<number[]> =>
  (await parsed(pieces(stream, size), properties)).out.map(({ pts }) => Number(pts));

/** Each time is that of the definition, to a microsecond. */
function expectTimes(times: readonly number[], expected: (n: number) => number): void {
  expect(times.length).toBeGreaterThan(10);
  const worst = Math.max(...times.map((time, n) => Math.abs(time - expected(n))));
  expect(worst).toBeLessThan(1000);
}

const evenTime = (n: number): number => (n * 7 * PACKET * 8 * 1e9) / BITRATE;
const MS = 1_000_000;

describe("tsparse set-timestamps=true", () => {
  test("a constant rate: every datagram to a microsecond, however the stream is cut", async () => {
    const stream = muxed(900_000);
    const times = await timesOf(stream);
    expect(times).toHaveLength(Math.ceil(stream.length / (7 * PACKET)));
    expectTimes(times, evenTime);
    for (const size of [100, 1316, 5000]) expect(await timesOf(stream, "", size)).toEqual(times);
    const { out, messages } = await parsed(pieces(stream, 4096));
    expect(Buffer.concat(out.map(({ data }) => data)).equals(stream)).toBe(true);
    expect(messages).toEqual([]);
  });

  test("one packet a buffer, and a latency", async () => {
    const stream = muxed(900_000);
    const times = await timesOf(stream, "alignment=1 smoothing-latency=250");
    expect(times).toHaveLength(stream.length / PACKET);
    expectTimes(times, (n) => 250_000 + evenTime(n) / 7);
  });

  test.each([
    ["from any PCR on", 5000],
    ["across the wrap of the PCR", PCR_MODULUS - 100 * 27_000],
  ])(
    "between two PCRs the rate is constant, from pair to pair another one: %s",
    async (_, first) => {
      // 100 packets in 50 ms, 100 in 80 ms, 100 in 20 ms.
      const ticks = [0, 50, 130, 150].map((ms) => ms * 27_000);
      const stream = packets(
        300 + 1,
        ticks.map((pcr, n) => [n * 100, pcr + first] as const),
      );
      // A PCR is the time of byte 10 of its packet.
      const points = [0, 50, 130, 150];
      const expected = (n: number): number => {
        const place = Math.max(0, (n * PACKET - 10) / (100 * PACKET));
        const k = Math.min(2, Math.floor(place));
        const [from, to] = [points[k] as number, points[k + 1] as number];
        const start = (10 / (100 * PACKET)) * 50;
        return n === 0 ? 0 : (start + from + (place - k) * (to - from)) * MS;
      };
      expectTimes(await timesOf(stream, "alignment=1"), expected);
    },
  );

  test("a loop: time goes on at the rate before", async () => {
    const stream = muxed(900_000);
    const times = await timesOf(Buffer.concat([stream, stream, stream]));
    expect(times).toHaveLength(Math.ceil((3 * stream.length) / (7 * PACKET)));
    expectTimes(times, evenTime);
  });

  test.each([
    ["an announced jump that could be a step", 400 * 27_000, true],
    ["a jump of an hour", 3600 * 27_000_000, false],
    ["a jump back of a millisecond", -250 * 27_000, false],
  ])("%s", async (_, jump, announced) => {
    const first = evenly(0, 400, 40, 7);
    const second = evenly(400, 800, 40, 7 + 400 * 27_000 + jump);
    const [[index, pcr] = [0, 0], ...rest] = second;
    const stream = packets(800, [...first, [index, pcr, announced], ...rest]);
    expectTimes(await timesOf(stream), (n) => n * 7 * MS);
  });

  test("packets in front of the first PCR and behind the last one have the rate beside them", async () => {
    expectTimes(await timesOf(packets(500, evenly(200, 300, 30, 0))), (n) => n * 7 * MS);
  });

  test("two programmes: the first PID's PCRs count, another's when it is named or the first is silent", async () => {
    const other = 0x200;
    // By these PCRs a packet takes twice as long.
    const others = evenly(1, 3000, 40, 5).map(
      ([index, pcr]) => [index, pcr + (index - 1) * 27_000, false, other] as const,
    );
    const stream = packets(3000, [...evenly(0, 800, 40, 0), ...others]);
    const times = await timesOf(stream);
    expectTimes(times.slice(0, 100), (n) => n * 7 * MS);
    // 1 s behind packet 760, at the next PCR of the other PID.
    const silent = Math.ceil(1800 / 7);
    for (let n = silent; n < times.length - 1; n++) {
      expect((times[n + 1] as number) - (times[n] as number)).toBeCloseTo(14 * MS, -3);
    }
    expectTimes(await timesOf(stream, `pcr-pid=${other}`), (n) => n * 14 * MS);
  });

  test("packets that are lost do not stop the clock", async () => {
    const stream = packets(800, evenly(0, 800, 40, 0));
    const damaged = Buffer.concat([
      stream.subarray(0, 150 * PACKET + 50),
      stream.subarray(170 * PACKET),
    ]);
    const { out, messages } = await parsed(pieces(damaged, 1000));
    const times = out.map(({ pts }) => Number(pts));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    // 20 packets less, and the same time.
    expect(Math.abs((times.at(-1) as number) - 800 * MS)).toBeLessThan(15 * MS);
    expect(messages.map(({ text }) => text)).toEqual(["framing was lost 1 times"]);
  });

  test("without PCRs nothing has a time, and memory stays bounded", async () => {
    const mebibyte = packets(5578, []);
    let read = 0;
    let readAtFirst: number | undefined;
    let bytes = 0;
    const messages: PipelineMessage[] = [];
    const times = new Set<bigint | undefined>();
    function* source(): Generator<Item> {
      for (; read < 40; read++) yield { type: "buffer", buffer: mediaBuffer(mebibyte) };
    }
    const sink = appSink("out", (item) => {
      if (item.type !== "buffer") return;
      readAtFirst ??= read;
      times.add(item.buffer.pts);
      bytes += item.buffer.data.length;
    });
    await launch("in ! tsparse set-timestamps=true alignment=1024 ! out", {
      elements: [appSrc("in", source()), sink],
      onMessage: (message) => messages.push(message),
    }).run();
    expect(bytes).toBe(40 * mebibyte.length);
    expect(readAtFirst).toBeLessThan(40);
    expect([...times]).toEqual([undefined]);
    expect(messages.map(({ type, text }) => [type, text])).toEqual([
      ["warning", "no PID has two PCRs within a second: sent without times"],
    ]);
  });

  test("live input: from its first arrival on, and after a pause not behind its arrival", async () => {
    const before = packets(400, evenly(0, 400, 40, 0));
    const after = packets(400, evenly(0, 400, 40, 99));
    function* arriving(): Generator<Item> {
      for (const [stream, start] of [
        [before, 5000],
        [after, 15_400],
      ] as const) {
        for (let at = 0; at < stream.length; at += 7 * PACKET) {
          const pts = BigInt(start * MS) + BigInt(at / PACKET) * BigInt(MS);
          const data = stream.subarray(at, at + 7 * PACKET);
          yield { type: "buffer", buffer: mediaBuffer(data, { pts }) };
        }
      }
    }
    const { out } = await parsed(arriving(), "alignment=40 smoothing-latency=100000");
    const times = out.map(({ pts }) => Number(pts) / MS);
    for (const [n, time] of times.entries()) {
      // The buffer behind the pause begins with its first PCR's packet, of which byte 10 is late.
      const start = n <= 10 ? 5100 : 15_100;
      if (n !== 10) expect(time).toBeCloseTo(start + n * 40, 0);
    }
  });
});

test("mpegtsmux at a variable rate: tsparse spreads a picture's datagrams", async () => {
  const out: MediaBuffer[] = [];
  function* pictures(): Generator<Item> {
    for (let i = 0; i < 50; i++) {
      const pts = BigInt(i * 40 * MS);
      yield { type: "buffer", buffer: mediaBuffer(new Uint8Array(20_000).fill(i), { pts }) };
    }
  }
  const sink = appSink("out", (item) => {
    if (item.type === "buffer") out.push(item.buffer);
  });
  const format = parseCaps("video/x-h264,stream-format=byte-stream,alignment=au");
  const source = [{ type: "caps", caps: format } as const, ...pictures()];
  await launch("in ! mpegtsmux ! tsparse set-timestamps=true ! out", {
    elements: [appSrc("in", source, format), sink],
  }).run();
  const times = out.map(({ pts }) => Number(pts) / MS);
  // 50 pictures last 2 s; without tsparse the 15 datagrams of one had the same time.
  expect(new Set(times).size).toBe(times.length);
  expect(times.at(-1)).toBeGreaterThan(1900);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});

describe("streams of other muxers", () => {
  const files = vectorFiles("mpegts-pcr-clock").filter((file) => file.endsWith(".ts"));
  let constant = 0;

  test.each(files)("%s", async (file) => {
    const stream = vectorBytes("mpegts-pcr-clock", file);
    const times = await timesOf(stream);
    // Without two PCRs of a PID there is no time at all.
    if (times.every(Number.isNaN)) return;
    expect(times[0]).toBe(0);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const pcrs = new PcrScanner().push(stream);
    const places = pcrs.map(({ packet }) => packet);
    const ticks = pcrs.map(({ pcr }) => pcr);
    const rate = pcrAccuracy(places, ticks, undefined, 100);
    if (rate === undefined || rate.errors.length > 0) return;
    constant++;
    const far = times.filter(
      (time, n) => Math.abs(time - (n * 7 * PACKET * 8e9) / rate.bitrate) > 1000,
    );
    expect(far).toEqual([]);
  });

  test("some had a constant rate", () => {
    expect(constant).toBeGreaterThan(2);
  });
});

describe("a file played over UDP", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "x-tsparse-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("no datagram leaves before its time", async () => {
    const file = join(folder, "in.ts");
    const stream = muxed(900_000);
    await writeFile(file, stream);
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    const heard: { readonly data: Uint8Array; readonly at: number }[] = [];
    const start = performance.now();
    const datagrams = Math.ceil(stream.length / (7 * PACKET));
    const all = new Promise<void>((resolve) => {
      socket.on("message", (data) => {
        heard.push({ data, at: performance.now() - start });
        if (heard.length === datagrams) resolve();
      });
    });
    const { port } = socket.address() as AddressInfo;
    await launch(
      `filesrc location="${file}" ! tsparse set-timestamps=true ! udpsink host=127.0.0.1 port=${port}`,
    ).run();
    await Promise.race([all, new Promise((resolve) => setTimeout(resolve, 1000))]);
    socket.close();
    expect(Buffer.concat(heard.map(({ data }) => data)).equals(stream)).toBe(true);
    const early = heard.filter(({ at }, n) => at < evenTime(n) / 1e6 - 0.01);
    expect(early).toEqual([]);
    expect(evenTime(heard.length - 1)).toBeGreaterThan(0.9e9);
  });
});
