// Against a real gst-rtsp-server. Not part of the ordinary run: X_INTEROP=1 npx vitest run test/interop.test.ts
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { play } from "./socket-driver.js";

const script = fileURLToPath(new URL("gst-rtsp-server.py", import.meta.url));
// The system's Python, because that is the one with the introspection packages.
const PYTHON = "/usr/bin/python3";
const imports = "import gi; gi.require_version('GstRtspServer', '1.0')";

function unavailable(): string | undefined {
  if (process.env.X_INTEROP === undefined) return "X_INTEROP is not set";
  const { status } = spawnSync(PYTHON, ["-c", imports], { timeout: 20_000 });
  return status === 0 ? undefined : "gst-rtsp-server for Python is not installed";
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function start(...args: string[]): Promise<{ process: ChildProcess; port: number }> {
  const port = await freePort();
  const child = spawn(PYTHON, [script, String(port), ...args]);
  await new Promise<void>((ready, failed) => {
    child.stdout.once("data", () => ready());
    child.once("exit", () => failed(new Error("gst-rtsp-server ended")));
  });
  return { process: child, port };
}

const reason = unavailable();
describe.skipIf(reason !== undefined)(
  `gst-rtsp-server${reason === undefined ? "" : ` (${reason})`}`,
  () => {
    let open: { process: ChildProcess; port: number };
    let closed: { process: ChildProcess; port: number };
    beforeAll(async () => {
      open = await start();
      closed = await start("digest");
    });
    afterAll(() => {
      open.process.kill();
      closed.process.kill();
    });

    const enough = (packets: ReadonlyMap<number, number>): boolean =>
      (packets.get(0) ?? 0) > 30 && (packets.get(1) ?? 0) > 10;

    test.each([
      ["TCP", "/test", { transports: ["tcp"] }],
      ["a query that the server leaves out of Content-Base", "/test?x=1", { transports: ["tcp"] }],
      ["UDP", "/test", { transports: ["udp"] }],
      ["TCP after multicast was refused", "/test", { transports: ["udp-mcast", "tcp"] }],
      ["RTSP 2.0", "/test", { transports: ["tcp"], version: "2.0" }],
    ] as const)("%s", async (_what, path, options) => {
      const { error, events } = await play(`rtsp://127.0.0.1:${open.port}${path}`, options, enough);
      expect(error).toBeUndefined();
      const playing = events.find((event) => event.type === "playing");
      expect(playing?.rtpInfo.map(({ media }) => media)).toEqual([0, 1]);
    });

    test("Digest", async () => {
      const url = `rtsp://user:p%40ss@127.0.0.1:${closed.port}/test`;
      expect((await play(url, { transports: ["tcp"] }, enough)).error).toBeUndefined();
      const wrong = `rtsp://user:wrong@127.0.0.1:${closed.port}/test`;
      expect((await play(wrong, { transports: ["tcp"] })).error).toMatchObject({
        code: "unauthorized",
      });
    });

    test("no such stream", async () => {
      const { error } = await play(`rtsp://127.0.0.1:${open.port}/none`, { transports: ["tcp"] });
      expect(error).toMatchObject({ code: "refused", status: 404 });
    });
  },
);
