import { createSocket } from "node:dgram";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ProbeReport } from "../src/probe/report.js";
import { commandFolder, expectFailure, fixtures, probeJson, x } from "./run-command.js";

const srt = join(fixtures, "demo/lisbon.srt");
const folder = commandFolder();

describe("x probe", () => {
  test("a transport stream with ancillary data, and a truncated one", async () => {
    const ts = join(folder, "captions.ts");
    const made = await x(
      "launch",
      "-q",
      `filesrc location=${srt} ! subparse ! tttocea708 ! closedcaption/x-cea-708,framerate=30/1 ! ccconverter ! cctost2038anc ! mpegtsmux ! filesink location=${ts}`,
    );
    expect(made.code).toBe(0);
    const report = await probeJson(ts);
    expect(report).toMatchObject({
      kind: "mpegts",
      transportStreams: [
        {
          packetSize: 188,
          packets: statSync(ts).size / 188,
          programs: [{ programNumber: 1, streams: [{ kind: "smpte-2038", streamType: 6 }] }],
          issues: {},
        },
      ],
      ancillary: [
        { kinds: [{ did: 0x61, sdid: 1, lines: [9], parityErrors: 0, checksumErrors: 0 }] },
      ],
      problems: [],
    });
    expect(report.transportStreams[0]?.pcr[0]?.maxIntervalMs).toBeLessThanOrEqual(40);
    expect(report.captions[0]?.cues).toHaveLength(93);
    const text = await x("probe", ts);
    expect(text.stdout).toContain("61/01");
    expect(text.stdout).toContain("service 1  00:00:01.033 to 00:00:03.500  ♪ (slow accordion) ♪");

    const cut = join(folder, "cut.ts");
    writeFileSync(cut, readFileSync(ts).subarray(0, 188 * 400 + 77));
    const truncated = await x("probe", cut);
    expect(truncated.code).toBe(1);
    expect(truncated.stdout).toContain("problem: ");
    const kept = join(folder, "kept.srt");
    const launched = await x(
      "launch",
      `filesrc location=${cut} ! tsdemux ! st2038anctocc ! cea708tott ! application/x-subtitle ! filesink location=${kept}`,
    );
    expect(launched.code).toBe(1);
    expect(launched.stderr).toMatch(/^error: tsdemux0: \d+ bytes of a packet at the end\n$/);
    expect(readFileSync(kept, "utf8")).toContain("accordion");
  });

  test("captions go to files, of 608 and 708, out of ancillary data", async () => {
    const ts = join(folder, "both.ts");
    await x(
      "launch",
      "-q",
      `filesrc location=${srt} ! subparse ! tttocea608 ! closedcaption/x-cea-608,framerate=30/1 ! cea608tocea708 ! ccconverter ! cctost2038anc ! mpegtsmux ! filesink location=${ts}`,
    );
    const file = (name: string): string => join(folder, name);
    const result = await x(
      ...["probe", "--srt", file("a.srt"), "--vtt", file("a.vtt"), "--scc", file("a.scc")],
      ...["--mcc", file("a.mcc"), "--service", "CC1", ts],
    );
    expect(result.stderr).toBe("");
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(/^ {2}CC1: 93 cues$/m);
    expect(result.stdout).toMatch(/^ {2}service 1: 93 cues$/m);
    expect(readFileSync(file("a.srt"), "utf8")).toContain("Zürich sees everything.");
    expect(readFileSync(file("a.vtt"), "utf8")).toMatch(/^WEBVTT\n/);
    expect(readFileSync(file("a.scc"), "utf8")).toMatch(/^Scenarist_SCC V1\.0/);
    expect(readFileSync(file("a.mcc"), "utf8")).toMatch(/^File Format=MacCaption_MCC V1\.0/);
    // What was written is read again, with the same text.
    const again = await probeJson(file("a.srt"));
    expect(again.captions[0]?.cues).toHaveLength(93);
    await expectFailure(
      2,
      'no captions of "CC9"',
      "probe",
      "--srt",
      file("b.srt"),
      "--service",
      "CC9",
      ts,
    );
  });

  test("a stream of a few packets, and caption files", async () => {
    const ts = join(folder, "captions.ts");
    const few = join(folder, "few.ts");
    writeFileSync(few, readFileSync(ts).subarray(0, 188 * 6));
    expect((await probeJson(few)).transportStreams[0]).toMatchObject({
      packetSize: 188,
      packets: 6,
    });
    for (const [name, label] of [
      ["scc/rollup2.scc", "Scenarist SCC"],
      ["mcc/rollup2.mcc", "MacCaption MCC"],
    ] as const) {
      const { kind, captions } = await probeJson(join(fixtures, "cea708", name));
      expect(kind).toBe("captions");
      expect(captions[0]).toMatchObject({ label, services: [{ name: "CC1", cues: 3 }] });
    }
  });

  test("a page with the PCRs of a transport stream", async () => {
    const plot = join(folder, "plot.html");
    const ts = join(fixtures, "mpegts-pcr-clock/ts/ff-cbr.ts");
    const { code, stdout } = await x("probe", "--plot", plot, ts);
    expect(code).toBe(0);
    expect(stdout).toContain("128 x 96, 25 fps, Constrained Baseline, level 1.2, 4:2:0, 8 bits");
    expect(stdout).toContain("TR 101 290: no error of priority 1 or 2");
    const page = readFileSync(plot, "utf8");
    expect(page).toMatch(/^<!doctype html>/);
    expect(page.match(/<svg/g)).toHaveLength(3);
    const none = join(folder, "none.html");
    await expectFailure(1, "x: no PCRs were found for --plot", "probe", "--plot", none, srt);
    const nowhere = join(folder, "no/such/plot.html");
    await expectFailure(1, /no such file or folder/, "probe", "--plot", nowhere, ts);
  });

  test("SRT without what it needs is one sentence", async () => {
    const { X_LIBSRT } = process.env;
    process.env.X_LIBSRT = "/no/such/libsrt.so";
    try {
      const missing = /SRT needs the package koffi|libsrt was not found: X_LIBSRT names/;
      await expectFailure(2, missing, "probe", "srt://127.0.0.1:45996");
    } finally {
      if (X_LIBSRT === undefined) delete process.env.X_LIBSRT;
      else process.env.X_LIBSRT = X_LIBSRT;
    }
    await expectFailure(2, "a caller needs host and port", "probe", "srt://127.0.0.1");
  });

  test("a capture with RFC 8331", async () => {
    const report = await probeJson(join(fixtures, "rfc8331/streams/interlaced-25-mtu.pcap"));
    expect(report.kind).toBe("capture");
    expect(report.rtp[0]).toMatchObject({ content: "smpte291" });
    expect(report.rtp[0]?.completeFrames).toBeGreaterThan(0);
    expect(report.ancillary[0]?.packets).toBeGreaterThan(0);
  });

  test("ST 2038 records and subtitles", async () => {
    const units = JSON.parse(readFileSync(join(fixtures, "st2038/packets.json"), "utf8")) as
      | readonly { st2038Hex: string; checksumOk: boolean }[]
      | { packets: never };
    const list = Array.isArray(units) ? units : (units as { packets: never }).packets;
    const dump = join(folder, "dump.st2038");
    writeFileSync(
      dump,
      Buffer.from(
        (list as { st2038Hex: string }[]).map(({ st2038Hex }) => st2038Hex).join(""),
        "hex",
      ),
    );
    expect((await probeJson(dump)).kind).toBe("st2038");
    const subtitles = await probeJson(srt);
    expect(subtitles.kind).toBe("subtitles");
    expect(subtitles.captions[0]?.cues).toHaveLength(93);
  });

  test("FLV with its tracks", async () => {
    const report = await probeJson(join(fixtures, "eflv/peers/ff-multitrack-audio.flv"));
    expect(report.kind).toBe("flv");
    const tracks = report.flv[0]?.tracks ?? [];
    expect(tracks.filter(({ kind }) => kind === "audio").length).toBeGreaterThan(1);
    for (const { frames } of tracks) expect(frames).toBeGreaterThan(0);
    const text = await x("probe", join(fixtures, "eflv/peers/ff-multitrack-audio.flv"));
    expect(text.stdout).toMatch(/^ {2}audio 1 {2}mp4a \(AAC\), OneTrack: \d+ frames/m);
  });

  test("what cannot be read is one sentence", async () => {
    await expectFailure(1, 'x: cannot read "/no/such": no such file', "probe", "/no/such");
    const empty = join(folder, "empty");
    writeFileSync(empty, "");
    await expectFailure(1, /^x: ".*empty" is empty/, "probe", empty);
    const junk = join(folder, "junk");
    writeFileSync(
      junk,
      Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i * 31 + 7) & 255)),
    );
    await expectFailure(1, /is none of what x knows/, "probe", junk);
    await expectFailure(2, /is not of the form/, "probe", "udp://nowhere");
    await expectFailure(
      1,
      /nothing arrived/,
      "probe",
      "--duration",
      "0.2",
      "udp://127.0.0.1:45999",
    );
  });

  test("a live stream", async () => {
    const live = x("probe", "--json", "--duration", "4", "udp://127.0.0.1:45997");
    const payload = Buffer.from(
      "8060000100000000deadbeef0000000c010000000090000058501 40AAAAEEC90".replace(" ", ""),
      "hex",
    );
    const socket = createSocket("udp4");
    const timer = setInterval(() => socket.send(payload, 45_997, "127.0.0.1", () => {}), 100);
    const result = await live;
    clearInterval(timer);
    socket.close();
    const report = JSON.parse(result.stdout) as ProbeReport;
    expect(report.rtp[0]).toMatchObject({ content: "smpte291", payloadType: 96 });
    expect(report.ancillary[0]?.kinds[0]).toMatchObject({ did: 0x61, sdid: 1 });
  });
});
