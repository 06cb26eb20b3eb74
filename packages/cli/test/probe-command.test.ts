import { execFileSync } from "node:child_process";
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { ProbeReport } from "../src/probe/report.js";
import {
  commandFolder,
  expectFailure,
  expectSentence,
  fixtures,
  interrupted,
  start,
  startTimeMs,
  x,
  xReading,
} from "./run-command.js";

const ts = join(fixtures, "st2038/ts/programme-gst.ts");
const pcap = join(fixtures, "rfc8331/streams/interlaced-25-mtu.pcap");
const folder = commandFolder();

function reports(stdout: string): ProbeReport[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as ProbeReport);
}

describe("x probe of a pipe", () => {
  test("says what it says of the file", async () => {
    for (const file of [
      ts,
      pcap,
      join(fixtures, "cli/b-frames.h264"),
      join(fixtures, "cli/last.mp4"),
      join(fixtures, "demo/lisbon.srt"),
    ]) {
      const bytes = readFileSync(file);
      const [expected] = reports((await x("probe", "--json", file)).stdout);
      // Without an argument it is meant too.
      const args = file === ts ? [] : ["-"];
      const result = await xReading(bytes, "probe", "--json", ...args);
      expect(result.stderr).toBe("");
      expect(reports(result.stdout)).toEqual([{ ...expected, input: "-" }]);
    }
  });

  test("is bounded in memory", async () => {
    const { child, ended } = start(["probe", "--json"], ["pipe"]);
    const { stdin } = child;
    if (stdin === null) throw new Error("no pipe");
    // A command that ends too early is seen by what it says.
    stdin.on("error", () => {});
    // 188 MB of null packets.
    const packets = new Uint8Array(188 * 5000).fill(0xff);
    for (let at = 0; at < packets.length; at += 188) packets.set([0x47, 0x1f, 0xff, 0x10], at);
    let peak = 0;
    for (let i = 0; i < 200; i++) {
      const drained = new Promise((resolve) => stdin.once("drain", resolve));
      if (!stdin.write(packets)) await Promise.race([drained, ended]);
      peak = Math.max(peak, residentMb(child.pid));
    }
    stdin.end();
    const [report] = reports((await ended).stdout);
    expect(report?.bytes).toBe(200 * packets.length);
    expect(report?.transportStreams[0]?.nullPackets).toBe(1_000_000);
    if (process.platform === "linux") expect(peak).toBeGreaterThan(0);
    expect(peak).toBeLessThan(250);
  });

  test("that is empty, or junk", async () => {
    expectSentence(await xReading(new Uint8Array(0), "probe"), 1, "x: standard input is empty");
    const junk = Uint8Array.of(1, 2, 3, 4);
    expectSentence(await xReading(junk, "probe", "-"), 1, /^x: standard input is none of what x/);
    await expectFailure(2, "standard input can be read once only", "probe", "-", "-");
  });

  test.skipIf(process.platform === "win32")(
    "ends with an interrupt, and says what came until then",
    async () => {
      const startMs = await startTimeMs();
      const { child, ended } = start(["probe", "--json", "-"], ["pipe"]);
      child.stdin?.write(readFileSync(ts));
      await wait(startMs);
      child.kill("SIGINT");
      const { code, stdout, stderr } = await ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(reports(stdout)[0]?.problems).toEqual([]);
      expect(reports(stdout)[0]?.bytes).toBe(readFileSync(ts).length);
    },
  );

  test("ends after --duration", async () => {
    const { child, ended } = start(["probe", "--json", "--duration", "2", "-"], ["pipe"]);
    child.stdin?.write(readFileSync(ts).subarray(0, 188 * 1000 + 20));
    const { code, stdout } = await ended;
    child.stdin?.destroy();
    expect(code).toBe(0);
    expect(reports(stdout)[0]?.transportStreams[0]?.issues).not.toHaveProperty("truncated");
  });

  test.skipIf(process.platform === "win32")("with a name", async () => {
    const pipe = join(folder, "named");
    execFileSync("mkfifo", [pipe]);
    expect(await interrupted(1, "probe", pipe)).toEqual({ code: 130, stdout: "", stderr: "" });
    if (process.platform === "linux") {
      await expectFailure(
        1,
        `nothing arrived on "${pipe}" in 0.5 s`,
        "probe",
        "--duration=0.5",
        pipe,
      );
    }
    const bytes = readFileSync(ts);
    const whole = start(["probe", "--json", pipe]);
    createWriteStream(pipe).end(bytes);
    const { code, stdout } = await whole.ended;
    expect(code).toBe(0);
    expect(reports(stdout)[0]).toMatchObject({ input: pipe, kind: "mpegts", problems: [] });
    const startMs = await startTimeMs();
    // Unlike standard input it may have an end, which an interrupt does not wait for.
    const { child, ended } = start(["probe", "--json", pipe]);
    const writer = createWriteStream(pipe);
    writer.write(bytes);
    await wait(startMs);
    child.kill("SIGINT");
    const early = await ended;
    writer.destroy();
    expect(early.code).toBe(130);
    const interruption = `interrupted: only the first ${bytes.length} bytes were read`;
    expect(reports(early.stdout)[0]?.problems).toEqual([interruption]);
  });
});

describe("x probe of several files", () => {
  test("tells one after the other, and goes on behind what cannot be read", async () => {
    const { code, stdout, stderr } = await x("probe", "--json", ts, "/no/such", pcap);
    expect(reports(stdout).map(({ input }) => input)).toEqual([ts, pcap]);
    expect(stderr).toBe('x: cannot read "/no/such": no such file or folder\n');
    expect(code).toBe(1);
    const text = await x("probe", ts, pcap);
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(/^.*programme-gst\.ts: MPEG transport stream/);
    expect(text.stdout).toContain(`\n\n${pcap}: network capture`);
    expect((await x("probe", "/no/such", pcap)).stdout).toMatch(/^\S/);
  });

  test("writes files of one only", async () => {
    const srt = join(folder, "a.srt");
    const second = `--srt writes what is in one input, "${pcap}" is a second`;
    await expectFailure(2, second, "probe", "--srt", srt, ts, pcap);
  });
});

describe("x probe --strict", () => {
  test("fails for what is information else, and names it", async () => {
    const damaged = join(folder, "damaged.ts");
    const bytes = readFileSync(ts);
    writeFileSync(damaged, Buffer.concat([bytes.subarray(0, 188 * 50), bytes.subarray(188 * 51)]));
    const usual = await x("probe", damaged);
    expect(usual).toMatchObject({ code: 0, stderr: "" });
    const strict = await x("probe", "--strict", damaged);
    expect(strict.stdout).toBe(usual.stdout);
    expectSentence(strict, 1, /^x: .*damaged\.ts is not clean: TR 101 290 1\.4 .*: 1; issue /);
    const clean = join(fixtures, "mpegts-pcr-clock/ts/ff-cbr.ts");
    expect(await x("probe", "--strict", clean)).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("x probe", () => {
  test("with wrong arguments is one sentence", async () => {
    for (const time of ["0", "-1", "x", "1e9"]) {
      await expectFailure(2, "is no time up to 2000000 seconds", "probe", `--duration=${time}`, ts);
    }
    await expectFailure(2, "it goes with --srt or --vtt", "probe", "--service", "CC1", ts);
    await expectFailure(2, "--srt needs the name of a file", "probe", "--srt=", ts);
    await expectFailure(2, "probe listens to udp, rtp and srt", "probe", "rtmp://a/b");
    await expectFailure(2, "the port is one of 0 to 65535", "probe", "udp://127.0.0.1:99999");
    mkdirSync(join(folder, "inside"));
    await expectFailure(
      1,
      /inside" is a folder: name the files in it/,
      "probe",
      join(folder, "inside"),
    );
  });

  test.skipIf(process.platform !== "linux")("of what has no end and no format ends", async () => {
    await expectFailure(1, "is none of what x knows", "probe", "/dev/zero");
    await expectFailure(1, "is none of what x knows", "probe", "/dev/urandom");
  });
});

/** Memory of a process, where that can be known. */
function residentMb(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1000;
  } catch {
    return 0;
  }
}
