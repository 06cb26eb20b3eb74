import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { appSrc, type Item, launch, mediaBuffer } from "../src/index.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "x-filesink-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Buffers of a byte each; then, with `fails`, an error as soon as that holds. */
function source(bytes: readonly number[], fails?: () => boolean): ReturnType<typeof appSrc> {
  async function* items(): AsyncGenerator<Item> {
    for (const byte of bytes) yield { type: "buffer", buffer: mediaBuffer(Uint8Array.of(byte)) };
    if (fails === undefined) return;
    await vi.waitFor(() => expect(fails()).toBe(true), { timeout: 4000 });
    throw new Error("no signal");
  }
  return appSrc("in", items());
}

const run = (sink: string, bytes: readonly number[], fails?: () => boolean): Promise<void> =>
  launch(`in ! ${sink}`, { elements: [source(bytes, fails)] }).run();

test.each(["", "append=true"])(
  "a pipeline that fails at its start leaves no file %s",
  async (more) => {
    const path = join(folder, "none");
    // It is there already, and goes again.
    const opened = (): boolean => existsSync(path);
    const failing = run(`filesink location="${path}" ${more}`, [], opened);
    await expect(failing).rejects.toThrow("no signal");
    expect(existsSync(path)).toBe(false);
    const missing = launch(`filesrc location="${path}.in" ! filesink location="${path}" ${more}`);
    await expect(missing.run()).rejects.toThrow("no such file");
    expect(existsSync(path)).toBe(false);
  },
);

test.each(["", "append=true"])("an old file stays as it was %s", async (more) => {
  const path = join(folder, "old");
  writeFileSync(path, "old");
  symlinkSync(path, join(folder, `link${more}`));
  for (const to of [path, join(folder, `link${more}`)]) {
    await expect(run(`filesink location="${to}" ${more}`, [], () => true)).rejects.toThrow(
      "no signal",
    );
    expect(readFileSync(to, "utf8")).toBe("old");
  }
});

test("what came before an error stays; an empty stream is an empty file", async () => {
  const path = join(folder, "some");
  const written = (): boolean => existsSync(path) && readFileSync(path).length === 2;
  const failing = run(`filesink location="${path}"`, [65, 66], written);
  await expect(failing).rejects.toThrow("no signal");
  expect(readFileSync(path, "utf8")).toBe("AB");
  await run(`filesink append=true location="${path}"`, [67]);
  expect(readFileSync(path, "utf8")).toBe("ABC");
  await run(`filesink location="${path}"`, [68]);
  expect(readFileSync(path, "utf8")).toBe("D");
  await run(`filesink location="${path}.empty"`, []);
  expect(readFileSync(`${path}.empty`, "utf8")).toBe("");
});
