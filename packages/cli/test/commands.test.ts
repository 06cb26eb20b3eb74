import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ProbeReport } from "../src/probe/report.js";
import {
  buildCommand,
  expectFailure,
  expectSentence,
  fixtures,
  interrupted,
  start,
  x,
} from "./run-command.js";

const srt = join(fixtures, "demo/lisbon.srt");
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "x-cli-"));
  await buildCommand();
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("x", () => {
  test("says what it can do", async () => {
    const help = await x("--help");
    expect(help.code).toBe(0);
    expect(help.stdout).toContain("x probe INPUT");
    expect(await x()).toEqual({ code: 2, stdout: "", stderr: help.stdout });
    expect((await x("help", "probe")).stdout).toBe((await x("probe", "--help")).stdout);
    expect((await x("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    for (const name of ["launch", "inspect", "probe", "convert"]) {
      expect((await x(name, "--help")).stdout).toContain(`x ${name}`);
    }
  });

  test("refuses what it does not know", async () => {
    await expectFailure(2, 'x: there is no command "lunch": did you mean "launch"?', "lunch");
    await expectFailure(2, 'x: there is no command "constructor": try x --help', "constructor");
    await expectFailure(2, 'x: there is no option "--verison": did you mean', "--verison");
    await expectFailure(2, /^x: Unknown option '--nope': try x probe --help\n$/, "probe", "--nope");
    await expectFailure(2, /^x: Option '--frame-rate'.*\n$/, "convert", "--frame-rate", "-3");
    await expectFailure(2, "x: probe needs a file, a URL, or something on standard input", "probe");
    await expectFailure(2, "x: launch needs a pipeline", "launch");
  });
});

describe("x inspect", () => {
  test("lists every element, and the properties of one", async () => {
    const { stdout } = await x("inspect");
    expect(stdout).toMatch(/^udpsink +Sends each buffer/m);
    const one = await x("inspect", "udpsink");
    expect(one.stdout).toContain("port: integer 1…65535, default 5004");
    expect(JSON.parse((await x("inspect", "--json", "queue")).stdout)).toMatchObject({
      name: "queue",
      properties: { leaky: { values: ["no", "upstream", "downstream"] } },
    });
    await expectFailure(2, 'x: there is no element "nosuch": x inspect', "inspect", "nosuch");
    await expectFailure(2, 'element "tsdemx": did you mean "tsdemux"?', "inspect", "tsdemx");
    await expectFailure(2, 'takes one element, "tee" is a second', "inspect", "queue", "tee");
  });
});

describe("x launch", () => {
  test("runs a pipeline, as one argument or as several", async () => {
    const out = join(folder, "copy with space.srt");
    const whole = await x("launch", "-q", `filesrc location=${srt} ! filesink location="${out}"`);
    expect(whole).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(readFileSync(out)).toEqual(readFileSync(srt));
    rmSync(out);
    const parts = await x(
      ...["launch", "-q", "filesrc", `location=${srt}`, "!", "filesink", `location=${out}`],
    );
    expect(parts.code).toBe(0);
    expect(readFileSync(out)).toEqual(readFileSync(srt));
  });

  test("takes options behind the pipeline too", async () => {
    const { code, stderr } = await x("launch", "fakesrc num-buffers=1 ! fakesink", "--json");
    expect(JSON.parse(stderr)).toMatchObject({ type: "statistics" });
    expect(code).toBe(0);
    await expectFailure(2, "Unknown option '--nope'", "launch", "fakesrc ! fakesink", "--nope");
  });

  test("writes to standard output, and messages as JSON to standard error", async () => {
    const { stdout, stderr } = await x(
      "launch",
      "--json",
      `filesrc location=${srt} ! tee name=t t. ! fdsink t. ! fakesink`,
    );
    expect(stdout).toBe(readFileSync(srt, "utf8"));
    expect(JSON.parse(stderr)).toMatchObject({ type: "statistics", element: "fakesink0" });
  });

  test("bad input is one sentence and an exit code", async () => {
    await expectFailure(
      1,
      'x: filesrc0: cannot read "/no/such.srt": no such file or folder',
      "launch",
      "filesrc location=/no/such.srt ! subparse ! fakesink",
    );
    const notSrt = join(folder, "not.srt");
    writeFileSync(notSrt, "this is no subtitle file\n");
    await expectFailure(
      1,
      /^x: subparse0: /,
      "launch",
      `filesrc location=${notSrt} ! subparse ! fakesink`,
    );
    const empty = join(folder, "empty.srt");
    writeFileSync(empty, "");
    await expectFailure(
      1,
      /^x: subparse0: /,
      "launch",
      `filesrc location=${empty} ! subparse ! fakesink`,
    );
    await expectFailure(2, 'x: there is no element "nosuch"', "launch", "nosuch ! fakesink");
    await expectFailure(
      2,
      "x: udpsink0: property port",
      "launch",
      `filesrc location=${srt} ! udpsink port=abc`,
    );
    await expectFailure(2, "nothing behind it", "launch", "filesrc location=a !");
  });

  test("a damaged stream gives a few warnings of each kind, and says how many there were", async () => {
    const units = readFileSync(join(fixtures, "st2038/ts/programme-gst.ts"));
    const damaged = join(folder, "damaged.ts");
    // Every fifth packet is gone.
    const packets = Array.from({ length: units.length / 188 }, (_, i) =>
      units.subarray(i * 188, (i + 1) * 188),
    );
    writeFileSync(damaged, Buffer.concat(packets.filter((_, i) => i % 5 !== 4)));
    const pipeline = `filesrc location=${damaged} ! tsdemux ! fakesink`;
    const missing = (text: string): number => text.split("packets are missing").length - 1;
    const short = await x("launch", pipeline);
    expect(missing(short.stderr)).toBe(4);
    expect(short.stderr).toMatch(
      /^warning: tsdemux0: packets are missing \((\d+) in all; -v shows them\)$/m,
    );
    const all = await x("launch", "-v", pipeline);
    const [, count] = /missing \((\d+) in all/.exec(short.stderr) ?? [];
    expect(missing(all.stderr)).toBe(Number(count));
    const whole = join(folder, "captioned.ts");
    await x("convert", srt, whole);
    const captioned = readFileSync(whole);
    writeFileSync(
      damaged,
      Buffer.concat(
        Array.from({ length: captioned.length / 188 }, (_, i) =>
          captioned.subarray(i * 188, (i % 50 === 49 ? i : i + 1) * 188),
        ),
      ),
    );
    const converted = await x("convert", damaged, join(folder, "damaged.vtt"));
    expect(missing(converted.stderr)).toBe(4);
    expect(converted.stderr).toMatch(
      /^warning: "[^"]*damaged\.ts": packets are missing \(\d+ in all\)$/m,
    );
  });

  test("a port in use is one sentence", async () => {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const { port } = socket.address();
    try {
      await expectFailure(
        1,
        `x: udpsrc0: cannot listen on 127.0.0.1:${port}: the port is in use already`,
        "launch",
        `udpsrc address=127.0.0.1 port=${port} ! fakesink`,
      );
    } finally {
      socket.close();
    }
  });
});

describe.skipIf(process.platform !== "linux")("an output that is full or closed", () => {
  test("is a sentence, and an exit code", async () => {
    const full = openSync("/dev/full", "w");
    try {
      for (const args of [["--help"], ["inspect"], ["probe", srt], ["probe", "--json", srt]]) {
        const result = await start(args, ["ignore", full]).ended;
        expectSentence(result, 1, "x: cannot write to standard output: no space left on the dev");
      }
    } finally {
      closeSync(full);
    }
    const ts = join(fixtures, "mpegts-pcr-clock/ts/ff-cbr.ts");
    await expectFailure(1, 'cannot write "/dev/full"', "probe", "--srt", "/dev/full", srt);
    await expectFailure(1, 'cannot write "/dev/full"', "probe", "--plot", "/dev/full", ts);
  });

  test("by a reader that has seen enough: files are written all the same", async () => {
    const out = join(folder, "enough.srt");
    const { child, ended } = start(["probe", "--captions", "--srt", out, srt]);
    child.stdout?.destroy();
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
    expect(readFileSync(out, "utf8")).toContain("accordion");
  });
});

describe("an interrupt", () => {
  test("ends a pipeline in real time soon, and its file is kept", async () => {
    const ts = join(folder, "interrupted.ts");
    const result = await interrupted(
      1,
      "launch",
      `filesrc location=${srt} ! subparse ! tttocea708 ! closedcaption/x-cea-708,framerate=30/1 ! ccconverter ! cctost2038anc ! clocksync ! mpegtsmux ! filesink location=${ts}`,
    );
    expect(result).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(statSync(ts).size % 188).toBe(0);
    expect((await x("probe", ts)).code).toBe(0);
  });

  test.skipIf(process.platform === "win32")(
    "a second one ends what waits for a pipe that nobody writes to",
    async () => {
      const pipe = join(folder, "pipe");
      execFileSync("mkfifo", [pipe]);
      const result = await interrupted(2, "launch", `filesrc location=${pipe} ! fakesink`);
      expect(result).toEqual({ code: 130, stdout: "", stderr: "" });
    },
  );
});

describe("x probe", () => {
  const probe = async (...args: string[]): Promise<ProbeReport> =>
    JSON.parse((await x("probe", "--json", ...args)).stdout) as ProbeReport;

  test("a transport stream with ancillary data, and a truncated one", async () => {
    const ts = join(folder, "captions.ts");
    const made = await x(
      "launch",
      "-q",
      `filesrc location=${srt} ! subparse ! tttocea708 ! closedcaption/x-cea-708,framerate=30/1 ! ccconverter ! cctost2038anc ! mpegtsmux ! filesink location=${ts}`,
    );
    expect(made.code).toBe(0);
    const report = await probe(ts);
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
    const again = await probe(file("a.srt"));
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
    expect((await probe(few)).transportStreams[0]).toMatchObject({ packetSize: 188, packets: 6 });
    for (const [name, label] of [
      ["scc/rollup2.scc", "Scenarist SCC"],
      ["mcc/rollup2.mcc", "MacCaption MCC"],
    ] as const) {
      const { kind, captions } = await probe(join(fixtures, "cea708", name));
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
    const report = await probe(join(fixtures, "rfc8331/streams/interlaced-25-mtu.pcap"));
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
    expect((await probe(dump)).kind).toBe("st2038");
    const subtitles = await probe(srt);
    expect(subtitles.kind).toBe("subtitles");
    expect(subtitles.captions[0]?.cues).toHaveLength(93);
  });

  test("JPEG XS, made by x convert, and back to a PNG", async () => {
    const y4m = join(folder, "bars.y4m");
    const jxs = join(folder, "bars.jxs");
    const png = join(folder, "bars.png");
    await x(
      ...["launch", "-q", "videotestsrc", "num-buffers=2", "!"],
      ...["video/x-raw,format=I422_10LE,width=320,height=240,framerate=25/1", "!", "y4menc", "!"],
      ...["filesink", `location=${y4m}`],
    );
    expect(await x("convert", "--bits-per-pixel", "5/2", y4m, jxs)).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
    const report = await probe(jxs);
    expect(report.kind).toBe("jpegxs");
    expect(report.pictures).toMatchObject([
      {
        codestreams: 2,
        width: 320,
        height: 240,
        sampling: "4:2:2",
        bitDepth: 10,
        bitsPerPixel: 2.5,
        violations: [],
      },
    ]);
    const cut = join(folder, "cut.jxs");
    writeFileSync(cut, readFileSync(jxs).subarray(0, 20_000));
    const shown = await x("probe", cut);
    expect(shown.stdout).toMatch(/^0 codestreams: 320 x 240/m);
    expect(shown.stdout).toMatch(/^problem: the file ends inside a codestream$/m);
    expect(shown.code).toBe(1);
    await expectFailure(
      1,
      /^x: bits-per-pixel=0 is too little: /,
      ...["convert", "--bits-per-pixel", "0", y4m, jxs],
    );
    expect((await x("convert", jxs, png)).code).toBe(0);
    expect([...readFileSync(png).subarray(1, 4)]).toEqual([...Buffer.from("PNG")]);
  });

  test("FLV with its tracks", async () => {
    const report = await probe(join(fixtures, "eflv/peers/ff-multitrack-audio.flv"));
    expect(report.kind).toBe("flv");
    const tracks = report.flv[0]?.tracks ?? [];
    expect(tracks.filter(({ kind }) => kind === "audio").length).toBeGreaterThan(1);
    for (const { frames } of tracks) expect(frames).toBeGreaterThan(0);
    const text = await x("probe", join(fixtures, "eflv/peers/ff-multitrack-audio.flv"));
    expect(text.stdout).toMatch(/^ {2}audio 1 {2}mp4a \(AAC\), OneTrack: \d+ frames/m);
  });

  test("captions between files", async () => {
    const ts = join(folder, "c.ts");
    const mcc = join(folder, "c.mcc");
    const vtt = join(folder, "c.vtt");
    expect((await x("convert", srt, ts)).code).toBe(0);
    expect((await x("convert", ts, mcc)).code).toBe(0);
    expect((await x("convert", mcc, vtt)).code).toBe(0);
    expect((await probe(vtt)).captions[0]?.cues).toHaveLength(93);
    await expectFailure(2, "x: input and output are the same file", "convert", vtt, vtt);
    await expectFailure(2, "vtt converts into srt, vtt, scc, mcc, ts", "convert", vtt, "a.jxs");
    await expectFailure(2, "convert reads jxs", "convert", "a.doc", "b.srt");
    for (const rate of ["29.97", "0", "30/0", "0/0", "1000"]) {
      const name = `x: --frame-rate: "${rate}" is no frame rate that captions have: 24000/1001, 24, 25`;
      await expectFailure(2, name, "convert", "--frame-rate", rate, srt, mcc);
    }
    await expectFailure(1, "no such file", "convert", "/no/such.srt", join(folder, "n.vtt"));
  });

  test("a conversion of nothing is a sentence about the file, and leaves no file", async () => {
    const place = mkdtempSync(join(folder, "nothing-"));
    const out = join(place, "n.vtt");
    const ts = join(fixtures, "mpegts-pcr-clock/ts/ff-cbr.ts");
    await expectFailure(1, `x: "${ts}": no caption was found in it`, "convert", ts, out);
    const empty = join(place, "empty.srt");
    writeFileSync(empty, "");
    await expectFailure(1, `x: "${empty}": no cue in it`, "convert", empty, out);
    const junk = join(place, "junk.ts");
    writeFileSync(junk, "no transport stream");
    await expectFailure(1, `error: "${junk}": no programme was found`, "convert", junk, out);
    expect(readdirSync(place).sort()).toEqual(["empty.srt", "junk.ts"]);
    const noName = '"noext" has no extension that says its format: srt converts into srt, vtt';
    await expectFailure(2, noName, "convert", srt, "noext");
    await expectFailure(2, "srt converts into srt, vtt", "convert", srt, "a.constructor");
    await expectFailure(
      2,
      'x: property bits-per-pixel: "x" is not',
      "convert",
      "--bits-per-pixel=x",
      join(fixtures, "jpegxs-codec/edit_two_frames.jxs"),
      join(place, "b.jxs"),
    );
  });

  test("a conversion that fails leaves everything as it was", async () => {
    const place = mkdtempSync(join(folder, "convert-"));
    const bad = join(place, "bad.scc");
    const old = join(place, "old.vtt");
    writeFileSync(bad, "no captions\n");
    writeFileSync(old, "precious");
    const before = readdirSync(place);
    await expectFailure(1, "no caption line of an SCC file", "convert", bad, join(place, "n.vtt"));
    await expectFailure(1, "no caption line of an SCC file", "convert", bad, old);
    expect(readdirSync(place)).toEqual(before);
    expect(readFileSync(old, "utf8")).toBe("precious");
    await expectFailure(
      1,
      /cannot write ".*there.n\.vtt": no such file or folder/,
      ...["convert", srt, join(place, "there/n.vtt")],
    );
    // Pictures of which none can be decoded: nothing but ones behind the headers of the first precinct.
    const jxs = join(place, "damaged.jxs");
    const picture = "videotestsrc num-buffers=1 ! video/x-raw,format=Y42B,width=64,height=64";
    await x("launch", "-q", `${picture} ! jpegxsenc ! filesink location="${jxs}"`);
    const bytes = readFileSync(jxs);
    writeFileSync(jxs, bytes.fill(0xff, bytes.length / 2, bytes.length - 2));
    const damaged = await x("convert", jxs, join(place, "n.y4m"));
    expect(damaged.stderr).toMatch(/^error: ".*damaged\.jxs": /m);
    expect(damaged.code).toBe(1);
    expect(readdirSync(place)).toEqual([...before, "damaged.jxs"].sort());
  });

  test.skipIf(process.platform === "win32")(
    "an output keeps its place and mode, and an interrupt leaves nothing",
    async () => {
      const place = mkdtempSync(join(folder, "convert-"));
      const real = join(place, "real.vtt");
      const link = join(place, "link.vtt");
      writeFileSync(real, "old");
      chmodSync(real, 0o640);
      symlinkSync(real, link);
      expect(await x("convert", srt, link)).toEqual({ code: 0, stdout: "", stderr: "" });
      expect(lstatSync(link).isSymbolicLink()).toBe(true);
      expect(readFileSync(real, "utf8")).toMatch(/^WEBVTT\n/);
      expect(statSync(real).mode & 0o777).toBe(0o640);
      const pipe = join(place, "pipe.srt");
      execFileSync("mkfifo", [pipe]);
      const result = await interrupted(1, "convert", pipe, join(place, "never.vtt"));
      expect(result).toEqual({ code: 130, stdout: "", stderr: "" });
      expect(readdirSync(place).sort()).toEqual(["link.vtt", "pipe.srt", "real.vtt"]);
    },
  );

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
