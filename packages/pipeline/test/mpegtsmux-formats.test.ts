import { decodeHeader } from "@x/jpegxs";
import { decodeJxsVideoDescriptor, findDescriptor, streamKind, type TsPesEvent } from "@x/mpegts";
import { describe, expect, test } from "vitest";
import { appSink, formatCaps, type Item, launch, mediaBuffer, parseCaps } from "../src/index.js";
import { AAC, demuxed, MS, mapsOf, payloads, run, stream, unitsOf } from "./support/transport.js";

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
    const bare = stream("audio/mpeg,mpegversion=2,stream-format=raw", payloads(1, 9));
    await expect(run("in0 ! mpegtsmux ! out", bare)).rejects.toThrow("cannot carry audio/mpeg");
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

  test("a buffer that no PES packet holds is dropped, and told", async () => {
    const sizes = [10, 70_000, 20].map((size) => new Uint8Array(size));
    const { bytes, problems } = await run(
      "in0 ! mpegtsmux ! out",
      stream("meta/x-klv,parsed=true", sizes),
    );
    expect(unitsOf(bytes, 0x41).map(({ data }) => data.length)).toEqual([10, 20]);
    expect(problems).toEqual([
      "sink_65: a buffer is dropped: data: 70000 bytes do not fit a PES packet of PID 65",
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

  test("a gap in front tells nothing: the first picture does", async () => {
    const [caps, ...pictures] = await encoded("I422_10LE");
    const gap: Item = { type: "gap", pts: 0n, duration: undefined };
    const { bytes } = await run("in0 ! mpegtsmux ! out", [caps as Item, gap, ...pictures]);
    const descriptor = findDescriptor(mapsOf(bytes).at(-1)?.streams[0]?.descriptors ?? [], 0x3f);
    const { pih } = decodeHeader(codestreams(pictures)[0] as Buffer);
    expect(decodeJxsVideoDescriptor(descriptor as NonNullable<typeof descriptor>)).toMatchObject({
      ppih: pih.ppih,
      plev: pih.plev,
    });
    const [unit] = unitsOf(bytes, 0x41);
    expect(Buffer.from(unit?.data.subarray(18, 20) ?? []).readUInt16BE()).toBe(pih.ppih);
  });

  test.each([
    ["YCbCr-4:2:0", 1.5],
    ["YCbCr-4:2:2", 2],
    ["RGB-4:4:4", 3],
    ["YCbCr-4:2:2:4", 3],
    ["RGB-4:4:4:4", 4],
  ])(
    "of %s that cannot be read: the bit rate is that of %d samples a pixel",
    async (sampling, samples) => {
      const caps = `image/x-jxsc,alignment=frame,width=1000,height=1000,framerate=25/1,sampling=(string)${sampling},depth=10`;
      const { bytes } = await run("in0 ! mpegtsmux ! out", stream(caps, payloads(2, 100)));
      const descriptor = findDescriptor(mapsOf(bytes)[0]?.streams[0]?.descriptors ?? [], 0x3f);
      const { brat } = decodeJxsVideoDescriptor(descriptor as NonNullable<typeof descriptor>);
      expect(brat).toBe(250 * samples);
    },
  );

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
