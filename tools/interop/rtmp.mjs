// rtmpsink and rtmpsrc against ffmpeg, GStreamer and node-media-server, and against servers of our own making.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "@x/pipeline";
import { root } from "../packages.mjs";
import { must, Skip } from "./check.mjs";
import { gstHas, runPeer, spawnPeer, versionOf } from "./peers.mjs";

const SECONDS = 3;
/** The first ffmpeg that reads several audio tracks out of FLV. */
const MULTITRACK_FFMPEG = 8;

/** @typedef {(file: string, frames: string[], folder: string) => Promise<string | Skip>} Action */

/** @type {readonly import("./check.mjs").InteropCheck[]} */
export const checks = [
  {
    name: "rtmpsink and rtmpsrc against other sides that end, stall, move, refuse and lie; Twitch's form",
    peers: [],
    async run() {
      const { status, stdout } = spawnSync(
        join(root, "node_modules/.bin/vitest"),
        ["run", "test/rtmp", "--reporter=verbose"],
        {
          cwd: join(root, "packages/pipeline"),
          encoding: "utf8",
          timeout: 120_000,
          env: { ...process.env, NO_COLOR: "1" },
        },
      );
      must(status === 0, stdout);
      const passed = stdout.split("\n").filter((line) => line.includes("✓"));
      must(
        passed.some((line) => /twitch/.test(line)),
        "the server that takes Twitch's form only was not tried",
      );
      return `${passed.length} situations`;
    },
  },
  check("rtmpsink publishes to node-media-server, ffmpeg plays it from there", viaMediaServer),
  check(
    "rtmpsink publishes to node-media-server, rtmpsrc plays it from there",
    backFromMediaServer,
  ),
  check("rtmpsink publishes to ffmpeg -listen 1", toFfmpeg),
  check(
    "rtmpsink mode=listen is played by ffmpeg, which checks the handshake's digests",
    playedByFfmpeg,
  ),
  check("ffmpeg publishes to rtmpsrc mode=listen", fromFfmpeg),
  check("over TLS: rtmpsink to node-media-server, ffmpeg to rtmpsrc", overTls, "openssl"),
  {
    name: "GStreamer's rtmp2sink publishes to rtmpsrc, its rtmp2src plays from rtmpsink",
    peers: ["ffmpeg", "gst-launch-1.0", "gst-inspect-1.0"],
    run: withInput(gstreamerBothWays, 1),
  },
];

/**
 * @param {string} name @param {Action} action @param {import("./peers.mjs").Peer[]} more peers beside ffmpeg
 * @returns {import("./check.mjs").InteropCheck}
 */
function check(name, action, ...more) {
  return { name, peers: ["ffmpeg", ...more], run: withInput(action, audioTracks()) };
}

/** As many as ffmpeg can tell apart. */
function audioTracks() {
  const version = /version n?(\d+)/.exec(versionOf("ffmpeg") ?? "")?.[1];
  return Number(version ?? 0) >= MULTITRACK_FFMPEG ? 3 : 1;
}

/**
 * An action on an FLV file of ours with video and so many audio tracks, and on what ffmpeg sees in it.
 * @param {Action} action @param {number} tracks
 * @returns {(folder: string) => Promise<string | Skip>}
 */
function withInput(action, tracks) {
  return async (folder) => {
    const place = join(folder, `rtmp-${tracks}`);
    mkdirSync(place, { recursive: true });
    const file = join(place, "input.flv");
    await writeInput(place, file, tracks);
    const frames = framesOf(runPeer("ffmpeg", [...QUIET, "-i", file, ...HASHES]).stdout.toString());
    must(frames.length > 100, `only ${frames.length} frames in our own file`);
    const result = await action(file, frames, place);
    const what = tracks === 1 ? "one audio track" : `${tracks} audio tracks`;
    return result instanceof Skip ? result : `${what}: ${result}`;
  };
}

const QUIET = ["-hide_banner", "-loglevel", "warning", "-nostats"];
const HASHES = ["-map", "0", "-c", "copy", "-f", "framehash", "-hash", "sha160", "-"];

/** @param {string} folder @param {string} file @param {number} tracks */
async function writeInput(folder, file, tracks) {
  const picture = `testsrc2=size=128x72:rate=25:duration=${SECONDS}`;
  const video = ["-c:v", "libx264", "-preset", "veryfast", "-g", "12", "-bf", "0", "-threads", "1"];
  runPeer("ffmpeg", [
    ...QUIET,
    "-y",
    "-f",
    "lavfi",
    "-i",
    picture,
    ...video,
    join(folder, "v.h264"),
  ]);
  let pipeline = `eflvmux name=m ! filesink location="${file}"
    filesrc location="${join(folder, "v.h264")}" ! video/x-h264,framerate=25/1 ! h264parse ! queue ! m.video`;
  for (let track = 0; track < tracks; track++) {
    const tone = `sine=frequency=${440 * (track + 1)}:sample_rate=48000:duration=${SECONDS}`;
    const audio = join(folder, `a${track}.aac`);
    runPeer("ffmpeg", [...QUIET, "-y", "-f", "lavfi", "-i", tone, "-c:a", "aac", audio]);
    const pad = track === 0 ? "audio" : `audio_${track}`;
    pipeline += ` filesrc location="${audio}" ! aacparse ! queue ! m.${pad}`;
  }
  await launch(pipeline).run();
}

/** What each line of a frame hash says of a frame: stream, times, size, hash. @param {string} text */
function framesOf(text) {
  return text
    .split("\n")
    .filter((line) => /^\d/.test(line))
    .map((line) => line.replaceAll(" ", ""))
    .sort();
}

/** @param {readonly string[]} frames @param {readonly string[]} expected */
function mustEqual(frames, expected) {
  must(frames.length === expected.length, `${frames.length} of ${expected.length} frames`);
  const at = frames.findIndex((frame, i) => frame !== expected[i]);
  must(at < 0, `frame ${frames[at]} instead of ${expected[at]}`);
  return `${frames.length} frames with the same times and hashes`;
}

/** A peer that was started, and what it prints. */
class Running {
  /** @param {import("node:child_process").ChildProcess} child */
  constructor(child) {
    this.child = child;
    this.stdout = "";
    this.stderr = "";
    child.stdout?.on("data", (data) => {
      this.stdout += data;
    });
    child.stderr?.on("data", (data) => {
      this.stderr += data;
    });
    /** @type {Promise<number | null>} */
    this.ended = new Promise((resolve) => child.once("close", resolve));
    this.timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
  }

  /** Wait until it has printed something. @param {RegExp} pattern */
  async printed(pattern) {
    while (!pattern.test(this.stdout + this.stderr)) {
      must(this.child.exitCode === null, `ended early: ${this.stderr}`);
      await sleep(20);
    }
  }

  async end() {
    const code = await this.ended;
    clearTimeout(this.timer);
    return code;
  }
}

/** @param {number} ms @returns {Promise<void>} */
function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A port that is free now. @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });
}

/** Run a pipeline; `port` is where it listens. @param {string} description */
function running(description) {
  /** @type {(port: number) => void} */
  let listens = () => {};
  /** @type {Promise<number>} */
  const port = new Promise((resolve) => {
    listens = resolve;
  });
  const pipeline = launch(description, {
    onMessage: ({ text, details }) => {
      if (text.startsWith("listening on")) listens(Number(details?.port));
    },
  });
  const done = pipeline.run();
  done.catch(() => {});
  return { pipeline, done, port };
}

/**
 * @param {string} folder @param {(port: number, server: Running) => Promise<string>} action
 * @param {{ cert: string, key: string }} [tls]
 */
async function withMediaServer(folder, action, tls) {
  const port = await freePort();
  const config = join(folder, "media-server.json");
  const listener = tls === undefined ? { rtmp: { port } } : { rtmps: { port, ...tls } };
  writeFileSync(config, JSON.stringify({ bind: "127.0.0.1", ...listener }));
  const program = fileURLToPath(new URL("../bin/app.js", import.meta.resolve("node-media-server")));
  const server = new Running(
    spawn(process.execPath, [program, "-c", config, "--no-admin"], { cwd: folder }),
  );
  try {
    await server.printed(/Rtmps? Server listening/);
    return await action(port, server);
  } finally {
    server.child.kill();
    await server.end();
  }
}

/** @type {Action} */
function viaMediaServer(file, expected, folder) {
  return withMediaServer(folder, async (port, server) => {
    const url = `rtmp://127.0.0.1:${port}/live/key`;
    const player = new Running(spawnPeer("ffmpeg", [...QUIET, "-i", url, ...HASHES]));
    await server.printed(/start play/);
    await launch(`filesrc location="${file}" ! rtmpsink location=${url}`).run();
    // It never tells its players that a stream is over: it has to go.
    await sleep(500);
    server.child.kill();
    await player.end();
    return mustEqual(framesOf(player.stdout), expected);
  });
}

/** @type {Action} */
function backFromMediaServer(file, expected, folder) {
  return withMediaServer(folder, async (port, server) => {
    const properties = `location=rtmp://127.0.0.1:${port}/live/key`;
    return mustEqual(await thereAndBack(file, folder, server, properties), expected);
  });
}

/**
 * What a player of ours gets from a server that we publish to.
 * @param {string} file @param {string} folder @param {Running} server @param {string} properties
 */
async function thereAndBack(file, folder, server, properties) {
  const copy = join(folder, "played.flv");
  const player = running(`rtmpsrc ${properties} ! filesink location="${copy}"`);
  await server.printed(/start play/);
  await launch(`filesrc location="${file}" ! rtmpsink sync=false ${properties}`).run();
  await sleep(500);
  player.pipeline.stop();
  await player.done;
  return hashFile(copy);
}

/** @type {Action} */
async function overTls(file, expected, folder) {
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const request = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost";
  const extension = ["-addext", "subjectAltName=IP:127.0.0.1"];
  runPeer("openssl", [...request.split(" "), ...extension, "-keyout", key, "-out", cert]);
  const there = await withMediaServer(
    folder,
    async (port, server) => {
      const properties = `location=rtmps://127.0.0.1:${port}/live/key tls-ca-file="${cert}"`;
      return mustEqual(await thereAndBack(file, folder, server, properties), expected);
    },
    { cert, key },
  );
  const files = `tls-certificate-file="${cert}" tls-key-file="${key}"`;
  const here = await publishedByFfmpeg(file, folder, "rtmps", files, ["-tls_verify", "0"]);
  return `${there}; here: ${mustEqual(here, expected)}`;
}

/** @param {string} file */
function hashFile(file) {
  return framesOf(runPeer("ffmpeg", [...QUIET, "-i", file, ...HASHES]).stdout.toString());
}

/** @type {Action} */
async function toFfmpeg(file, expected) {
  const port = await freePort();
  const url = `rtmp://127.0.0.1:${port}/live/key`;
  const server = new Running(spawnPeer("ffmpeg", [...QUIET, "-listen", "1", "-i", url, ...HASHES]));
  await listens(port);
  await launch(`filesrc location="${file}" ! rtmpsink location=${url}`).run();
  await server.end();
  return mustEqual(framesOf(server.stdout), expected);
}

/** Until a port of this machine is listened on. It is not connected to: ffmpeg serves one client. @param {number} port */
async function listens(port) {
  const entry = new RegExp(`0100007F:${port.toString(16).toUpperCase().padStart(4, "0")} \\S+ 0A`);
  while (!entry.test(readFileSync("/proc/net/tcp", "utf8"))) await sleep(20);
}

/** @type {Action} */
async function playedByFfmpeg(file, expected) {
  const { port, done } = running(
    `filesrc location="${file}" ! rtmpsink mode=listen location=rtmp://127.0.0.1:0/live/key`,
  );
  const url = `rtmp://127.0.0.1:${await port}/live/key`;
  const { stdout } = await finished(
    new Running(spawnPeer("ffmpeg", [...QUIET, "-i", url, ...HASHES])),
  );
  await done;
  return mustEqual(framesOf(stdout), expected);
}

/** @param {Running} peer */
async function finished(peer) {
  const code = await peer.end();
  must(code === 0, `ended with ${code}: ${peer.stderr}`);
  return peer;
}

/** @type {Action} */
async function fromFfmpeg(file, expected, folder) {
  return mustEqual(await publishedByFfmpeg(file, folder, "rtmp", "", []), expected);
}

/**
 * What rtmpsrc gets from ffmpeg.
 * @param {string} file @param {string} folder @param {string} scheme @param {string} properties
 * @param {readonly string[]} options ffmpeg's
 */
async function publishedByFfmpeg(file, folder, scheme, properties, options) {
  const copy = join(folder, "received.flv");
  const { port, done } = running(
    `rtmpsrc mode=listen location=${scheme}://127.0.0.1:0/live/key ${properties}
     ! filesink location="${copy}"`,
  );
  const url = `${scheme}://127.0.0.1:${await port}/live/key`;
  const args = [...QUIET, "-i", file, "-map", "0", "-c", "copy", "-f", "flv", ...options, url];
  await finished(new Running(spawnPeer("ffmpeg", args)));
  await done;
  return hashFile(copy);
}

/** @type {Action} */
async function gstreamerBothWays(file, expected, folder) {
  if (!gstHas("rtmp2sink")) return new Skip("there is no rtmp2sink");
  const copy = join(folder, "from-gstreamer.flv");
  const receiver = running(
    `rtmpsrc mode=listen location=rtmp://127.0.0.1:0/live/key ! filesink location="${copy}"`,
  );
  // What GStreamer's own muxer makes of the file, to a file and to us.
  const muxed = join(folder, "gstreamer.flv");
  const pipeline = `filesrc location=${file} ! flvdemux name=d
    flvmux name=m streamable=true ! tee name=t ! queue ! filesink location=${muxed}
    t. ! queue ! rtmp2sink location=rtmp://127.0.0.1:${await receiver.port}/live/key
    d.video ! queue ! m.video  d.audio ! queue ! m.audio`;
  await finished(new Running(spawnPeer("gst-launch-1.0", ["-q", ...pipeline.split(/\s+/)])));
  await receiver.done;
  const there = mustEqual(hashFile(copy), hashFile(muxed));

  const sender = running(
    `filesrc location="${file}" ! rtmpsink mode=listen location=rtmp://127.0.0.1:0/live/key`,
  );
  const back = join(folder, "to-gstreamer.flv");
  const url = `rtmp://127.0.0.1:${await sender.port}/live/key`;
  await finished(
    new Running(
      spawnPeer("gst-launch-1.0", [
        "-q",
        "rtmp2src",
        `location=${url}`,
        "!",
        "filesink",
        `location=${back}`,
      ]),
    ),
  );
  await sender.done;
  // However a server ends, rtmp2src keeps the last tags to itself.
  const got = hashFile(back);
  const missing = expected.filter((frame) => !got.includes(frame));
  must(missing.length <= 2, `${missing.length} frames are missing at rtmp2src`);
  const all = mustEqual([...got, ...missing].sort(), expected);
  return `${there}; back: ${all}, but for the last ${missing.length}`;
}
