// How much a page loads, minified and compressed: everything, and one function alone.
import { describe, expect, test } from "vitest";
import { bundledSize } from "../../../tools/testing/bundled-size.js";

const KILOBYTE = 1000;
const sizeOf = (what: string): Promise<number> => bundledSize(import.meta.url, what, ["@x/cea608"]);

describe("size", () => {
  test("everything, without @x/cea608, stays below 30 KB", async () => {
    expect(await sizeOf("*")).toBeLessThan(30 * KILOBYTE);
  });

  test("decodeCdp alone stays below 4 KB: nothing else comes with it", async () => {
    const size = await sizeOf("{ decodeCdp }");
    expect(size).toBeGreaterThan(0.5 * KILOBYTE);
    expect(size).toBeLessThan(4 * KILOBYTE);
  });

  test("CaptionScheduler alone stays below 10 KB", async () => {
    expect(await sizeOf("{ CaptionScheduler }")).toBeLessThan(10 * KILOBYTE);
  });
});
