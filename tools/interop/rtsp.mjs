// rtspsrc against gst-rtsp-server.
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cueText } from "@x/cea708";
import { appSink, launch } from "@x/pipeline";
import { root } from "../packages.mjs";
import { must, Skip } from "./check.mjs";

const SERVER = fileURLToPath(new URL("./rtsp-server.py", import.meta.url));
const PYTHON = process.env.X_PYTHON ?? "/usr/bin/python3";

/** @type {readonly import("./check.mjs").InteropCheck[]} */
export const checks = [
  {
    name: "rtspsrc plays from a fake server for each misbehaviour in the field",
    peers: [],
    async run() {
      const { status, stdout } = spawnSync(
        join(root, "node_modules/.bin/vitest"),
        ["run", "test/rtspsrc.test.ts", "--reporter=verbose"],
        {
          cwd: join(root, "packages/pipeline"),
          encoding: "utf8",
          timeout: 120_000,
          env: { ...process.env, NO_COLOR: "1" },
        },
      );
      must(status === 0, stdout);
      const servers = stdout.split("\n").filter((line) => /✓.*misbehaves/.test(line));
      must(servers.length > 0, "no server was tried");
      return `${servers.length} servers`;
    },
  },
  ...["tcp", "udp"].map((protocol) =>
    gstServer(`rtspsrc plays H.264 and AAC of gst-rtsp-server over ${protocol}`, (server) =>
      play(`${server}/test`, protocol),
    ),
  ),
  gstServer("rtspsrc plays SMPTE 291 of gst-rtsp-server, captions come out", playCaptions),
];

/** The port that the server takes ancillary data from. */
const ANCILLARY_PORT = 45_911;

/**
 * @param {string} name @param {(server: string) => Promise<string>} action
 * @returns {import("./check.mjs").InteropCheck}
 */
function gstServer(name, action) {
  return {
    name,
    peers: [],
    async run() {
      const probe = spawnSync(PYTHON, [
        "-c",
        "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer",
      ]);
      if (probe.status !== 0) return new Skip("gst-rtsp-server's Python binding is not installed");
      const server = spawn(PYTHON, [SERVER, String(ANCILLARY_PORT)], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      try {
        const port = await new Promise((resolve, reject) => {
          server.stdout.once("data", (data) => resolve(Number(String(data))));
          server.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
        });
        return await action(`rtsp://127.0.0.1:${port}`);
      } finally {
        server.stdin.end();
      }
    },
  };
}

/** @param {string} location @param {string} protocol */
async function play(location, protocol) {
  const packets = [0, 0];
  /** @type {string[]} */
  const formats = [];
  const pipeline = launch(
    `rtspsrc name=r location=${location} protocols=${protocol}  r.stream_0 ! s0  r.stream_1 ! s1`,
    {
      elements: [0, 1].map((index) =>
        appSink(`s${index}`, (item) => {
          if (item.type === "caps" && item.caps !== "ANY") {
            formats[index] = String(item.caps[0]?.fields["encoding-name"]);
          }
          if (item.type === "buffer") packets[index] = (packets[index] ?? 0) + 1;
          if (packets.every((count) => count >= 50)) pipeline.stop();
        }),
      ),
    },
  );
  const timer = setTimeout(() => pipeline.stop(), 20_000);
  await pipeline.run();
  clearTimeout(timer);
  must(
    packets.every((count) => count >= 50),
    `only ${packets.join(" and ")} packets in 20 s`,
  );
  return `${formats.join(" and ")}, ${packets.join(" and ")} packets, TEARDOWN answered`;
}

/** Captions go by our RTP to the server, and from there by RTSP to us. @param {string} server */
async function playCaptions(server) {
  /** @type {string[]} */
  const cues = [];
  const sender = launch(
    `filesrc location="${join(root, "fixtures/demo/lisbon.srt")}" ! subparse ! tttocea708
     ! closedcaption/x-cea-708,framerate=30/1 ! ccconverter ! cctost2038anc ! rtpsmpte291pay pt=96
     ! udpsink host=127.0.0.1 port=${ANCILLARY_PORT}`,
  );
  const sending = sender.run();
  const receiver = launch(
    `rtspsrc location=${server}/anc protocols=tcp ! rtpsmpte291depay ! st2038anctocc ! cea708tott ! cues`,
    {
      elements: [
        appSink("cues", (item) => {
          if (item.type !== "buffer" || item.buffer.meta.cue === undefined) return;
          cues.push(cueText(item.buffer.meta.cue));
          if (cues.length === 3) receiver.stop();
        }),
      ],
    },
  );
  const timer = setTimeout(() => receiver.stop(), 20_000);
  await receiver.run();
  clearTimeout(timer);
  sender.abort();
  await sending;
  must(cues.length >= 3, `only ${cues.length} captions in 20 s`);
  return cues.slice(0, 3).join(" | ").replaceAll("\n", " / ");
}
