// Where the peers are. Each may be on PATH, or named by an environment variable that may hold a whole command:
// X_GST_LAUNCH="chroot /some/root gst-launch-1.0".
import { spawn, spawnSync } from "node:child_process";

const VARIABLES = {
  ffmpeg: "X_FFMPEG",
  ffprobe: "X_FFPROBE",
  "gst-launch-1.0": "X_GST_LAUNCH",
  "gst-inspect-1.0": "X_GST_INSPECT",
  openssl: "X_OPENSSL",
  tshark: "X_TSHARK",
  "srt-live-transmit": "X_SRT_LIVE_TRANSMIT",
};

/** @typedef {keyof typeof VARIABLES} Peer */

/** @type {Partial<Record<Peer, string>>} */
const VERSION_FLAGS = {
  "gst-launch-1.0": "--version",
  "gst-inspect-1.0": "--version",
  openssl: "version",
  tshark: "--version",
};

/** @param {Peer} peer @returns {string[]} command and first arguments */
export function commandOf(peer) {
  return (process.env[VARIABLES[peer]] ?? peer).split(" ");
}

/** The peer's version line, or undefined when it is not there. @param {Peer} peer */
export function versionOf(peer) {
  const [command = peer, ...first] = commandOf(peer);
  const flag = VERSION_FLAGS[peer] ?? "-version";
  const { status, stdout } = spawnSync(command, [...first, flag], {
    encoding: "utf8",
    timeout: 20_000,
  });
  return status === 0 ? stdout.split("\n")[0] : undefined;
}

/**
 * Run a peer and return what it printed.
 * @param {Peer} peer @param {readonly string[]} args
 * @returns {{ stdout: Buffer, stderr: string }}
 */
export function runPeer(peer, args) {
  const [command = peer, ...first] = commandOf(peer);
  const { status, stdout, stderr, error } = spawnSync(command, [...first, ...args], {
    timeout: 120_000,
    maxBuffer: 1 << 28,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${peer} ended with ${status}: ${stderr.toString().trim()}`);
  return { stdout, stderr: stderr.toString() };
}

/** Start a peer that goes on while other things happen. @param {Peer} peer @param {readonly string[]} args */
export function spawnPeer(peer, args) {
  const [command = peer, ...first] = commandOf(peer);
  return spawn(command, [...first, ...args], { stdio: ["ignore", "pipe", "pipe"] });
}

/** True when GStreamer has an element. @param {string} element */
export function gstHas(element) {
  const [command = "", ...first] = commandOf("gst-inspect-1.0");
  return spawnSync(command, [...first, "--exists", element], { timeout: 20_000 }).status === 0;
}
