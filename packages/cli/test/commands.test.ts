import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  commandFolder,
  expectFailure,
  expectSentence,
  fixtures,
  interrupted,
  start,
  x,
} from "./run-command.js";

const srt = join(fixtures, "demo/lisbon.srt");
const folder = commandFolder();

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

  test("with --json gives errors as JSON too", async () => {
    for (const [code, element, pipeline] of [
      [1, "filesrc0", "filesrc location=/no/such ! fakesink"],
      [2, "", "nosuch ! fakesink"],
    ] as const) {
      const result = await x("launch", "--json", pipeline);
      expect(JSON.parse(result.stderr)).toMatchObject({ type: "error", element });
      expect(result.code).toBe(code);
    }
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
