// The binding of the system's SVT-JPEG-XS: on a library of our own with the same interface, and on the real one where
// there is one.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EncoderOptions, loadCodecSync } from "../src/index.js";
import { codecVector, codecVectors } from "./codec-vectors.js";

const program = fileURLToPath(new URL("svt-program.mjs", import.meta.url));
const source = fileURLToPath(new URL("../../../native/jpegxs/fake/svt.c", import.meta.url));
const cc = process.env.CC ?? "cc";
const addon = existsSync(fileURLToPath(new URL("../dist/native/jpegxs.node", import.meta.url)));
const possible = addon && process.arch === "x64" && process.platform !== "win32";
const compiler = possible && spawnSync(cc, ["--version"]).status === 0;
if (!compiler)
  console.warn("SKIPPED: no compiler or no addon, the binding of SVT-JPEG-XS is not tested");

const folder = mkdtempSync(join(tmpdir(), "jpegxs-svt-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file with the addresses of codestreams. */
function writeList(files: readonly string[]): string {
  const list = join(folder, "list.json");
  writeFileSync(list, JSON.stringify(files));
  return list;
}

interface Run {
  readonly result: Readonly<Record<string, unknown>>;
  /** What the library said. */
  readonly said: string;
}

function run(args: readonly string[], environment: Readonly<Record<string, string>>): Run {
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, ...args], {
    encoding: "utf8",
    env: { ...process.env, ...environment },
    timeout: 60_000,
  });
  expect(status, stderr).toBe(0);
  return { result: JSON.parse(stdout), said: stderr };
}

describe.skipIf(!addon)("without the library", () => {
  test("the error says what was tried", () => {
    const before = process.env.X_SVT_JPEGXS_LIB;
    process.env.X_SVT_JPEGXS_LIB = join(folder, "nothing.so");
    try {
      expect(() => loadCodecSync({ backend: "svt" })).toThrow(
        expect.objectContaining({
          code: "bad-config",
          field: "backend",
          message: expect.stringContaining("nothing.so"),
        }),
      );
    } finally {
      if (before === undefined) delete process.env.X_SVT_JPEGXS_LIB;
      else process.env.X_SVT_JPEGXS_LIB = before;
    }
  });
});

describe.skipIf(!compiler)("on a library of our own", () => {
  const options: EncoderOptions = {
    width: 64,
    height: 32,
    format: "4:2:2",
    bitDepth: 8,
    bitsPerPixel: 6,
    compat: "svt",
  };
  const library = join(folder, "libfake.so");
  const file = join(folder, "picture.jxs");
  const environment = { X_SVT_JPEGXS_LIB: library, FAKE_SVT_OUTPUT: file };
  const encoder = loadCodecSync({ backend: "wasm" }).createEncoder(options);
  const codestream = encoder.encode().slice();
  const headerSize = encoder.header.size;
  const variant = (name: string, change: (bytes: Uint8Array) => void): string => {
    const bytes = codestream.slice();
    change(bytes);
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };

  beforeAll(() => {
    execFileSync(cc, ["-shared", "-fPIC", "-fvisibility=hidden", "-o", library, source]);
    writeFileSync(file, codestream);
  });

  test.each([
    ["9", "0.9"],
    ["10", "0.10"],
    ["11", "0.10"],
  ])("version %s is taken for %s", (minor, version) => {
    const { result, said } = run(["decode", file], { ...environment, FAKE_SVT_MINOR: minor });
    expect(result).toMatchObject({ backend: { name: "svt", version, threads: 3 } });
    expect(result.rows).toEqual([
      [0, 1, 2],
      [16, 17, 18],
      [32, 33, 34],
    ]);
    // One decoder for both pictures, closed with the codec.
    expect(said).toBe("decoder threads 3\ndecoder closed, 0 left\n");
  });

  test("another version is refused", () => {
    const { result } = run(["decode", file], { ...environment, FAKE_SVT_MINOR: "8" });
    expect(result).toMatchObject({
      error: "bad-config",
      message: expect.stringMatching(/neither/),
    });
  });

  test("a library without its functions is refused", () => {
    execFileSync(cc, ["-shared", "-o", join(folder, "empty.so"), "-x", "c", "/dev/null"]);
    const { result } = run(["decode", file], { X_SVT_JPEGXS_LIB: join(folder, "empty.so") });
    expect(result).toMatchObject({
      error: "bad-config",
      message: expect.stringMatching(/svt_jpeg_xs/),
    });
  });

  test("the encoder gets the options, and its bytes are returned", () => {
    const { result, said } = run(["encode", file, JSON.stringify(options)], environment);
    expect(result).toEqual({ same: true });
    expect(said).toBe(
      "encoder 64x32 depth 8 format 3 levels 5 2 threads 3\nencoder closed, 0 left\n",
    );
  });

  test("another Ppih is no matter, another weight is", () => {
    const asked = JSON.stringify(options);
    // SOC, CAP of 6 bytes, PIH: Ppih from byte 18 on; the last byte of WGT before the first SLH.
    const profile = variant("profile.jxs", (b) => b.set([0x35, 0x40], 18));
    const weight = variant("weight.jxs", (b) => b.fill(9, headerSize - 1, headerSize));
    expect(
      run(["encode", file, asked], { ...environment, FAKE_SVT_OUTPUT: profile }).result,
    ).toEqual({
      same: true,
    });
    expect(
      run(["encode", file, asked], { ...environment, FAKE_SVT_OUTPUT: weight }).result,
    ).toMatchObject({
      error: "bad-config",
      message: expect.stringMatching(/another header/),
    });
  });
  test.each([
    ["decoder_init", "decode"],
    ["decoder_get_frame", "decode"],
    ["encoder_init", "encode"],
    ["encoder_get_packet", "encode"],
  ])("a failing %s is a typed error", (name, task) => {
    const { result } = run([task, file, JSON.stringify(options)], {
      ...environment,
      FAKE_SVT_FAIL: name,
    });
    expect(result).toMatchObject({
      error: task === "decode" ? "unsupported" : "bad-config",
      message: expect.stringMatching(/SVT-JPEG-XS refuses .* \(0x80/),
    });
  });

  test("what our own walk refuses never reaches the library", () => {
    const bad = variant("bad.jxs", (b) => b.fill(0, headerSize + 6, headerSize + 9));
    const { result, said } = run(["decode", bad], environment);
    expect(result.error).toBe("malformed");
    expect(said).toBe("");
  });

  test("options of our own are refused", () => {
    const own = JSON.stringify({ ...options, compat: null });
    const { result, said } = run(["encode", file, own], environment);
    expect(result).toMatchObject({ error: "bad-config", message: expect.stringMatching(/compat/) });
    expect(said).toBe("");
  });
});

const real = process.env.X_SVT_JPEGXS_LIB;
const installed = addon && run(["compare", writeList([])], {}).result.error === undefined;
if (!installed) console.warn("SKIPPED: no SVT-JPEG-XS (X_SVT_JPEGXS_LIB names its library)");

describe.skipIf(!installed)(`on SVT-JPEG-XS${real === undefined ? "" : ` (${real})`}`, () => {
  const { streams } = codecVectors();

  test("decodes what we decode", () => {
    const files = streams.map(({ file }, i) => {
      writeFileSync(join(folder, `${i}.jxs`), codecVector(file));
      return join(folder, `${i}.jxs`);
    });
    const { result } = run(["compare", writeList(files)], {});
    expect(result).toEqual({ compared: files.length, differ: [] });
    expect(files.length).toBeGreaterThan(0);
  });

  test("encodes what our compatibility mode encodes", () => {
    const options = {
      width: 96,
      height: 54,
      format: "4:2:2",
      bitDepth: 10,
      bitsPerPixel: 4,
    } as const;
    const encoder = loadCodecSync().createEncoder({ ...options, compat: "svt" });
    const file = join(folder, "own.jxs");
    writeFileSync(file, encoder.encode());
    expect(run(["encode", file, JSON.stringify(options)], {}).result).toEqual({ same: true });
  });
});
