import { concatBytes, equalBytes } from "@x/bits";
import { describe, expect, test } from "vitest";
import {
  decodePmt,
  decodeSection,
  encodePmt,
  NULL_PID,
  registrationDescriptor,
  TsDemuxer,
  type TsEvent,
  TsMuxer,
  TsRewriter,
  type TsRewriterOptions,
} from "../src/index.js";
import { analyse } from "./analyse.js";

const VIDEO = 0x100;
const AUDIO = 0x101;

function stream(start: number, pictures = 40): Uint8Array {
  const muxer = new TsMuxer({
    programs: [
      {
        streams: [
          { pid: VIDEO, kind: "h264" },
          { pid: AUDIO, kind: "aac-adts" },
        ],
      },
    ],
  });
  const parts: Uint8Array[] = [];
  for (let n = 0; n < pictures; n++) {
    const pts = start + n * 3600;
    parts.push(muxer.push({ pid: VIDEO, data: new Uint8Array(900).fill(n), pts }));
    parts.push(muxer.push({ pid: AUDIO, data: new Uint8Array(300).fill(n), pts }));
  }
  return concatBytes(...parts, muxer.flush());
}

function rewrite(bytes: Uint8Array, options: TsRewriterOptions, size = 1000): Uint8Array {
  const rewriter = new TsRewriter(options);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    parts.push(rewriter.push(bytes.subarray(at, at + size)));
  }
  return concatBytes(...parts, rewriter.flush());
}

function demux(bytes: Uint8Array): TsEvent[] {
  const demuxer = new TsDemuxer();
  return [...demuxer.push(bytes), ...demuxer.flush()];
}

function count(events: readonly TsEvent[], pid: number): number {
  return events.filter((event) => event.type === "pes" && event.pid === pid).length;
}

/** The same packets 192, 204 or 208 bytes apart. */
function restride(bytes: Uint8Array, stride: number): Uint8Array {
  const lead = stride === 192 ? 4 : 0;
  const out = new Uint8Array((bytes.length / 188) * stride);
  for (let i = 0; i * 188 < bytes.length; i++) {
    out.fill(i, i * stride, (i + 1) * stride);
    out.set(bytes.subarray(i * 188, i * 188 + 188), i * stride + lead);
  }
  return out;
}

/** A programme map that no longer fits one packet. */
function longer(section: Uint8Array): Uint8Array {
  const pmt = decodePmt(decodeSection(section));
  const descriptors = Array.from({ length: 60 }, (_, i) =>
    registrationDescriptor(`X${String(i).padStart(3, "0")}`),
  );
  return encodePmt({ ...pmt, versionNumber: 5, descriptors });
}

const bytes = stream(900_000);

describe("what is asked for changes, and nothing else", () => {
  test.each([188, 192, 204, 208])("dropping a PID, %d-byte packets", (stride) => {
    const input = restride(bytes, stride);
    const output = rewrite(input, { mapPid: (pid) => (pid === AUDIO ? undefined : pid) });
    const dropped = analyse(bytes).packets[AUDIO] as number;
    expect(output.length).toBe(input.length - dropped * stride);
    const events = demux(output);
    expect(events.filter((event) => event.type === "issue")).toEqual([]);
    expect(count(events, VIDEO)).toBe(40);
    expect(count(events, AUDIO)).toBe(0);
  });

  test("renumbering a PID changes its two bytes in its packets only", () => {
    const output = rewrite(bytes, { mapPid: (pid) => (pid === AUDIO ? 0x234 : pid) });
    for (let at = 0; at < bytes.length; at++) {
      const pid =
        (((bytes[at - (at % 188) + 1] as number) & 0x1f) << 8) |
        (bytes[at - (at % 188) + 2] as number);
      if (pid === AUDIO && (at % 188 === 1 || at % 188 === 2)) continue;
      if (output[at] !== bytes[at]) expect.fail(`byte ${at}`);
    }
    expect(analyse(output).packets[0x234]).toBe(analyse(bytes).packets[AUDIO]);
  });

  test.each([188, 192, 204, 208])("a longer PMT takes more packets, %d bytes each", (stride) => {
    const input = restride(bytes, stride);
    const output = rewrite(input, { sectionPids: [0x1000], editSection: longer });
    expect(output.length).toBeGreaterThan(input.length);
    expect(output.length % stride).toBe(0);
    const events = demux(output);
    expect(events.filter((event) => event.type === "issue")).toEqual([]);
    const maps = events.flatMap((event) => (event.type === "pmt" ? [event.pmt] : []));
    expect(maps).toHaveLength(1);
    expect(maps[0]?.descriptors).toHaveLength(60);
    expect(count(events, VIDEO) + count(events, AUDIO)).toBe(80);
  });

  test("and a shorter one leaves null packets", () => {
    const long = rewrite(bytes, { sectionPids: [0x1000], editSection: longer });
    const short = rewrite(long, {
      sectionPids: [0x1000],
      editSection: (section) => {
        const pmt = decodePmt(decodeSection(section));
        return encodePmt({ ...pmt, versionNumber: 6, descriptors: [] });
      },
    });
    expect(short.length).toBe(long.length);
    expect(analyse(short).packets[NULL_PID]).toBeGreaterThan(0);
    expect(demux(short).filter((event) => event.type === "issue")).toEqual([]);
  });

  test("what is no packet stays", () => {
    const junk = Uint8Array.from({ length: 777 }, (_, i) => (i * 31) & 0x3f);
    const damaged = concatBytes(
      junk,
      bytes.subarray(0, 188 * 50),
      junk,
      bytes.subarray(188 * 50, 188 * 90 + 17),
    );
    expect(equalBytes(rewrite(damaged, {}), damaged)).toBe(true);
    expect(equalBytes(rewrite(damaged, { mapPid: (pid) => pid }), damaged)).toBe(true);
  });
});

describe("splice", () => {
  test("counters go on and the clock's jump is announced", () => {
    const rewriter = new TsRewriter();
    const second = stream(90_000_000);
    const output = concatBytes(
      rewriter.push(bytes),
      rewriter.splice(),
      rewriter.push(second),
      rewriter.flush(),
    );
    expect(output.length).toBe(bytes.length + second.length);
    const report = analyse(output);
    expect(report.errors).toEqual([]);
    expect(report.discontinuities).toBe(1);
    const events = demux(output);
    expect(events.filter((event) => event.type === "issue")).toEqual([]);
    expect(count(events, VIDEO)).toBe(80);
  });

  test("joining without it is not clean", () => {
    const joined = concatBytes(bytes.subarray(0, bytes.length - 188 * 3), stream(90_000_000));
    expect(analyse(joined).errors).not.toEqual([]);
  });
});

test("a PID out of range is a mistake of the caller", () => {
  expect(() => rewrite(bytes, { mapPid: () => 0x2000 })).toThrow(RangeError);
});
