// How much a page loads, minified and compressed: everything, and one function alone.
import { describe, expect, test } from "vitest";
import { bundledSize } from "../../../tools/testing/bundled-size.js";

const KILOBYTE = 1000;
const sizeOf = (what: string): Promise<number> => bundledSize(import.meta.url, what);

describe("size", () => {
  test("everything stays below 30 KB", async () => {
    expect(await sizeOf("*")).toBeLessThan(30 * KILOBYTE);
  });

  test("Cea608Decoder alone stays below 6 KB, decodePair below 2 KB", async () => {
    expect(await sizeOf("{ Cea608Decoder }")).toBeLessThan(6 * KILOBYTE);
    expect(await sizeOf("{ decodePair }")).toBeLessThan(2 * KILOBYTE);
  });
});
