import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  fromHex,
  vectorBytes,
  vectorFiles,
  vectorJson,
  vectorsRoot,
} from "../../../tools/testing/vectors.js";
import {
  decodeAfd,
  decodeAtc,
  decodeCea608,
  decodeHdr,
  decodeKlv,
  decodeKlvPacket,
  decodeOp47,
  decodeOp47Multipacket,
  decodeScte104Descriptor,
  decodeScte104Message,
  decodeVpid,
  encodeAfd,
  encodeAtc,
  encodeCea608,
  encodeHdr,
  encodeKlv,
  encodeKlvPacket,
  encodeOp47,
  encodeOp47Multipacket,
  encodeScte104Descriptor,
  encodeScte104Message,
  encodeVpid,
  extractVanc,
  isFormatError,
} from "../src/index.js";

interface Decoder {
  readonly decode: (bytes: Uint8Array) => unknown;
  /** Encode what was decoded. */
  readonly again: (bytes: Uint8Array) => ArrayLike<number>;
  /** Every bit is kept; else reserved bits are lost. */
  readonly verbatim: boolean;
}

const decoder = <T>(
  decode: (bytes: Uint8Array) => T,
  encode: (value: T) => ArrayLike<number>,
  verbatim = false,
): Decoder => ({ decode, again: (bytes) => encode(decode(bytes)), verbatim });

const words = (bytes: Uint8Array): Uint16Array =>
  Uint16Array.from(bytes, (byte, i) => byte | ((i % 4) << 8));

const DECODERS: Readonly<Record<string, Decoder>> = {
  afd: decoder(decodeAfd, encodeAfd),
  atc: decoder(decodeAtc, encodeAtc),
  cea608: decoder(decodeCea608, encodeCea608),
  hdr: decoder(decodeHdr, encodeHdr, true),
  klv: decoder(decodeKlv, encodeKlv, true),
  klvPacket: decoder(decodeKlvPacket, encodeKlvPacket, true),
  op47: decoder(decodeOp47, encodeOp47),
  op47Multipacket: decoder(
    (bytes) => decodeOp47Multipacket(words(bytes)),
    (value) => (value.packets.length === 0 ? [] : encodeOp47Multipacket(value)),
  ),
  scte104Descriptor: decoder(decodeScte104Descriptor, (d) => [encodeScte104Descriptor(d)]),
  scte104Message: decoder(decodeScte104Message, encodeScte104Message, true),
  vpid: decoder(decodeVpid, encodeVpid, true),
};

/** Sizes, lengths and types that let junk get further into a decoder than chance does. */
const payloads = (): fc.Arbitrary<Uint8Array> => {
  const junk = fc.uint8Array({ maxLength: 255 });
  const begun = (...begin: number[]): fc.Arbitrary<Uint8Array> =>
    fc.uint8Array({ maxLength: 60 }).map((rest) => Uint8Array.of(...begin, ...rest));
  return fc.oneof(
    junk,
    fc.uint8Array({ maxLength: 20, max: 3 }),
    fc.constantFrom(3, 4, 8, 16).chain((n) => fc.uint8Array({ minLength: n, maxLength: n })),
    begun(0, 6, 144, 4),
    begun(1, 6, 144, 4),
    begun(0, 26, 137, 24),
    fc.uint8Array({ minLength: 12, maxLength: 80 }).map((bytes) => {
      const [opId, timeType] = [(bytes[0] as number) < 0x80 ? 0xff : 0x01, bytes[10] as number];
      const message = bytes.slice();
      message.set([opId, opId, 0, bytes.length]);
      message.set([timeType & 3], 10);
      return message;
    }),
    fc.integer({ min: 1, max: 5 }).map((count) => {
      const sdp = new Uint8Array(13 + 45 * count);
      sdp.set([0x51, 0x15, sdp.length, 2]);
      sdp.fill(0xe7, 4, 4 + count);
      sdp[sdp.length - 4] = 0x74;
      sdp[sdp.length - 1] = -sdp.reduce((sum, byte) => sum + byte, 0);
      return sdp;
    }),
  );
};

function seen(decode: Decoder["decode"], bytes: Uint8Array): boolean {
  try {
    decode(bytes);
    return true;
  } catch (error) {
    if (!isFormatError(error)) throw error;
    if (error.offset < 0 || error.offset > bytes.length) throw new Error(`offset ${error.offset}`);
    return false;
  }
}

describe.each(Object.entries(DECODERS))("%s", (_, { decode, again, verbatim }) => {
  test("any bytes give a value or a FormatError inside them", () => {
    fc.assert(fc.property(payloads(), (bytes) => void seen(decode, bytes)));
  });

  test("what was decoded can be encoded, and means the same", () => {
    fc.assert(
      fc.property(payloads(), (bytes) => {
        if (!seen(decode, bytes)) return;
        const encoded = Uint8Array.from(again(bytes));
        if (verbatim) expect(encoded).toEqual(bytes);
        else if (encoded.length > 0) expect(Uint8Array.from(again(encoded))).toEqual(encoded);
      }),
    );
  });
});

/** A byte string with some bits flipped, bytes replaced, removed or doubled. */
function mutated(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(fc.nat({ max: 3 }), fc.nat(), fc.integer({ min: 1, max: 255 }));
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    const result = [...bytes];
    for (const [kind, place, value] of changes) {
      const at = place % Math.max(1, result.length);
      if (kind === 0) result[at] = (result[at] ?? 0) ^ (1 << (value % 8));
      else if (kind === 1) result[at] = value;
      else if (kind === 2) result.splice(at, value % 4);
      else result.splice(at, 0, ...result.slice(at, at + (value % 4)));
    }
    return Uint8Array.from(result);
  });
}

describe("mutated vectors", () => {
  const contents = vectorFiles("st2038")
    .filter((file) => file.endsWith(".json"))
    .flatMap((file) => vectorJson<{ cases?: { payload?: string }[] }>("st2038", file).cases ?? [])
    .flatMap(({ payload }) => (payload === undefined ? [] : [fromHex(payload)]));

  test.each(Object.entries(DECODERS))(
    "no decoder is broken by them: %s",
    (_, { decode, again }) => {
      const any = fc.constantFrom(...contents).chain(mutated);
      fc.assert(
        fc.property(any, (bytes) => {
          if (seen(decode, bytes) && bytes.length <= 255) again(bytes);
        }),
      );
    },
  );

  const lines = (existsSync(join(vectorsRoot, "decklink")) ? vectorFiles("decklink") : [])
    .filter((file) => /vanc.*_\d+\.v210$/.test(file))
    .map((file) => ({ file, width: Number(/_(\d+)\.v210$/.exec(file)?.[1]) }));

  test.each(lines)("a line keeps its good packets: $file", ({ file, width }) => {
    const line = vectorBytes("decklink", file);
    const format = { width, pixelFormat: "v210" } as const;
    const good = extractVanc(line, format).packets;
    const flips = fc.array(fc.nat({ max: line.length * 8 - 1 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(flips, (bits) => {
        const damaged = line.slice();
        for (const bit of bits) {
          damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
        }
        const { packets } = extractVanc(damaged, format);
        const places = packets.map((p) => `${p.cNotYChannelFlag} ${p.horizontalOffset}`);
        const missing = good.filter(
          (p) => !places.includes(`${p.cNotYChannelFlag} ${p.horizontalOffset}`),
        );
        expect(missing.length).toBeLessThanOrEqual(bits.length);
      }),
      { numRuns: 30 },
    );
  });
});
