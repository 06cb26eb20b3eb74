import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseScc, sccPairs } from "@x/cea608";
import { mccFrameOf, parseMcc } from "@x/cea708";
import { afterAll, expect, test } from "vitest";
import type { CollectedCaptions } from "../src/probe/caption-collector.js";
import { renderReport } from "../src/probe/render.js";
import { noFindings, resultOf } from "../src/probe/report.js";
import { writeCaptions } from "../src/probe/write-captions.js";

const folder = mkdtempSync(join(tmpdir(), "x-captions-"));
afterAll(() => rmSync(folder, { recursive: true }));

function collected(parts: Partial<CollectedCaptions>): CollectedCaptions {
  return { services: [], pairs: [], cdps: [], frameRate: undefined, ...parts };
}

async function written(kind: "scc" | "mcc", captions: CollectedCaptions): Promise<string> {
  const path = join(folder, `a.${kind}`);
  await writeCaptions([captions], { [kind]: path });
  return readFileSync(path, "utf8");
}

// A picture that is decoded first and shown later has the first time stamp.
const EARLY = [-2, -1, 0, 1, 9, 10];

test("line 21 in front of the first time stamp is written from frame 0 on, nothing is lost", async () => {
  const pairs = EARLY.map((frame, i) => ({ frame, word: 0x4101 + i }));
  const scc = parseScc(await written("scc", collected({ pairs })), { fixParity: false });
  const found = [...sccPairs(scc)].map(({ frame, word }) => [frame, word]);
  expect(found).toEqual([0, 1, 2, 3, 9, 10].map((frame, i) => [frame, 0x4101 + i]));
});

test.each([
  ["30000/1001", "1.0", "30DF"],
  ["24000/1001", "1.0", "24"],
  ["25/1", "1.0", "25"],
  // New in version 2.
  ["60000/1001", "2.0", "60DF"],
] as const)("packets at %s: MCC of version %s, %s", async (rate, version, timeCodeRate) => {
  const [numerator = 0, denominator = 1] = rate.split("/").map(Number);
  const frameRate = { numerator, denominator };
  const cdps = EARLY.map((frame, i) => ({
    timeMs: (frame * 1000 * denominator) / numerator,
    data: Uint8Array.of(i),
  }));
  const mcc = parseMcc(await written("mcc", collected({ cdps, frameRate })));
  expect(mcc).toMatchObject({ version, timeCodeRate, issues: [] });
  const found = mcc.lines.map(({ timeCode, data }) => [
    mccFrameOf(timeCode, timeCodeRate),
    data[0],
  ]);
  expect(found).toEqual([0, 1, 2, 3, 9, 10].map((frame, i) => [frame, i]));
});

test("a time in front of the first time stamp is one below 0", () => {
  const cue = { service: "CC1", startMs: -61_034, endMs: 1500, text: "A" };
  const findings = noFindings();
  findings.captions.push({ label: "in the video", services: [], cues: [cue] });
  const { report } = resultOf({ input: "a.ts", bytes: 1, kind: "mpegts" }, findings);
  expect(renderReport(report, false)).toContain("CC1  -00:01:01.034 to 00:00:01.500  A");
});
