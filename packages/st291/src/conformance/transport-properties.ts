import fc from "fast-check";
import { packetContent } from "./arbitraries.js";
import type { PlacedWords, St291Implementation } from "./implementation.js";
import { oracleWords } from "./oracle.js";
import { equal, fail, refuses, type Suite } from "./verdict.js";

/** Messages that span packets, and packets in lines; those that the implementation has. */
export function transportProperties(implementation: St291Implementation, suite: Suite): void {
  scte104Transport(implementation, suite);
  klvTransport(implementation, suite);
  vancProperties(implementation, suite);
}

/** An SCTE 104 message as far as the envelope looks into it: its size in bytes 2 and 3. */
function sizedMessage(): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.integer({ min: 12, max: 2000 }), fc.infiniteStream(fc.integer({ min: 0, max: 255 })))
    .map(([size, noise]) => {
      const message = Uint8Array.from({ length: size }, () => noise.next().value as number);
      message.set([size >> 8, size & 0xff], 2);
      return message;
    });
}

function scte104Transport(
  { splitScte104, joinScte104 }: St291Implementation,
  { describe, property }: Suite,
): void {
  if (splitScte104 === undefined || joinScte104 === undefined) return;
  describe("SCTE 104 in packets", () => {
    property(
      "ST 2010: descriptor and at most 254 bytes of the message",
      sizedMessage(),
      (message) => {
        const payloads = splitScte104(message);
        const last = payloads.length - 1;
        const expected = payloads.map((_, i) => {
          if (last === 0) return 0x08;
          if (i === 0) return 0x0c;
          return i === last ? 0x0a : 0x0e;
        });
        equal(
          payloads.map(([descriptor]) => descriptor),
          expected,
        );
        equal(
          payloads.flatMap((payload) => [...payload.subarray(1)]),
          message,
        );
        if (payloads.some(({ length }) => length > 255)) fail("more than 255 bytes in a packet");
      },
    );
    property("ST 2010: what is cut is joined", fc.array(sizedMessage(), { maxLength: 3 }), (all) =>
      equal(joinScte104(all.flatMap((message) => [...splitScte104(message)])), all),
    );
    property(
      "ST 2010: a lost packet loses its message and no other",
      fc.tuple(sizedMessage(), sizedMessage(), sizedMessage(), fc.nat()),
      ([before, message, after, place]) => {
        const payloads = splitScte104(message);
        const kept = payloads.filter((_, i) => i !== place % payloads.length);
        const all = [...splitScte104(before), ...kept, ...splitScte104(after)];
        equal(joinScte104(all), [before, after]);
      },
    );
  });
}

/** A KLV message of one triplet. */
function klvMessage(): fc.Arbitrary<Uint8Array> {
  return fc.integer({ min: 0, max: 1500 }).map((length) => {
    const message = new Uint8Array(16 + 3 + length).fill(length % 251);
    message.set([0x82, length >> 8, length & 0xff], 16);
    return message;
  });
}

function klvTransport(
  { splitKlv, joinKlv }: St291Implementation,
  { describe, property }: Suite,
): void {
  if (splitKlv === undefined || joinKlv === undefined) return;
  describe("KLV in packets", () => {
    property(
      "RP 214: message id, packet sequence count and at most 252 bytes of the message",
      fc.tuple(klvMessage(), fc.integer({ min: 0, max: 255 })),
      ([message, messageId]) => {
        const payloads = splitKlv(message, messageId);
        for (const [i, payload] of payloads.entries()) {
          equal(payload[0], messageId);
          const [high = 0, low = 0] = payload.subarray(1);
          equal(high * 256 + low, ((payloads[0]?.[2] ?? 0) as number) + i);
          if (payload.length > 255) fail("more than 255 bytes in a packet");
        }
        equal(
          payloads.flatMap((payload) => [...payload.subarray(3)]),
          message,
        );
      },
    );
    property(
      "RP 214: what is cut is joined",
      fc.array(klvMessage(), { maxLength: 3 }),
      (messages) =>
        equal(joinKlv(messages.flatMap((message, i) => [...splitKlv(message, i + 1)])), messages),
    );
    property(
      "RP 214: a lost packet loses its message and no other",
      fc.tuple(klvMessage(), klvMessage(), klvMessage(), fc.nat()),
      ([before, message, after, place]) => {
        const payloads = splitKlv(message, 2);
        const kept = payloads.filter((_, i) => i !== place % payloads.length);
        const all = [...splitKlv(before, 1), ...kept, ...splitKlv(after, 3)];
        equal(joinKlv(all), [before, after]);
      },
    );
  });
}

const FORMATS = [
  { width: 720, pixelFormat: "v210" },
  { width: 1280, pixelFormat: "v210" },
  { width: 1920, pixelFormat: "v210" },
  { width: 720, pixelFormat: "uyvy" },
  { width: 1920, pixelFormat: "uyvy" },
] as const;

function linePackets(): fc.Arbitrary<{ cNotYChannelFlag: boolean; words: Uint16Array }[]> {
  const packet = fc.record({
    cNotYChannelFlag: fc.boolean(),
    words: packetContent(120).map(oracleWords),
  });
  return fc.array(packet, { maxLength: 8 });
}

function vancProperties(
  { fillLine, readLine }: St291Implementation,
  { describe, property, example }: Suite,
): void {
  if (fillLine === undefined || readLine === undefined) return;
  describe("packets in a line", () => {
    property(
      "ST 291-1: packets are contiguous from the start of their stream, and are found again",
      fc.tuple(fc.constantFrom(...FORMATS), linePackets()),
      ([format, packets]) => {
        const place = (isC: boolean, all: typeof packets): PlacedWords[] => {
          let horizontalOffset = 0;
          return all.map(({ words }) => {
            const placed = { cNotYChannelFlag: isC, horizontalOffset, words };
            horizontalOffset += 3 + words.length;
            return placed;
          });
        };
        const [y, c] = [false, true].map((isC) =>
          packets.filter(({ cNotYChannelFlag }) => cNotYChannelFlag === isC),
        ) as [typeof packets, typeof packets];
        const streams =
          format.width < 1280 ? place(false, packets) : [...place(false, y), ...place(true, c)];
        equal(readLine(fillLine(format, streams), format), streams);
      },
    );
    property(
      "ST 291-1: a packet does not cross the end of the line",
      fc.tuple(fc.constantFrom(...FORMATS), fc.integer({ min: 0, max: 255 }), fc.boolean()),
      ([format, size, cNotYChannelFlag]) => {
        const words = oracleWords({ did: 0x50, sdidOrDbn: 1, payload: new Uint8Array(size) });
        const room = format.width < 1280 ? 2 * format.width : format.width;
        const count = Math.floor(room / (words.length + 3));
        const packets = Array.from({ length: count }, (_, i) => ({
          cNotYChannelFlag: cNotYChannelFlag && format.width >= 1280,
          horizontalOffset: i * (words.length + 3),
          words,
        }));
        equal(readLine(fillLine(format, packets), format), packets);
        const last = {
          ...(packets[0] as PlacedWords),
          horizontalOffset: count * (words.length + 3),
        };
        refuses(
          () => fillLine(format, [...packets, last]),
          `${count + 1} packets in ${room} words`,
        );
      },
    );
    for (const format of FORMATS) {
      const { width, pixelFormat } = format;
      const title = `a packet may end with the last word of a ${pixelFormat} line of ${width} pixels`;
      example(`ST 291-1: ${title}`, () => {
        const count = 8;
        const share = (width < 1280 ? 2 * width : width) / count;
        const payload = new Uint8Array(share - 7);
        const words = oracleWords({ did: 0x50, sdidOrDbn: 1, payload });
        const packets = Array.from({ length: count }, (_, i) => ({
          cNotYChannelFlag: false,
          horizontalOffset: i * share,
          words,
        }));
        equal(readLine(fillLine(format, packets), format), packets);
      });
    }
    property(
      "ST 291-1: a packet with a wrong checksum does not hide the one behind it",
      fc.tuple(
        fc.constantFrom(...FORMATS),
        packetContent(60),
        packetContent(60),
        fc.integer({ min: 0, max: 7 }),
      ),
      ([format, first, second, bit]) => {
        const [bad, good] = [oracleWords(first), oracleWords(second)];
        const last = bad.length - 1;
        bad[last] = (bad[last] as number) ^ (1 << bit);
        // A word that looks like a flag's, or eight-bit data that do, would begin another packet.
        if (((bad[last] as number) & 0x3fc) % 0x3fc === 0) return;
        if (/,0,255,255/.test(`,${first.payload}`)) return;
        const [isC, at] = [false, bad.length + 3];
        const packets = [
          { cNotYChannelFlag: isC, horizontalOffset: 0, words: bad },
          { cNotYChannelFlag: isC, horizontalOffset: at, words: good },
        ];
        const found = readLine(fillLine(format, packets), format);
        const hidden = !found.some(({ horizontalOffset }) => horizontalOffset === at);
        if (hidden) fail("the packet behind was not found");
        if (found.some(({ horizontalOffset }) => horizontalOffset === 0)) fail("the bad one was");
      },
    );
  });
}
