import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { encodeA53UserData } from "@x/cea708";
import { encodeAdtsHeader } from "@x/es";
import { decodeHeader } from "@x/jpegxs";
import { type StreamKind, streamKindInfo, TsMuxer, type TsPesEvent } from "@x/mpegts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dvbText } from "../src/probe/dvb-text.js";
import { noFindings, type ProbeFindings, type TransportStreamReport } from "../src/probe/report.js";
import { DatagramProbe } from "../src/probe/rtp-probe.js";
import { formatText, readStreamFormat } from "../src/probe/stream-format.js";
import { StreamProbe } from "../src/probe/stream-probe.js";
import { TsProbe } from "../src/probe/ts-probe.js";
import { propertyTest } from "./property-test.js";

const fixtures = new URL("../../../fixtures/", import.meta.url);

function fixture(path: string): Uint8Array {
  return new Uint8Array(readFileSync(fileURLToPath(new URL(path, fixtures))));
}

function probe(stream: Uint8Array, chunk = stream.length): ProbeFindings {
  const ts = new TsProbe();
  for (let at = 0; at < stream.length; at += chunk) ts.push(stream.slice(at, at + chunk));
  const findings = noFindings();
  ts.finish(findings);
  return findings;
}

function only(findings: ProbeFindings): TransportStreamReport {
  expect(findings.transportStreams).toHaveLength(1);
  return findings.transportStreams[0] as TransportStreamReport;
}

/** A picture of MPEG-2 video at `time`, 90 kHz. */
function pes(data: Uint8Array, time: number): TsPesEvent {
  return {
    type: "pes",
    pid: 0x100,
    programNumber: 1,
    stream: { elementaryPid: 0x100, streamType: 2, descriptors: [] },
    header: { streamId: 0xe0, pesPacketLength: 0 },
    pts: time,
    dts: time,
    ptsUnwrapped: time,
    dtsUnwrapped: time,
    randomAccess: true,
    discontinuity: false,
    damage: undefined,
    data,
    packet: 0,
    offset: 0,
  };
}

/** A programme with one video stream of `seconds`. */
function programme(bitrate: number, seconds: number): Uint8Array {
  const mux = new TsMuxer({
    bitrate,
    programs: [{ programNumber: 1, streams: [{ pid: 0x100, kind: "h264" }] }],
  });
  const parts: Uint8Array[] = [];
  const data = Uint8Array.of(0, 0, 0, 1, 9, 0xf0, 0, 0, 0, 1, 0x65, ...new Uint8Array(800));
  for (let i = 0; i < seconds * 25; i++) {
    parts.push(mux.push({ pid: 0x100, data, pts: 90_000 + i * 3600, randomAccess: true }));
  }
  parts.push(mux.flush());
  return Uint8Array.from(Buffer.concat(parts));
}

describe("a transport stream", () => {
  test("has picture sizes, rates and audio formats, as ffprobe finds them", () => {
    const [program] = only(probe(fixture("mpegts-pcr-clock/ts/ff-cbr.ts"))).programs;
    expect(program).toMatchObject({
      service: "Service01",
      streams: [
        {
          kind: "h264",
          format: {
            width: 128,
            height: 96,
            frameRate: "25",
            interlaced: false,
            profile: "Constrained Baseline, level 1.2",
            chroma: "4:2:0",
            bitDepth: 8,
          },
        },
        {
          kind: "mpeg1-audio",
          format: { profile: "MPEG-1 layer II", sampleRate: 48_000, channels: 1 },
        },
      ],
    });
    expect(program?.streams[0]?.unitsPerSecond).toBeCloseTo(25, 6);
    expect(program?.streams[1]?.unitsPerSecond).toBeUndefined();
    const mpeg2 = only(probe(fixture("st2038/ts/programme-ffmpeg.ts"))).programs[0]?.streams[1];
    expect(mpeg2?.format).toEqual({
      profile: "4:2:2 profile at Main level",
      width: 96,
      height: 64,
      frameRate: "30000/1001",
      interlaced: false,
      chroma: "4:2:2",
      bitDepth: 8,
    });
    const high = only(probe(fixture("mpegts-pcr-clock/ts/gst-vbr.ts"))).programs[0]?.streams[0];
    expect(formatText(high?.format ?? {})).toBe(
      "128 x 96, 25 fps, High 4:4:4 Predictive, level 1.0, 4:4:4, 10 bits",
    );
  });

  test("that is played again and again keeps its frame rate", () => {
    const stream = fixture("mpegts-pcr-clock/ts/ff-cbr.ts");
    const again = Uint8Array.from(Buffer.concat([stream, stream, stream]));
    expect(only(probe(again)).programs[0]?.streams[0]?.unitsPerSecond).toBeCloseTo(25, 6);
  });

  test("that ends inside a packet is a problem, unless somebody stopped to listen there", () => {
    const stream = fixture("mpegts-pcr-clock/ts/ff-cbr.ts").subarray(0, 188 * 300 + 50);
    expect(probe(stream).problems).toEqual(["50 bytes of a packet at the end"]);
    const live = new TsProbe("srt://127.0.0.1:9000");
    live.push(stream, 0n);
    const findings = noFindings();
    live.finish(findings, true);
    expect(findings.problems).toEqual([]);
    expect(only(findings).issues).not.toHaveProperty("truncated");
  });

  test("has a bit rate for each PID, which add up to that of all", () => {
    const stream = programme(500_000, 4);
    const report = only(probe(stream));
    expect(report.bitrate).toBeCloseTo(500_000, 0);
    const video = report.programs[0]?.streams[0];
    expect(video?.bitrate).toBeCloseTo(((video?.packets ?? 0) / report.packets) * 500_000, 0);
  });

  test("is reported alike whatever the chunks", () => {
    for (const name of ["mpegts-pcr-clock/ts/ff-mpts.ts", "st2038/ts/programme-gst.ts"]) {
      const stream = fixture(name);
      const { traces: _, ...whole } = probe(stream);
      const { traces: __, ...pieces } = probe(stream, 1000);
      expect(pieces).toEqual(whole);
    }
  });

  test("that our muxer wrote has no error by TR 101 290, a damaged one has those that were made", () => {
    const stream = programme(500_000, 4);
    const clean = only(probe(stream)).tr101290;
    expect(Object.values(clean.counts).every((count) => count === 0)).toBe(true);
    expect(clean.first).toEqual([]);
    const damaged = stream.slice();
    const videoPackets: number[] = [];
    for (let at = 0; at < damaged.length; at += 188) {
      const [, high, low, control = 0] = damaged.subarray(at, at + 4);
      if (high === 0x01 && low === 0 && (control & 0x10) !== 0) videoPackets.push(at);
    }
    // A packet is marked as damaged by a demodulator, so the next one does not continue the one before.
    const victim = videoPackets[200] as number;
    damaged[victim + 1] = (damaged[victim + 1] as number) | 0x80;
    const { counts, first } = only(probe(damaged)).tr101290;
    expect(counts["2.1"]).toBe(1);
    expect(counts["1.4"]).toBe(1);
    expect(first[0]).toMatchObject({ indicator: "2.1", pid: 0x100, packet: victim / 188 });
  });

  test("with captions in MPEG-2 user data shows them", () => {
    const video = new StreamProbe();
    // Two rows rolled up, a carriage return, row 15, "HI", and half a second later nothing any more.
    const words = [0x9425, 0x94ad, 0x9470, 0xc849, ...Array<number>(15).fill(0x8080), 0x942c];
    words.forEach((word, i) => {
      const captions = Uint8Array.of(0xfc, word >> 8, word & 0xff);
      const userData = encodeA53UserData(captions);
      const data = Uint8Array.of(0, 0, 1, 0, 0, 0x08, 0, 0, 1, 0xb2, ...userData);
      video.push(pes(data, i * 3003), 0);
    });
    const findings = noFindings();
    video.finish("PID 0x0100", findings);
    expect(findings.captions).toMatchObject([
      {
        label: "PID 0x0100, in the video",
        services: [{ name: "CC1", cues: 1 }],
        cues: [{ text: "HI" }],
      },
    ]);
  });

  test("with SCTE 35 counts its commands", () => {
    const stream = new StreamProbe();
    const section = (command: number, encrypted = false): Uint8Array => {
      const bytes = new Uint8Array(20);
      bytes.set([0xfc, 0x30, 0x11, 0, encrypted ? 0x80 : 0]);
      bytes[13] = command;
      return bytes;
    };
    for (const command of [5, 6, 6, 0, 77]) stream.section(section(command));
    stream.section(section(5, true));
    stream.section(Uint8Array.of(0xfc));
    stream.section(new Uint8Array(20));
    const pmtStream = { elementaryPid: 0x200, streamType: 0x86, descriptors: [] };
    expect(stream.report(pmtStream, 6, 10)).toMatchObject({
      kind: "scte35",
      cues: {
        encrypted: 1,
        splice_insert: 1,
        splice_null: 1,
        "splice_command_type 77": 1,
        time_signal: 2,
      },
    });
  });
});

describe("stream formats", () => {
  test("of audio come from the frame headers", () => {
    const frame = new Uint8Array(64);
    frame.set(
      encodeAdtsHeader(
        { audioObjectType: 2, samplingFrequency: 48_000, channelConfiguration: 6 },
        57,
      ),
    );
    expect(readStreamFormat("aac-adts", frame)).toEqual({
      profile: "AAC LC",
      sampleRate: 48_000,
      channels: 6,
    });
    // 48 kHz, 448 kbit/s, 3/2 with LFE.
    const ac3 = Uint8Array.of(0x0b, 0x77, 0, 0, 0x1e, 0x40, 0xe1, 0, 0, 0);
    expect(readStreamFormat("ac3", ac3)).toEqual({
      profile: "AC-3",
      sampleRate: 48_000,
      channels: 6,
      bitrateKbps: 448,
    });
    expect(readStreamFormat("smpte-302m", Uint8Array.of(0x05, 0x00, 0x40, 0x20))).toEqual({
      sampleRate: 48_000,
      channels: 4,
      bitDepth: 24,
    });
  });

  test("of JPEG XS come from the codestream, its header alone will do, wherever it begins", () => {
    const picture = fixture("jpegxs-codec/edit_two_frames.jxs");
    const { pih, cdt } = decodeHeader(picture);
    const expected = { width: pih.wf, height: pih.hf, bitDepth: cdt[0]?.b };
    const slice = picture.findIndex((byte, i) => byte === 0xff && picture[i + 1] === 0x20);
    const boxed = Uint8Array.of(...new Uint8Array(48), ...picture.subarray(0, slice));
    for (const data of [picture, boxed]) {
      expect(readStreamFormat("jpegxs", data)).toMatchObject(expected);
    }
    const packets = [...Array(6).keys()].map((i): Uint8Array => {
      const piece = picture.subarray(i * 400, (i + 1) * 400);
      return Uint8Array.of(0x80, 112, 0, i, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, ...piece);
    });
    const rtp = new DatagramProbe();
    for (const payload of packets) {
      rtp.push({ timeNs: 0n, source: "10.0.0.1:4000", destination: "10.0.0.2:5004", payload });
    }
    const findings = noFindings();
    rtp.finish(findings);
    expect(findings.rtp[0]).toMatchObject({ content: "jpegxs", packets: 6, payloadType: 112 });
  });

  const kinds: readonly StreamKind[] = [
    ...(["h264", "hevc", "av1", "mpeg1-video", "mpeg2-video", "jpegxs", "aac-adts"] as const),
    ...(["mpeg1-audio", "mpeg2-audio", "ac3", "eac3", "opus", "smpte-302m", "private"] as const),
  ];

  propertyTest(
    [
      fc.constantFrom(...kinds),
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom(
        [0, 0, 1, 0x67],
        [0, 0, 1, 0x42, 1],
        [0, 0, 1, 0xb3],
        [0xff, 0x10, 0xff, 0x50],
        [0x0b, 0x77],
      ),
    ],
    "of junk are a format or none, never an exception",
    (kind, junk, head) => {
      expect(streamKindInfo(kind).kind).toBe(kind);
      const format = readStreamFormat(kind, Uint8Array.of(...head, ...junk));
      expect(format === undefined || typeof formatText(format) === "string").toBe(true);
    },
  );
});

test("DVB text is read by its character table", () => {
  const bytes = (...parts: (number | string)[]): Uint8Array =>
    Uint8Array.from(
      parts.flatMap((part) =>
        typeof part === "number" ? [part] : [...Buffer.from(part, "latin1")],
      ),
    );
  expect(dvbText(bytes("BBC ONE"))).toBe("BBC ONE");
  expect(dvbText(bytes("Z", 0xc8, "urich"))).toBe("Zürich");
  expect(dvbText(bytes(0x15, 0xc3, 0xa9))).toBe("é");
  expect(dvbText(bytes(0x05, 0xe9))).toBe("é");
  expect(dvbText(bytes(0x10, 0x00, 0x02, 0xb1))).toBe("ą");
  expect(dvbText(bytes(0x11, 0x04, 0x16))).toBe("Ж");
  expect(dvbText(bytes(0x86, "a", 0x87))).toBe("a");
  expect(dvbText(bytes())).toBe("");
});

/** UDP datagrams of seven packets, as a sender whose clock runs `ppm` fast lets them go, late by `delayMs`. */
function received(
  stream: Uint8Array,
  bitrate: number,
  ppm: number,
  delayMs: (index: number) => number,
): ProbeFindings {
  const probe = new DatagramProbe();
  for (let at = 0, index = 0; at < stream.length; at += 1316, index++) {
    const payload = stream.subarray(at, at + 1316);
    const seconds = ((at + payload.length) * 8) / bitrate / (1 + ppm * 1e-6);
    const timeNs =
      1_700_000_000_000_000_000n + BigInt(Math.round(seconds * 1e9 + delayMs(index) * 1e6));
    probe.push({ timeNs, source: "10.0.0.1:4000", destination: "239.1.1.1:5000", payload });
  }
  const findings = noFindings();
  probe.finish(findings);
  return findings;
}

describe("what was received", () => {
  const bitrate = 400_000;
  const stream = programme(bitrate, 40);

  test("has the sender's frequency and the network's jitter, whatever place PCRs have in datagrams", () => {
    for (const ppm of [-25, 12]) {
      // The datagrams take turns at being 0 to 2 ms late.
      const findings = received(stream, bitrate, ppm, (index) => ((index * 7) % 11) * 0.2);
      const [pcr] = only(findings).pcr;
      const { frequencyOffsetPpm = 0, frequencyErrorPpm = 0 } = pcr?.timing ?? {};
      expect(Math.abs(frequencyOffsetPpm - ppm)).toBeLessThan(2);
      expect(frequencyErrorPpm).toBeGreaterThan(0);
      expect(frequencyErrorPpm).toBeLessThan(5);
      // At this rate a datagram lasts 26 ms: uncorrected, that would be the jitter.
      expect(pcr?.timing?.overallJitterNs).toBeGreaterThan(1.8e6);
      expect(pcr?.timing?.overallJitterNs).toBeLessThan(3e6);
    }
  });

  test("and recorded with arrival time stamps has them, whatever the chunks, over their wrap", () => {
    const ppm = 15;
    const packets = stream.length / 188;
    const stamped = new Uint8Array(packets * 192);
    const view = new DataView(stamped.buffer);
    for (let i = 0; i < packets; i++) {
      const seconds = 20 + ((i + 1) * 1504) / bitrate / (1 + ppm * 1e-6);
      // The upper two bits are the copy permission.
      view.setUint32(i * 192, ((Math.round(seconds * 27e6) % 2 ** 30) + 2 ** 30) >>> 0);
      stamped.set(stream.subarray(i * 188, (i + 1) * 188), i * 192 + 4);
    }
    const [whole] = only(probe(stamped)).pcr;
    expect(Math.abs((whole?.timing?.frequencyOffsetPpm ?? 0) - ppm)).toBeLessThan(0.5);
    expect(whole?.timing?.overallJitterNs).toBeLessThan(1_000_000);
    for (const chunk of [191, 4096]) expect(only(probe(stamped, chunk)).pcr[0]).toEqual(whole);
  });

  test("has no timing in a file", () => {
    expect(only(probe(stream)).pcr[0]?.timing).toBeUndefined();
  });
});
