// Runs our output through installed peers and theirs through ours, and prints what was run and what was skipped.
// npm run interop [-- WORD …]: only the checks whose name has one of the words
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "../packages.mjs";
import { checks as browser } from "./browser.mjs";
import { checks as captions } from "./captions.mjs";
import { must, Skip } from "./check.mjs";
import { checks as flv } from "./flv.mjs";
import { checks as ccConverter } from "./gst-ccconverter.mjs";
import { checks as gstRs } from "./gst-rs.mjs";
import { checks as mpegts } from "./mpegts.mjs";
import { versionOf } from "./peers.mjs";
import { checks as rtmp } from "./rtmp.mjs";
import { checks as rtsp } from "./rtsp.mjs";
import { checks as srt } from "./srt.mjs";

/** @type {readonly import("./check.mjs").InteropCheck[]} */
const known = [
  ...browser,
  ...captions,
  ...flv,
  ...ccConverter,
  ...gstRs,
  ...mpegts,
  ...rtmp,
  ...rtsp,
  ...srt,
];
const words = process.argv.slice(2);
const all = known.filter(({ name }) => words.length === 0 || words.some((it) => name.includes(it)));
if (all.length === 0) {
  console.error(`no check has ${words.join(" or ")} in its name:`);
  for (const { name } of known) console.error(`  ${name}`);
  process.exit(1);
}

/** @type {Map<import("./peers.mjs").Peer, string | undefined>} */
const versions = new Map();
for (const peer of new Set(all.flatMap(({ peers }) => peers))) versions.set(peer, versionOf(peer));
for (const [peer, version] of versions)
  console.log(`${peer.padEnd(16)} ${version ?? "not installed"}`);
console.log("");

const folder = join(root, "demo-out/interop");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
let failed = 0;
for (const { name, peers, run } of all) {
  const missing = peers.filter((peer) => versions.get(peer) === undefined);
  if (missing.length > 0) {
    report("skipped", name, `${missing.join(" and ")} not installed`);
    continue;
  }
  try {
    const result = await run(folder);
    if (result instanceof Skip) report("skipped", name, result.reason);
    else {
      // A check says first how much it compared: two sides that send nothing agree on everything.
      must(!result.startsWith("0 "), `nothing was compared: ${result}`);
      report("passed", name, result);
    }
  } catch (error) {
    failed++;
    report("FAILED", name, /** @type {Error} */ (error).message);
  }
}
process.exit(failed === 0 ? 0 : 1);

/** @param {string} verdict @param {string} name @param {string} detail */
function report(verdict, name, detail) {
  console.log(`${verdict.padEnd(8)} ${name}: ${detail}`);
}
