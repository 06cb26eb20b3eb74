import { fc, test as propertyTest } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { type RtspItem, RtspParser, readRtsp, rtspStream } from "../src/index.js";
import { bytesOf, textOf } from "./ours.js";

function parse(text: string, options = {}): RtspItem[] {
  const parser = new RtspParser(options);
  return [...parser.push(bytesOf(text)), ...parser.flush()];
}

/** The items in short: status, method, channel or code. */
function short(items: readonly RtspItem[]): (string | number)[] {
  return items.map((item) => {
    if (item.type === "issue") return `${item.code}@${item.offset}`;
    if (item.type === "frame") return `$${item.channel}:${item.data.length}`;
    return item.type === "response" ? item.status : item.method;
  });
}

const OK = "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n";

describe("RtspParser", () => {
  test("junk becomes one issue with its offset", () => {
    expect(short(parse(`${OK}junk and more\r\nstill\r\n${OK}`))).toEqual([200, "syntax@28", 200]);
  });

  test("junk with a $ that is no frame", () => {
    expect(short(parse(`junk\n$\u0000\u0000\u0002ab?${OK}$\u0001\u0000\u0001x`))).toEqual([
      "syntax@0",
      200,
      "$1:1",
    ]);
  });

  test("a frame at the very end of junk", () => {
    expect(short(parse("junk\n$\u0001\u0000\u0001x"))).toEqual(["syntax@0", "$1:1"]);
    expect(short(parse("junk\n$\u0001\u0000\u0002x"))).toEqual(["syntax@0"]);
  });

  test("a request of the server ends junk", () => {
    expect(short(parse("\u0001\nREDIRECT rtsp://h/ RTSP/1.0\r\n\r\n"))).toEqual([
      "syntax@0",
      "REDIRECT",
    ]);
  });

  test("a line that is no header is left out, with a warning", () => {
    const items = parse("RTSP/1.0 200 OK\r\nnonsense\r\n: x\r\nCSeq: 1\r\n\r\n");
    expect(short(items)).toEqual(["syntax@17", "syntax@27", 200]);
    expect(items[0]).toMatchObject({ severity: "warning" });
  });

  test.each([
    ["Content-Length: x", "length@0"],
    ["Content-Length: -1", "length@0"],
    ["Content-Length: 0\r\nContent-Length: 3", "length@0"],
  ])("%s", (header, issue) => {
    expect(short(parse(`RTSP/1.0 200 OK\r\n${header}\r\n\r\n${OK}`))).toEqual([issue, 200, 200]);
  });

  test("a body beyond the limit is skipped, and its message comes without", () => {
    const wire = `RTSP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n12345${OK}`;
    expect(short(parse(wire, { maxBodySize: 4 }))).toEqual(["range@0", 200, 200]);
    expect(short(parse(wire, { maxBodySize: 5 }))).toEqual([200, 200]);
  });

  test("a head beyond the limit is skipped", () => {
    const wire = `RTSP/1.0 200 OK\r\nX: ${"x".repeat(50)}\r\n\r\n${OK}`;
    expect(short(parse(wire, { maxHeadSize: 50 }))).toEqual(["range@0", 200]);
    expect(short(parse(wire, { maxHeadSize: 100 }))).toEqual([200, 200]);
  });

  test("a start line without end", () => {
    expect(short(parse("A".repeat(10_000)))).toEqual(["syntax@0"]);
  });

  test.each([["RTSP/1.0 200 OK\r\nCSeq"], ["$\u0000"], ["$\u0000\u0000\u0005abc"], ["OPTIONS"]])(
    "%j is truncated",
    (wire) => {
      expect(short(parse(wire))).toEqual(["truncated@0"]);
    },
  );

  test("data is a view of the chunk, and survives the next push", () => {
    const parser = new RtspParser();
    const chunk = bytesOf("$\u0000\u0000\u0002ab$\u0000");
    const [frame] = parser.push(chunk);
    expect(frame).toMatchObject({ type: "frame" });
    if (frame?.type !== "frame") return;
    expect(frame.data.buffer).toBe(chunk.buffer);
    const [second] = parser.push(bytesOf("\u0000\u0001x"));
    parser.push(bytesOf("$\u0000\u0000\u0001y"));
    expect(second?.type === "frame" && textOf(second.data)).toBe("x");
  });

  test("Buffers are taken, Uint8Arrays come out", () => {
    const [frame] = new RtspParser().push(Buffer.from("$\0\0\u0001x", "latin1"));
    expect(frame?.type === "frame" && frame.data.constructor).toBe(Uint8Array);
  });

  const junk = fc
    .array(
      fc.constantFrom(
        OK,
        "$\0\0\u0003",
        "RTSP/",
        "PLAY ",
        "x",
        "\r\n",
        "Content-Length: 9",
        "\u0080",
        "$",
        "A",
      ),
      {
        maxLength: 30,
      },
    )
    .map((parts) => bytesOf(parts.join("")));

  propertyTest.prop([junk, fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1 })])(
    "any chunking gives the same items and issues",
    (wire, sizes) => {
      const options = { maxHeadSize: 60, maxBodySize: 8 };
      const whole = new RtspParser(options);
      const expected = [...whole.push(wire), ...whole.flush()];
      const parser = new RtspParser(options);
      const items: RtspItem[] = [];
      for (let at = 0, i = 0; at < wire.length; i++) {
        const size = i < 1000 ? (sizes[i % sizes.length] as number) : wire.length;
        items.push(...parser.push(wire.subarray(at, at + size)));
        at += size;
      }
      items.push(...parser.flush());
      expect(items).toEqual(expected);
    },
  );

  test("one byte at a time takes linear time", () => {
    const wire = bytesOf(
      `RTSP/1.0 200 OK\r\n${"X: y\r\n".repeat(9000)}Content-Length: 60000\r\n\r\n${"z".repeat(60_000)}`,
    );
    const parser = new RtspParser();
    const items = Array.from(wire, (byte) => parser.push(Uint8Array.of(byte))).flat();
    expect(short(items)).toEqual([200]);
  });
});

describe("streams", () => {
  const chunks = ["RTSP/1.0 200 OK\r\n", "\r\n$\u0000\u0000\u0001x$", "\u0000"].map(bytesOf);

  async function* source(): AsyncGenerator<Uint8Array> {
    yield* chunks;
  }

  test("readRtsp gives one array a chunk, and what flush says", async () => {
    const batches: (string | number)[][] = [];
    for await (const items of readRtsp(source())) batches.push(short(items));
    expect(batches).toEqual([[200, "$0:1"], ["truncated@24"]]);
  });

  test("rtspStream does, too", async () => {
    const batches: (string | number)[][] = [];
    for await (const items of ReadableStream.from(chunks).pipeThrough(rtspStream()))
      batches.push(short(items));
    expect(batches).toEqual([[200, "$0:1"], ["truncated@24"]]);
  });
});
