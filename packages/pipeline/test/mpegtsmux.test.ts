import { decodeHeader } from "@x/jpegxs";
import {
  decodeJxsVideoDescriptor,
  decodeLanguageDescriptor,
  decodeSdt,
  findDescriptor,
  type Pmt,
  type PmtStream,
  SDT_PID,
  streamKind,
  TsDemuxer,
  type TsEvent,
  type TsPesEvent,
} from "@x/mpegts";
import { describe, expect, test } from "vitest";
import {
  always,
  appSink,
  appSrc,
  type Caps,
  elementFactory,
  formatCaps,
  type Item,
  launch,
  mediaBuffer,
  parseCaps,
} from "../src/index.js";

const MS = 1_000_000n;
const LANGUAGE = 0x0a;
const AAC = "audio/mpeg,mpegversion=4,stream-format=adts";
const H264 = "video/x-h264,stream-format=byte-stream,alignment=au";

/** Items of a stream: caps, then `payloads`, one each `step`, from `from` on. */
function stream(
  caps: string,
  payloads: readonly Uint8Array[],
  { from = 0n, step = 40n * MS, tags = {} as Record<string, string> } = {},
): Item[] {
  return [
    { type: "caps", caps: parseCaps(caps) },
    ...(Object.keys(tags).length === 0 ? [] : [{ type: "tags", tags } as const]),
    ...payloads.map((data, n): Item => {
      return { type: "buffer", buffer: mediaBuffer(data, { pts: from + BigInt(n) * step }) };
    }),
  ];
}

/** `count` payloads of `size` bytes, all different. */
function payloads(count: number, size: number, mark = 0): Uint8Array[] {
  return Array.from({ length: count }, (_, n) => new Uint8Array(size).fill(mark + n));
}

interface Output {
  readonly bytes: Uint8Array;
  readonly buffers: { readonly data: Uint8Array; readonly pts: bigint | undefined }[];
  readonly problems: string[];
}

/** What comes out of a description that ends in `! out`; `in0`, `in1`… are the sources. */
async function run(description: string, ...sources: Iterable<Item>[]): Promise<Output> {
  const buffers: { data: Uint8Array; pts: bigint | undefined }[] = [];
  const problems: string[] = [];
  const sink = appSink("out", (item) => {
    if (item.type === "buffer") buffers.push({ data: item.buffer.data, pts: item.buffer.pts });
  });
  const elements = sources.map((items, n) => appSrc(`in${n}`, items));
  await launch(description, {
    elements: [...elements, sink],
    onMessage: ({ type, text }) => {
      if (type === "warning" || type === "error") problems.push(text);
    },
  }).run();
  return { bytes: Buffer.concat(buffers.map(({ data }) => data)), buffers, problems };
}

function eventsOf(bytes: Uint8Array): TsEvent[] {
  const demuxer = new TsDemuxer();
  const events = [...demuxer.push(bytes), ...demuxer.flush()];
  expect(events.filter(({ type }) => type === "issue")).toEqual([]);
  return events;
}

function mapsOf(bytes: Uint8Array): Pmt[] {
  return eventsOf(bytes).flatMap((event) => (event.type === "pmt" ? [event.pmt] : []));
}

function unitsOf(bytes: Uint8Array, pid: number): TsPesEvent[] {
  return eventsOf(bytes).flatMap((event) =>
    event.type === "pes" && event.pid === pid ? [event] : [],
  );
}

function languageOf({ descriptors }: PmtStream): unknown {
  const found = findDescriptor(descriptors, LANGUAGE);
  return found && decodeLanguageDescriptor(found);
}

/** The pads of tsdemux with what comes out of them. `pads`: `video_1_00041`… */
async function demuxed(
  bytes: Uint8Array,
  pads: readonly string[],
  properties = "",
): Promise<Map<string, { caps: Caps; tags: object; data: Uint8Array[]; times: bigint[] }>> {
  const found = new Map<
    string,
    { caps: Caps; tags: object; data: Uint8Array[]; times: bigint[] }
  >();
  const sinks = pads.map((name) =>
    appSink(`sink_${name}`, (item) => {
      if (item.type === "caps") {
        found.set(name, { caps: item.caps, tags: {}, data: [], times: [] });
      }
      const pad = found.get(name);
      if (pad !== undefined && item.type === "tags") pad.tags = item.tags;
      if (pad === undefined || item.type !== "buffer") return;
      pad.data.push(item.buffer.data);
      pad.times.push(item.buffer.pts ?? -1n);
    }),
  );
  const source: Item[] = [{ type: "buffer", buffer: mediaBuffer(bytes) }];
  const links = pads.map((name) => `d.${name} ! sink_${name}`).join(" ");
  await launch(`in ! tsdemux name=d ${properties} ${links}`, {
    elements: [appSrc("in", source), ...sinks],
  }).run();
  return found;
}

describe("formats", () => {
  test.each([
    ["video/mpeg,mpegversion=1,systemstream=false", "mpeg1-video", 0x01],
    ["video/mpeg,mpegversion=2,systemstream=false", "mpeg2-video", 0x02],
    ["video/mpeg,mpegversion=4,systemstream=false", "mpeg4-video", 0x10],
    ["audio/mpeg,mpegversion=2,stream-format=adts", "aac-adts", 0x0f],
    ["audio/mpeg,mpegversion=1,rate=48000", "mpeg1-audio", 0x03],
    ["audio/mpeg,mpegversion=1,rate=24000", "mpeg2-audio", 0x04],
    ["audio/mpeg,mpegversion=4,stream-format=loas", "aac-latm", 0x11],
    ["audio/x-ac3", "ac3", 0x81],
    ["audio/x-eac3", "eac3", 0x87],
    ["audio/x-dts", "dts", 0x82],
    ["audio/x-smpte-302m", "smpte-302m", 0x06],
    ["video/x-h266,stream-format=byte-stream", "vvc", 0x33],
    ["meta/x-klv,parsed=true", "klv", 0x06],
    ["meta/x-id3", "id3", 0x15],
    ["application/x-teletext,descriptors=(string)5605656e671088", "teletext", 0x06],
    ["subpicture/x-dvb,descriptors=(string)5908646575100a010b02", "dvb-subtitle", 0x06],
  ])("%s is %s, stream_type %i", async (caps, kind, streamType) => {
    const data = payloads(3, 500);
    const { bytes } = await run("in0 ! mpegtsmux ! out", stream(caps, data));
    const [pmt] = mapsOf(bytes);
    expect(pmt?.streams.map(({ streamType }) => streamType)).toEqual([streamType]);
    expect(pmt?.streams.map(streamKind)).toEqual([kind]);
    expect(unitsOf(bytes, 0x41).map((unit) => Buffer.from(unit.data))).toEqual(
      data.map((one) => Buffer.from(one)),
    );
    // A remux knows it again, and says the same of it.
    const source: Item[] = [{ type: "buffer", buffer: mediaBuffer(bytes) }];
    const again = await run("in0 ! tsdemux ! mpegtsmux ! out", source);
    expect(mapsOf(again.bytes)[0]?.streams).toEqual(pmt?.streams);
    expect(unitsOf(again.bytes, 0x41).map((unit) => Buffer.from(unit.data))).toEqual(
      data.map((one) => Buffer.from(one)),
    );
  });

  test("what cannot be carried is a sentence", async () => {
    const refused = run("in0 ! mpegtsmux ! out", stream("audio/x-flac", payloads(1, 9)));
    await expect(refused).rejects.toThrow("mpegtsmux0: cannot carry audio/x-flac");
    const nameless = run("in0 ! mpegtsmux ! out", stream("subpicture/x-dvb", payloads(1, 9)));
    await expect(nameless).rejects.toThrow("cannot carry subpicture/x-dvb");
    const unknown = run("in0 ! mpegtsmux ! out", stream(AAC, payloads(1, 9)).slice(1));
    await expect(unknown).rejects.toThrow("a stream comes without its format");
  });

  test("buffers without times go on where the one before ended, but none goes first", async () => {
    const [a, b, c, d] = payloads(4, 300) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    const items: Item[] = [
      { type: "caps", caps: parseCaps("video/mpeg,mpegversion=2,systemstream=false") },
      { type: "buffer", buffer: mediaBuffer(a) },
      { type: "buffer", buffer: mediaBuffer(b, { pts: 0n }) },
      { type: "buffer", buffer: mediaBuffer(c) },
      { type: "buffer", buffer: mediaBuffer(d, { pts: 40n * MS }) },
    ];
    const { bytes, problems } = await run("in0 ! mpegtsmux ! out", items);
    const units = unitsOf(bytes, 0x41);
    expect(units.map(({ data, pts }) => [data[0], pts !== undefined])).toEqual([
      [1, true],
      [2, false],
      [3, true],
    ]);
    expect(problems).toEqual([
      "sink_65: buffers in front of the first one with a time are dropped",
    ]);
  });

  test("a stream that changes gets a new programme map", async () => {
    const items = [
      ...stream(AAC, payloads(3, 100)),
      ...stream("audio/x-ac3", payloads(3, 100, 9), { from: 120n * MS }),
    ];
    const { bytes } = await run("in0 ! mpegtsmux ! out", items);
    const maps = mapsOf(bytes);
    expect(
      maps.map(({ versionNumber, streams }) => [versionNumber, ...streams.map(streamKind)]),
    ).toEqual([
      [0, "aac-adts"],
      [1, "ac3"],
    ]);
    expect(unitsOf(bytes, 0x41)).toHaveLength(6);
  });
});

describe("JPEG XS", () => {
  async function encoded(format: string, more = "", properties = ""): Promise<Item[]> {
    const items: Item[] = [];
    const sink = appSink("out", (item) => {
      if (item.type !== "buffer") items.push(item);
      else
        items.push({ type: "buffer", buffer: { ...item.buffer, data: item.buffer.data.slice() } });
    });
    await launch(
      `videotestsrc num-buffers=3 ! video/x-raw,format=${format},width=64,height=48,framerate=30000/1001${more}` +
        ` ! jpegxsenc ${properties} ! out`,
      { elements: [sink] },
    ).run();
    return items.filter(({ type }) => type !== "eos");
  }
  const codestreams = (items: readonly Item[]): Buffer[] =>
    items.flatMap((item) => (item.type === "buffer" ? [Buffer.from(item.buffer.data)] : []));

  test.each([
    ["I422_10LE", "", 0x8090, 0x0200_001e],
    ["Y42B", "", 0x8070, 0x0200_001e],
    ["Y444_12LE", "", 0x80b1, 0x0200_001e],
    ["GBR", "", 0x8072, 0x0200_001e],
    ["I420", "", 0x8073, 0x0200_001e],
    ["I422_10LE", ",interlace-mode=interleaved", 0x8090, 0x4200_001e],
  ])("%s%s: descriptor, header and codestreams", async (format, more, schar, frat) => {
    const items = await encoded(format, more);
    const { bytes } = await run("in0 ! mpegtsmux ! out", items);
    const [pmt] = mapsOf(bytes);
    const [described] = pmt?.streams ?? [];
    expect(described?.streamType).toBe(0x32);
    const descriptor = findDescriptor(described?.descriptors ?? [], 0x3f);
    expect(descriptor?.data).toHaveLength(30);
    const decoded = decodeJxsVideoDescriptor(descriptor as NonNullable<typeof descriptor>);
    const pictures = codestreams(items);
    const { pih } = decodeHeader(pictures[0] as Buffer);
    const size = (pictures[0] as Buffer).length;
    expect(decoded).toMatchObject({
      descriptorVersion: 0,
      horizontalSize: 64,
      // Of a field, as the standard has it.
      verticalSize: more === "" ? 48 : 24,
      brat: Math.ceil((30_000 * size) / (1001 * 125_000)),
      frat,
      schar,
      ppih: pih.ppih,
      plev: pih.plev,
      bufferModelType: 2,
      stillMode: false,
    });
    expect(pih.ppih).not.toBe(0);
    const units = unitsOf(bytes, 0x41);
    expect(units).toHaveLength(3);
    for (const [n, { data, header, randomAccess, pts, dts }] of units.entries()) {
      expect(header.streamId).toBe(0xbd);
      expect(randomAccess).toBe(true);
      expect(dts).toBe(pts);
      const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
      expect([view.getUint32(0), view.getUint32(4)]).toEqual([30, 0x6a786573]);
      expect([view.getUint32(8), view.getUint32(12)]).toEqual([decoded.brat, frat]);
      expect([view.getUint16(16), view.getUint16(18)]).toEqual([schar, pih.ppih]);
      expect([view.getUint16(20), view.getUint32(26)]).toEqual([pih.plev, 0]);
      expect(Buffer.from(data.subarray(30))).toEqual(pictures[n]);
    }
    // And back, as it was announced.
    const back = await demuxed(bytes, ["video_1_00041"]);
    const pad = back.get("video_1_00041");
    expect(pad?.data.map((data) => Buffer.from(data))).toEqual(pictures);
    const [first] = items;
    const announced = first?.type === "caps" && first.caps !== "ANY" ? first.caps[0]?.fields : {};
    const { height, "codestream-length": length, ...kept } = announced ?? {};
    expect(length).toBe(size);
    expect(pad?.caps).toMatchObject([{ mediaType: "image/x-jxsc", fields: kept }]);
    if (more === "") expect(formatCaps(pad?.caps ?? [])).toContain(`height=${height}`);
  });

  test("of variable size: the bit rate is that of bare samples", async () => {
    const items = await encoded("I422_10LE", "", "lossless=true");
    const { bytes } = await run("in0 ! mpegtsmux ! out", items);
    const [described] = mapsOf(bytes)[0]?.streams ?? [];
    const descriptor = findDescriptor(described?.descriptors ?? [], 0x3f);
    const { brat } = decodeJxsVideoDescriptor(descriptor as NonNullable<typeof descriptor>);
    expect(brat).toBe(Math.ceil((30_000 * 64 * 48 * 2 * 10) / (8 * 1001 * 125_000)));
  });

  test("a remux is the same stream", async () => {
    const { bytes } = await run("in0 ! mpegtsmux ! out", await encoded("I422_10LE"));
    const source: Item[] = [{ type: "buffer", buffer: mediaBuffer(bytes) }];
    const again = await run("in0 ! tsdemux ! mpegtsmux ! out", source);
    const fields = (of: Uint8Array): unknown => mapsOf(of)[0]?.streams;
    const withoutRate = (units: readonly TsPesEvent[]): Buffer[] =>
      units.map(({ data }) => Buffer.from(data.subarray(12)));
    expect(withoutRate(unitsOf(again.bytes, 0x41))).toEqual(withoutRate(unitsOf(bytes, 0x41)));
    expect(JSON.stringify(fields(again.bytes)).length).toBe(JSON.stringify(fields(bytes)).length);
  });

  test("a codestream that cannot be read is described by its caps", async () => {
    const caps =
      "image/x-jxsc,alignment=frame,width=1920,height=1080,framerate=25/1,sampling=(string)YCbCr-4:2:2" +
      ",depth=10,codestream-length=500000,interlace-mode=fields,field-order=bottom-field-first,colorimetry=bt709";
    const { bytes } = await run("in0 ! mpegtsmux ! out", stream(caps, payloads(2, 100)));
    const [described] = mapsOf(bytes)[0]?.streams ?? [];
    const descriptor = findDescriptor(described?.descriptors ?? [], 0x3f);
    expect(decodeJxsVideoDescriptor(descriptor as NonNullable<typeof descriptor>)).toMatchObject({
      horizontalSize: 1920,
      verticalSize: 540,
      brat: 100,
      frat: 0x8100_0019,
      schar: 0x8090,
      colourPrimaries: 1,
      transferCharacteristics: 1,
      matrixCoefficients: 1,
    });
  });
});

describe("Opus", () => {
  /** 20 ms, CELT full band, stereo. */
  const packets = [5, 255, 256, 600].map((size, n) => {
    const packet = new Uint8Array(size).fill(n);
    packet[0] = 0xfc;
    return packet;
  });
  /** OpusHead of two channels with a pre-skip of 1000 samples. */
  const head = "4f7075734865616401 02 e803 80bb0000 0000 00".replaceAll(" ", "");
  const opus = (caps: string): Item[] => stream(caps, packets, { step: 20n * MS });

  test("registration, extension descriptor, and a control header before each packet", async () => {
    const caps = `audio/x-opus,channels=2,codec_data=(string)${head}`;
    const { bytes } = await run("in0 ! mpegtsmux ! out", opus(caps));
    const [described] = mapsOf(bytes)[0]?.streams ?? [];
    expect(described?.streamType).toBe(0x06);
    const descriptors = described?.descriptors.map(({ descriptorTag, data }) => {
      return [descriptorTag, Buffer.from(data).toString("latin1")];
    });
    expect(descriptors).toEqual([
      [0x05, "Opus"],
      [0x7f, "\x80\x02"],
    ]);
    // The first 1000 samples are dropped: 960 of one packet, 40 of the next.
    expect(unitsOf(bytes, 0x41).map(({ data }) => Buffer.from(data).toString("hex", 0, 6))).toEqual(
      ["7ff00503c0fc", "7ff0ff000028", "7fe0ff01fc02", "7fe0ffff5afc"],
    );
    const back = await demuxed(bytes, ["audio_1_00041"]);
    const pad = back.get("audio_1_00041");
    expect(pad?.data.map((data) => Buffer.from(data))).toEqual(packets.map((p) => Buffer.from(p)));
    expect(pad?.times).toEqual([0n, 20n * MS, 40n * MS, 60n * MS]);
    expect(formatCaps(pad?.caps ?? [])).toContain("channels=2");
  });

  test("channels by configuration, caps or packet; an own mapping is refused", async () => {
    const codeOf = async (caps: string): Promise<number | undefined> => {
      const { bytes } = await run("in0 ! mpegtsmux ! out", opus(caps));
      return mapsOf(bytes)[0]?.streams[0]?.descriptors[1]?.data[1];
    };
    expect(await codeOf("audio/x-opus,channels=1")).toBe(1);
    expect(await codeOf("audio/x-opus")).toBe(2);
    const six = "4f707573486561640106000080bb0000000001";
    expect(await codeOf(`audio/x-opus,codec_data=(string)${six}0402000401020305`)).toBe(6);
    for (const caps of [
      `audio/x-opus,codec_data=(string)${six}0402000102030405`,
      "audio/x-opus,channels=9",
    ]) {
      await expect(codeOf(caps)).rejects.toThrow("cannot carry audio/x-opus");
    }
  });
});

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
