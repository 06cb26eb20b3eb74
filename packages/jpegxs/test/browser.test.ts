// Decodes and encodes in a real Chromium, in an ordinary page and in a cross-origin isolated one.
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadCodecSync } from "../src/index.js";
import { codecVector, codecVectors } from "./codec-vectors.js";

const executablePath = [
  process.env.CHROMIUM_PATH,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((path) => path !== undefined && existsSync(path));
const pageScript = fileURLToPath(new URL("browser/page.js", import.meta.url));
const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const built = existsSync(`${dist}index.js`);
if (executablePath === undefined)
  console.warn("SKIPPED: no Chromium, the browser tests do not run");
if (!built) console.warn("SKIPPED: dist is not built, the browser tests do not run");

const { streams } = codecVectors();
// One 8-bit and one deeper stream.
const chosen = [8, 10].flatMap((depth) => {
  const found = streams.find((s) => s.header.comps.every((c) => c.B === depth));
  return found === undefined ? [] : [found.file];
});

const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript",
  wasm: "application/wasm",
  html: "text/html",
};

/** dist, the vectors and an empty page; isolated below /isolated/. */
function startServer(): Promise<Server> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const isolated = url.pathname.startsWith("/isolated/");
    const path = url.pathname.replace(/^\/(isolated|plain)\//, "");
    const type = TYPES[path.split(".").at(-1) ?? ""] ?? "application/octet-stream";
    const headers = {
      "Content-Type": type,
      "Cache-Control": "no-store",
      ...(isolated && {
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
      }),
    };
    const body =
      path === "page.html"
        ? '<!doctype html><canvas></canvas><script type="module" src="page.js"></script>'
        : path === "page.js"
          ? readFileSync(pageScript)
          : chosen.includes(path)
            ? codecVector(path)
            : existsSync(dist + path.replace("dist/", "")) && !path.includes("..")
              ? readFileSync(dist + path.replace("dist/", ""))
              : undefined;
    response.writeHead(body === undefined ? 404 : 200, headers);
    response.end(body);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

describe.skipIf(executablePath === undefined || !built)("Chromium", () => {
  let server: Server;
  let browser: Browser;
  beforeAll(async () => {
    server = await startServer();
    browser = await chromium.launch({
      executablePath: executablePath as string,
      args: ["--no-sandbox"],
      timeout: 60_000,
    });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  const cases = chosen.flatMap(
    (file) =>
      [
        ["plain", file, 1, "wasm"],
        ["plain", file, 2, "wasm"],
        ["isolated", file, 1, "wasm"],
        ["isolated", file, 2, "wasm-threads"],
      ] as const,
  );
  test.each(cases)(
    "%s page, %s, %d threads: %s",
    { timeout: 60_000 },
    async (kind, file, threads, backend) => {
      const { port } = server.address() as AddressInfo;
      const page = await browser.newPage();
      const folder = `http://127.0.0.1:${port}/${kind}/`;
      await page.goto(`${folder}page.html`);
      await page.waitForFunction("globalThis.decodeAndEncode !== undefined");
      const call = `decodeAndEncode(${JSON.stringify([folder, file, threads])})`;
      const actual = await page.evaluate(call);
      await page.close();

      const codec = loadCodecSync();
      const picture = codec.createDecoder().decode(codecVector(file));
      const [luma] = picture.planes;
      const { width, height, bitDepth } = luma as NonNullable<typeof luma>;
      const encoder = codec.createEncoder({
        width,
        height,
        format: picture.format as NonNullable<typeof picture.format>,
        bitDepth,
        bitsPerPixel: 6,
      });
      expect(actual).toEqual({
        backend,
        isolated: kind === "isolated",
        planes: picture.planes.map((p) => sum(p.data)),
        drawn: sum(luma?.data.map((sample) => sample >> (bitDepth - 8)) ?? []),
        encoded: sum(encoder.encode(picture.planes)),
      });
    },
  );
});

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total = (total * 31 + (values[i] as number)) % 1e9;
  return total;
}
