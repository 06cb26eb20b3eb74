import { fc, test as property } from "@fast-check/vitest";
import { concatBytes } from "@x/bits";
import { describe, expect, test } from "vitest";
import { packetBytes } from "../src/conformance.js";
import { type PacketStride, TsFramer, type TsFramerOptions } from "../src/index.js";

function packets(count: number, pid = 256): Uint8Array[] {
  return Array.from({ length: count }, (_, i) =>
    packetBytes({ pid, continuityCounter: i, payload: new Uint8Array(184).fill(i) }),
  );
}

interface Framed {
  offsets: number[];
  skipped: string[];
  framer: TsFramer;
}

function frame(
  bytes: Uint8Array,
  sizes: readonly number[] = [],
  options: TsFramerOptions = {},
): Framed {
  const offsets: number[] = [];
  const spans: { reason: string; start: number; end: number }[] = [];
  const framer = new TsFramer({
    ...options,
    onSkip: (_bytes, start, end, offset, reason) => {
      const last = spans.at(-1);
      if (last?.reason === reason && last.end === offset) last.end += end - start;
      else spans.push({ reason, start: offset, end: offset + end - start });
    },
  });
  const handler = (
    from: Uint8Array,
    at: number,
    count: number,
    stride: PacketStride,
    packet: number,
    offset: number,
  ): void => {
    for (let i = 0; i < count; i++) {
      expect(from[at + i * stride]).toBe(0x47);
      expect(at + i * stride + 188).toBeLessThanOrEqual(from.length);
      offsets[packet + i] = offset + i * stride;
    }
  };
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? bytes.length;
    framer.push(bytes.subarray(at, at + size), handler);
    at += size;
  }
  framer.flush(handler);
  const skipped = spans
    .filter(({ reason }) => reason !== "between")
    .map(({ reason, start, end }) => `${reason} ${start}..${end}`);
  return { offsets, skipped, framer };
}

describe("acquisition", () => {
  test("one and two packets alone are packets", () => {
    expect(frame(concatBytes(...packets(1))).offsets).toEqual([0]);
    expect(frame(concatBytes(...packets(2))).offsets).toEqual([0, 188]);
  });

  test("nothing is found in nothing", () => {
    expect(frame(new Uint8Array(0)).offsets).toEqual([]);
    expect(frame(new Uint8Array(5000)).skipped).toEqual(["acquiring 0..5000"]);
    expect(frame(new Uint8Array(5000).fill(0x47)).offsets).toEqual([]);
  });

  test("three packets are enough at the end of the input only", () => {
    const bytes = concatBytes(new Uint8Array(50), ...packets(3));
    expect(frame(bytes).offsets).toEqual([50, 238, 426]);
    expect(frame(concatBytes(bytes, new Uint8Array(188))).offsets).toEqual([]);
  });

  test("a column of 0x47 in the payload is not taken for sync bytes", () => {
    const list = packets(30).map((packet) => {
      packet[100] = 0x47;
      return packet;
    });
    // The column comes first, and at the same distance.
    const bytes = concatBytes(...list).subarray(60);
    expect(frame(bytes).framer.firstSync).toBe(128);
  });

  test.each([188, 192, 204, 208] as const)("stride %d is found", (stride) => {
    const extra = new Uint8Array(stride - 188).fill(0x47);
    const list = packets(20).map((packet) =>
      stride === 192 ? concatBytes(extra, packet) : concatBytes(packet, extra),
    );
    const { framer, offsets } = frame(concatBytes(...list));
    expect(framer.packetSize).toBe(stride);
    expect(offsets).toHaveLength(20);
  });

  test("a stride that is given is not looked for", () => {
    const { framer } = frame(concatBytes(...packets(20)), [], { packetSize: 204 });
    expect(framer.packetSize).toBeUndefined();
    expect(() => new TsFramer({ packetSize: 189 as PacketStride })).toThrow(RangeError);
  });
});

describe("tracking", () => {
  test("one wrong sync byte costs one packet", () => {
    const bytes = concatBytes(...packets(20));
    bytes[188 * 7] = 0;
    const { offsets, skipped, framer } = frame(bytes);
    expect(skipped).toEqual([`sync-byte ${188 * 7}..${188 * 8}`]);
    expect(offsets.filter((offset) => offset !== undefined)).toHaveLength(19);
    expect([framer.packets, framer.resyncs]).toEqual([20, 0]);
  });

  test("two in a row lose the framing", () => {
    const bytes = concatBytes(...packets(30));
    bytes[188 * 7] = 0;
    bytes[188 * 8] = 0;
    const { framer, skipped } = frame(bytes);
    expect([framer.packets, framer.resyncs]).toEqual([28, 1]);
    expect(skipped).toEqual([`sync-lost ${188 * 7}..${188 * 9}`]);
  });

  test("a damaged last packet counts, a cut one does not", () => {
    const bytes = concatBytes(...packets(10));
    bytes[188 * 9] = 0;
    expect(frame(bytes).framer.packets).toBe(10);
    const short = frame(concatBytes(...packets(10)).subarray(0, 188 * 10 - 1));
    expect(short.framer.packets).toBe(9);
    expect(short.skipped).toEqual([`end ${188 * 9}..${188 * 10 - 1}`]);
  });

  test("the stride may change at a loss", () => {
    const other = packets(20).map((packet) => concatBytes(packet, new Uint8Array(16)));
    const { framer } = frame(concatBytes(...packets(20), new Uint8Array(33), ...other));
    expect([framer.packetSize, framer.packets, framer.resyncs]).toEqual([204, 40, 1]);
  });
});

describe("input", () => {
  test("a packet is there when its 188 bytes are", () => {
    const framer = new TsFramer();
    let count = 0;
    const handler = (_bytes: Uint8Array, _at: number, n: number): void => {
      count += n;
    };
    framer.push(concatBytes(...packets(20)), handler);
    const before = count;
    framer.push((packets(21)[20] as Uint8Array).subarray(0, 187), handler);
    expect(count).toBe(before);
    framer.push((packets(21)[20] as Uint8Array).subarray(187), handler);
    expect(count).toBe(before + 1);
  });

  test("memory that packets lie in is not written again", () => {
    const bytes = concatBytes(...packets(60));
    const seen: { data: Uint8Array; copy: Uint8Array }[] = [];
    const framer = new TsFramer();
    for (let at = 0; at < bytes.length; at += 77) {
      framer.push(bytes.slice(at, at + 77), (from, start, count, stride) => {
        for (let i = 0; i < count; i++) {
          const data = from.subarray(start + i * stride, start + i * stride + 188);
          seen.push({ data, copy: data.slice() });
        }
      });
    }
    expect(seen.length).toBeGreaterThan(40);
    for (const { data, copy } of seen) expect(data).toEqual(copy);
  });

  test("a Buffer is taken as bytes", () => {
    const framer = new TsFramer();
    framer.push(Buffer.from(concatBytes(...packets(20))), (from) => {
      expect(from.constructor).toBe(Uint8Array);
    });
    expect(framer.packets).toBeGreaterThan(0);
  });

  test("flush ends an input: the next begins anew", () => {
    const framer = new TsFramer();
    const ignore = (): void => {};
    for (let round = 0; round < 2; round++) {
      framer.push(concatBytes(new Uint8Array(9), ...packets(12)), ignore);
      framer.flush(ignore);
      expect([framer.packets, framer.firstSync, framer.resyncs]).toEqual([12, 9, 0]);
    }
  });

  test("one byte at a time costs linear time", () => {
    const bytes = concatBytes(...packets(400));
    let pushes = 0;
    const framer = new TsFramer();
    for (const byte of bytes) {
      framer.push(Uint8Array.of(byte), () => {});
      pushes++;
    }
    framer.flush(() => {});
    expect(pushes).toBe(bytes.length);
    expect(framer.packets).toBe(400);
  });

  property.prop([
    fc.array(fc.oneof(fc.uint8Array({ maxLength: 500 }), fc.integer({ min: 1, max: 30 })), {
      maxLength: 8,
    }),
    fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 6 }),
  ])("any chunks give the same packets, and every byte is accounted for", (parts, sizes) => {
    const bytes = concatBytes(
      ...parts.flatMap((part) => (typeof part === "number" ? packets(part) : [part])),
    );
    const whole = frame(bytes);
    const cut = frame(bytes, sizes);
    expect(cut.offsets).toEqual(whole.offsets);
    expect(cut.skipped).toEqual(whole.skipped);
    const covered =
      whole.offsets.filter((offset) => offset !== undefined).length * 188 +
      whole.skipped.reduce((sum, text) => {
        const [from = 0, to = 0] = (text.split(" ")[1] ?? "").split("..").map(Number);
        return sum + to - from;
      }, 0);
    if (whole.framer.packetSize === 188) expect(covered).toBe(bytes.length);
  });
});
