// The format packages in a real browser: bundled, loaded, run on vectors.
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { delimiter, join } from "node:path";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { root } from "../packages.mjs";
import { must, Skip } from "./check.mjs";

/** What runs in the page: every packet out of ST 2038, into RFC 8331, back, and into ST 2038 again. */
const PAGE = `
import { checksumValid, parityErrors } from "@x/st291";
import { encodeUnit, parseUnit } from "@x/st2038";
import { encodePayload, parsePayload } from "@x/rfc8331";
const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const fromHex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (two) => parseInt(two, 16));
globalThis.run = (vectors) => {
  let good = 0;
  for (const { st2038Hex, checksumOk, parityErrors: wrong } of vectors) {
    const { packets } = parseUnit(fromHex(st2038Hex));
    const again = parsePayload(encodePayload({ packets })).packets;
    if (toHex(encodeUnit(again)) !== st2038Hex) continue;
    if (checksumValid(again[0]) !== checksumOk) continue;
    if (parityErrors(again[0]).join() !== wrong.join()) continue;
    good++;
  }
  return good;
};
`;

/** @type {readonly import("./check.mjs").InteropCheck[]} */
export const checks = [
  {
    name: "st291, st2038 and rfc8331 run in Chromium",
    peers: [],
    async run() {
      const executablePath = findChromium();
      if (executablePath === undefined) return new Skip("no Chromium (CHROMIUM_PATH, or on PATH)");
      const { outputFiles } = await build({
        stdin: { contents: PAGE, resolveDir: join(root, "tools") },
        bundle: true,
        minify: true,
        write: false,
        format: "esm",
        platform: "browser",
      });
      const script = outputFiles[0]?.contents ?? new Uint8Array();
      const server = createServer((request, response) => {
        const isScript = request.url === "/bundle.js";
        response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
        response.end(
          isScript ? script : '<!doctype html><script type="module" src="bundle.js"></script>',
        );
      });
      await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
      const browser = await chromium.launch({
        executablePath,
        args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
      });
      try {
        const address = server.address();
        const port = typeof address === "object" ? address?.port : 0;
        const page = await browser.newPage();
        await page.goto(`http://127.0.0.1:${port}/`);
        await page.waitForFunction("globalThis.run !== undefined");
        const file = JSON.parse(readFileSync(join(root, "fixtures/st2038/packets.json"), "utf8"));
        const vectors = Array.isArray(file) ? file : file.packets;
        const good = await page.evaluate(
          (all) => /** @type {any} */ (globalThis).run(all),
          vectors,
        );
        must(good === vectors.length, `${good} of ${vectors.length} packets are exact`);
        return `${good} packets exact, bundle of ${script.length} bytes, Chromium ${browser.version()}`;
      } finally {
        await browser.close();
        server.close();
      }
    },
  },
];

function findChromium() {
  const names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
  const folders = (process.env.PATH ?? "").split(delimiter);
  const candidates = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [process.env.CHROMIUM_PATH, ...candidates].find(
    (path) => path !== undefined && existsSync(path),
  );
}
