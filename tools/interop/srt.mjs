// srtsrc and srtsink against ffmpeg, GStreamer and libsrt's own tool: the same bytes, in both directions, encrypted too.
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { appSink, appSrc, launch, mediaBuffer } from "@x/pipeline";
import { root } from "../packages.mjs";
import { must, Skip } from "./check.mjs";
import { commandOf, runPeer } from "./peers.mjs";

const MESSAGE = 1316;
const SECRET = "passphrase=0123456789abcdef&pbkeylen=16";
const LATENCY_MS = 200;
/** Between two messages. */
const PACE_MS = 4;
/** Where srt-live-transmit gets what it sends: from a pipe it reads in blocks of its own. */
const UDP_PORT = 45_949;
let port = UDP_PORT;

const FILE = join(root, "fixtures/mpegts-pcr-clock/ts/ff-cbr.ts");
/** What is sent: whole messages, so that every tool cuts them in the same way. */
const stream = readFileSync(FILE);
const content = stream.subarray(0, stream.length - (stream.length % MESSAGE));

/** @type {readonly import("./check.mjs").InteropCheck[]} */
export const checks = [
  ...["", SECRET].flatMap((secret) => {
    const how = secret === "" ? "" : ", encrypted";
    return [
      check(`srtsink sends to srt-live-transmit${how}`, ["srt-live-transmit"], () =>
        toPeer("srt-live-transmit", secret, (uri) => ["-q", uri, "file://con"]),
      ),
      check(`srtsrc receives from srt-live-transmit${how}`, ["srt-live-transmit"], () =>
        fromPeer("srt-live-transmit", secret, (uri) => ["-q", `udp://127.0.0.1:${UDP_PORT}`, uri]),
      ),
      check(`srtsink sends to GStreamer${how}`, ["gst-launch-1.0"], () =>
        toPeer("gst-launch-1.0", secret, (uri) => [
          ...["-q", "srtsrc", `uri=${uri}`, "!", "fdsink", "fd=1"],
        ]),
      ),
      check(`srtsrc receives from GStreamer${how}`, ["gst-launch-1.0"], () =>
        fromPeer("gst-launch-1.0", secret, (uri) => [
          ...["-q", "fdsrc", "fd=0", `blocksize=${MESSAGE}`, "!", "srtsink", "sync=false"],
          `uri=${uri}`,
        ]),
      ),
      check(`srtsink sends to ffmpeg${how}`, ["ffmpeg"], () =>
        toPeer("ffmpeg", secret, (uri) => [
          ...["-v", "error", "-f", "data", "-i", inMicroseconds(uri)],
          ...["-map", "0", "-c", "copy", "-f", "data", "pipe:1"],
        ]),
      ),
      check(`srtsrc receives from ffmpeg${how}`, ["ffmpeg"], () =>
        fromPeer("ffmpeg", secret, (uri) => [
          ...["-v", "error", "-f", "data", "-i", "pipe:0", "-map", "0", "-c", "copy"],
          ...["-f", "data", `${inMicroseconds(uri)}&payload_size=${MESSAGE}`],
        ]),
      ),
    ];
  }),
  check("srtsink to srtsrc at 100 Mbit/s", [], load),
  check(
    "mpegtslivesrc runs on the clock of a stream that ffmpeg sends over SRT",
    ["ffmpeg"],
    clock,
  ),
];

/**
 * @param {string} name
 * @param {readonly import("./peers.mjs").Peer[]} peers
 * @param {() => Promise<string>} action
 * @returns {import("./check.mjs").InteropCheck}
 */
function check(name, peers, action) {
  return {
    name,
    peers,
    async run() {
      if (peers.includes("ffmpeg")) {
        const protocols = runPeer("ffmpeg", ["-v", "quiet", "-protocols"]).stdout.toString();
        if (!/\bsrt\b/.test(protocols)) return new Skip("this ffmpeg has no SRT");
      }
      try {
        port++;
        return await action();
      } catch (error) {
        const { message } = /** @type {Error} */ (error);
        if (/libsrt .*was not found|needs the package koffi/.test(message))
          return new Skip(message);
        throw error;
      }
    },
  };
}

/**
 * Our sink calls a peer that listens; what the peer writes to its standard output is compared.
 * @param {import("./peers.mjs").Peer} peer
 * @param {string} secret
 * @param {(uri: string) => string[]} args
 */
async function toPeer(peer, secret, args) {
  const listener = start(peer, args(uri("listener", secret)));
  /** @type {Buffer[]} */
  const received = [];
  listener.stdout.on("data", (chunk) => received.push(chunk));
  const pipeline = launch(`messages ! srtsink uri="${uri("caller", secret)}"`, {
    elements: [appSrc("messages", messages())],
  });
  await guarded(pipeline);
  await Promise.race([once(listener, "close"), sleep(2_000)]);
  listener.kill("SIGINT");
  await Promise.race([once(listener, "close"), sleep(2_000)]);
  listener.kill("SIGKILL");
  return compare(Buffer.concat(received));
}

/**
 * A peer that calls sends what it gets, on its standard input or by UDP.
 * @param {import("./peers.mjs").Peer} peer
 * @param {string} secret
 * @param {(uri: string) => string[]} args
 */
async function fromPeer(peer, secret, args) {
  /** @type {Uint8Array[]} */
  const received = [];
  let length = 0;
  const pipeline = launch(`srtsrc uri="${uri("listener", secret)}" ! take`, {
    elements: [
      appSink("take", (item) => {
        if (item.type !== "buffer") return;
        received.push(item.buffer.data);
        length += item.buffer.data.length;
        if (length >= content.length) pipeline.stop();
      }),
    ],
  });
  const running = guarded(pipeline);
  await sleep(300);
  const caller = start(peer, args(uri("caller", secret)));
  caller.stdin.on("error", () => {});
  const socket = createSocket("udp4");
  try {
    // Time to connect: some tools drop what they have read before.
    await sleep(1_000);
    for (let at = 0; at < content.length && !caller.killed; at += MESSAGE) {
      const message = content.subarray(at, at + MESSAGE);
      if (peer === "srt-live-transmit") socket.send(message, UDP_PORT, "127.0.0.1");
      else caller.stdin.write(message);
      await sleep(PACE_MS);
    }
    await running;
  } finally {
    socket.close();
    caller.stdin.end();
    caller.kill("SIGKILL");
  }
  return compare(Buffer.concat(received));
}

async function load() {
  const count = 30_000;
  const data = new Uint8Array(MESSAGE);
  let received = 0;
  const receiver = launch(`srtsrc uri="${uri("listener", "")}" ! take`, {
    elements: [
      appSink("take", ({ type }) => {
        if (type === "buffer") received++;
      }),
    ],
  });
  function* paced() {
    for (let i = 0; i < count; i++) {
      const buffer = mediaBuffer(data, { pts: BigInt(i) * 100_000n });
      yield { type: /** @type {const} */ ("buffer"), buffer };
    }
  }
  const sender = launch(`messages ! srtsink uri="${uri("caller", "")}"`, {
    elements: [appSrc("messages", paced())],
  });
  const before = process.cpuUsage();
  await Promise.all([guarded(receiver), guarded(sender)]);
  const { user, system } = process.cpuUsage(before);
  must(received === count, `${received} of ${count} messages`);
  return `${count} messages, none lost, ${((user + system) / count).toFixed(0)} µs of CPU each for both ends and libsrt`;
}

async function clock() {
  /** @type {string[]} */
  const said = [];
  const pipeline = launch(
    `mpegtslivesrc source='srtsrc uri="srt://127.0.0.1:${port}?mode=listener"' ! fakesink`,
    { onMessage: ({ element, text }) => said.push(`${element}: ${text}`) },
  );
  const running = guarded(pipeline);
  await sleep(300);
  const sender = start("ffmpeg", [
    ...["-v", "error", "-re", "-stream_loop", "-1", "-i", FILE, "-map", "0", "-c", "copy"],
    ...["-f", "mpegts", `srt://127.0.0.1:${port}?mode=caller`],
  ]);
  await sleep(6_000);
  pipeline.stop();
  await running;
  sender.kill("SIGKILL");
  const end = said.find((text) => text.includes("sender's clock runs")) ?? said.join("; ");
  must(/\((acquiring|locked)\)/.test(end), end);
  return end;
}

/** @param {string} mode @param {string} secret */
function uri(mode, secret) {
  const query = `mode=${mode}&latency=${LATENCY_MS}`;
  return `srt://127.0.0.1:${port}?${query}${secret === "" ? "" : `&${secret}`}`;
}

/** ffmpeg counts the latency in microseconds. @param {string} text */
function inMicroseconds(text) {
  return text.replace(/latency=(\d+)/, (_, ms) => `latency=${ms}000`);
}

function* messages() {
  for (let at = 0; at < content.length; at += MESSAGE) {
    const pts = BigInt((at / MESSAGE) * PACE_MS) * 1_000_000n;
    const data = new Uint8Array(content.subarray(at, at + MESSAGE));
    yield { type: /** @type {const} */ ("buffer"), buffer: mediaBuffer(data, { pts }) };
  }
}

/** @param {import("./peers.mjs").Peer} peer @param {readonly string[]} args */
function start(peer, args) {
  const [command = peer, ...first] = commandOf(peer);
  return spawn(command, [...first, ...args], { stdio: ["pipe", "pipe", "ignore"] });
}

/** @param {import("@x/pipeline").Pipeline} pipeline */
async function guarded(pipeline) {
  const timer = setTimeout(() => pipeline.abort(), 30_000);
  try {
    await pipeline.run();
  } finally {
    clearTimeout(timer);
  }
}

/** @param {Buffer} received */
function compare(received) {
  must(received.length === content.length, `${received.length} of ${content.length} bytes`);
  must(received.equals(content), "the bytes differ");
  return `${content.length} bytes are identical`;
}
