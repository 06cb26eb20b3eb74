// PSNR at equal bytes: our default against the compatibility mode, whose bytes are SVT-JPEG-XS's. A table, not a race.
import { bench, describe } from "vitest";
import { loadCodecSync } from "../src/index.js";
import { fixtures, generated, type Quality, quality, type Subject } from "../test/quality.js";

const codec = loadCodecSync();
const rows: Record<string, Record<string, string>> = {};

function row(name: string, subjects: readonly Subject[], bitsPerPixel: number): void {
  const as = (mode: Parameters<typeof quality>[3]): Quality[] =>
    subjects.map((s) => quality(codec, s, bitsPerPixel, mode));
  const [svt, plain, ours] = [as({ compat: "svt" }), as({ trim: false }), as({})];
  const gains = (of: readonly Quality[], plane: keyof Quality): string => {
    const all = of.map((q, i) => q[plane] - (svt[i] as Quality)[plane]);
    const mean = all.reduce((a, b) => a + b, 0) / all.length;
    return `${mean.toFixed(2)} (${Math.min(...all).toFixed(2)} to ${Math.max(...all).toFixed(2)})`;
  };
  rows[`${name}, ${bitsPerPixel} bpp`] = {
    pictures: String(subjects.length),
    "dB, first plane": gains(ours, "first"),
    "dB, all samples": gains(ours, "all"),
    "without trimming": gains(plain, "all"),
  };
}

for (const bitsPerPixel of [2, 3, 4]) {
  row("generated 4:2:2", generated("4:2:2"), bitsPerPixel);
  row("fixture natural", fixtures("natural"), bitsPerPixel);
  row("fixture text", fixtures("text"), bitsPerPixel);
}
for (const bitsPerPixel of [2, 4, 6]) row("RGB", generated("4:4:4", true), bitsPerPixel);
console.table(rows);

describe("quality", () => {
  bench("gains on the compatibility mode", () => void rows, { iterations: 1, time: 0 });
});
