import { execFileSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  commandFolder,
  expectFailure,
  fixtures,
  interrupted,
  probeJson,
  x,
} from "./run-command.js";

const srt = join(fixtures, "demo/lisbon.srt");
const folder = commandFolder();

describe("x convert", () => {
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
    const report = await probeJson(jxs);
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

  test("captions between files", async () => {
    const ts = join(folder, "c.ts");
    const mcc = join(folder, "c.mcc");
    const vtt = join(folder, "c.vtt");
    expect((await x("convert", srt, ts)).code).toBe(0);
    expect((await x("convert", ts, mcc)).code).toBe(0);
    expect((await x("convert", mcc, vtt)).code).toBe(0);
    expect((await probeJson(vtt)).captions[0]?.cues).toHaveLength(93);
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
});
