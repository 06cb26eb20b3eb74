import fc from "fast-check";
import type { AncillaryTimeCode } from "../atc.js";
import {
  afdBarData,
  ancillaryTimeCode,
  bits,
  cea608Packet,
  hdrFrames,
  klvTriplets,
  op47Sdp,
  payloadIdentifier,
  scte104Message,
} from "./arbitraries.js";
import type { PayloadCodec, St291Implementation } from "./implementation.js";
import { binary, bytesOf } from "./oracle.js";
import { equal, refuses, type Suite } from "./verdict.js";

/** Payload codecs, those that the implementation has. */
export function codecProperties(implementation: St291Implementation, suite: Suite): void {
  const { afd, atc, cea608, hdr, klv, op47, scte104, vpid } = implementation;
  if (afd !== undefined) afdProperties(afd, suite);
  if (atc !== undefined) atcProperties(atc, suite);
  if (cea608 !== undefined) cea608Properties(cea608, suite);
  if (hdr !== undefined) hdrProperties(hdr, suite);
  if (klv !== undefined) klvProperties(klv, suite);
  if (op47 !== undefined) op47Properties(op47, suite);
  if (scte104 !== undefined) scte104Properties(scte104, suite);
  if (vpid !== undefined) vpidProperties(vpid, suite);
}

type Codec<K extends keyof St291Implementation> = NonNullable<St291Implementation[K]>;

function roundTrip<T>(
  codec: PayloadCodec<T>,
  arbitrary: fc.Arbitrary<T>,
  clause: string,
  suite: Suite,
): void {
  suite.property(`${clause}: what is written is read`, arbitrary, (value) =>
    equal(codec.decode(codec.encode(value)), value),
  );
}

/** A payload of any size but `size` is refused. */
function fixedSize(codec: PayloadCodec<unknown>, size: number, clause: string, suite: Suite): void {
  const other = fc.uint8Array({ maxLength: 2 * size }).filter(({ length }) => length !== size);
  suite.property(`${clause}: a payload has ${size} bytes`, other, (payload) =>
    refuses(() => codec.decode(payload), `${payload.length} bytes`),
  );
}

function afdProperties(codec: Codec<"afd">, suite: Suite): void {
  suite.describe("AFD and bar data", () => {
    roundTrip(codec, afdBarData(), "ST 2016-3", suite);
    fixedSize(codec, 8, "ST 2016-3", suite);
    suite.property("ST 2016-3: the layout of the payload", afdBarData(), (data) => {
      const { bars } = data;
      const flags = bars === undefined ? "0000" : bars.kind === "letterbox" ? "1100" : "0011";
      let values: readonly number[] = [0, 0];
      if (bars?.kind === "letterbox") values = [bars.top, bars.bottom];
      if (bars?.kind === "pillarbox") values = [bars.left, bars.right];
      const [value1, value2] = values.map((value) => binary(value, 16));
      const first = `0${binary(data.afd, 4)}${data.wide ? "1" : "0"}00`;
      const digits = `${first}${"0".repeat(16)}${flags}0000${value1}${value2}`;
      equal(codec.encode(data), bytesOf(digits));
    });
    suite.property(
      "ST 2016-3: bars come in pairs, and only one pair",
      fc.tuple(
        bits(4).filter((flags) => ![0b0000, 0b1100, 0b0011].includes(flags)),
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
      ),
      ([flags, payload]) => {
        payload[3] = flags << 4;
        refuses(() => codec.decode(payload), `bar flags ${binary(flags, 4)}`);
      },
    );
    suite.property(
      "ST 2016-3: reserved bits are ignored",
      fc.tuple(afdBarData(), fc.uint8Array({ minLength: 4, maxLength: 4 })),
      ([data, [r0 = 0, r1 = 0, r2 = 0, r3 = 0]]) => {
        const payload = codec.encode(data).slice();
        const reserved = [r0 & 0x83, r1, r2, r3 & 0x0f];
        for (const [i, noise] of reserved.entries()) payload[i] = (payload[i] as number) | noise;
        equal(codec.decode(payload), data);
      },
    );
  });
}

/** The 64-bit time-code word of ST 12-1, bit 0 first. */
function timeCodeBits(time: AncillaryTimeCode): string {
  const word = Array<string>(64).fill("0");
  const put = (bit: number, width: number, value: number): void => {
    const digits = binary(value, width).split("").reverse();
    word.splice(bit, width, ...digits);
  };
  const units = [time.frames, time.seconds, time.minutes, time.hours];
  for (const [i, value] of units.entries()) {
    put(16 * i, 4, value % 10);
    put(16 * i + 4, 4, time.binaryGroups[2 * i] as number);
    put(16 * i + 8, i === 0 || i === 3 ? 2 : 3, Math.floor(value / 10));
    put(16 * i + 12, 4, time.binaryGroups[2 * i + 1] as number);
  }
  put(10, 1, time.dropFrameFlag ? 1 : 0);
  put(11, 1, time.colourFrameFlag ? 1 : 0);
  put(27, 1, time.bit35);
  put(43, 1, time.bit55);
  put(58, 1, time.bit74);
  put(59, 1, time.bit75);
  return word.join("");
}

function atcProperties(codec: Codec<"atc">, suite: Suite): void {
  suite.describe("ancillary time code", () => {
    roundTrip(codec, ancillaryTimeCode(), "ST 12-2", suite);
    fixedSize(codec, 16, "ST 12-2", suite);
    suite.property(
      "ST 12-2: the time-code word in b7 to b4, its least significant nibble first",
      ancillaryTimeCode(),
      (time) => {
        const nibbles = timeCodeBits(time).match(/.{4}/g) ?? [];
        const expected = nibbles.map((nibble) =>
          Number.parseInt([...nibble].reverse().join(""), 2),
        );
        equal(
          Array.from(codec.encode(time), (byte) => byte >> 4),
          expected,
        );
      },
    );
    suite.property(
      "ST 12-2: the distributed binary bits in b3, least significant first, and zeros below",
      ancillaryTimeCode(),
      (time) => {
        const dbb = [time.dbb1, time.dbb2].flatMap((byte) => [...binary(byte, 8)].reverse());
        const low = Array.from(codec.encode(time), (byte) => byte & 0x0f);
        equal(
          low,
          dbb.map((digit) => 8 * Number(digit)),
        );
      },
    );
    suite.property(
      "ST 12-2: b2 to b0 are ignored",
      fc.tuple(ancillaryTimeCode(), fc.uint8Array({ minLength: 16, maxLength: 16, max: 7 })),
      ([time, noise]) => {
        const payload = codec.encode(time).map((byte, i) => byte | (noise[i] as number));
        equal(codec.decode(payload), time);
      },
    );
  });
}

function cea608Properties(codec: Codec<"cea608">, suite: Suite): void {
  suite.describe("line 21 data", () => {
    roundTrip(codec, cea608Packet(), "ST 334-1", suite);
    fixedSize(codec, 3, "ST 334-1", suite);
    suite.property("ST 334-1: the field bit is one for field 1", cea608Packet(), (packet) => {
      const digits = `${packet.field === 1 ? "1" : "0"}00${binary(packet.lineOffset, 5)}`;
      equal(codec.encode(packet), [Number.parseInt(digits, 2), ...packet.ccData]);
    });
  });
}

function hdrProperties(codec: Codec<"hdr">, suite: Suite): void {
  suite.describe("HDR metadata", () => {
    roundTrip(codec, hdrFrames(), "ST 2108-1", suite);
    suite.property("ST 2108-1: static frames hold their SEI message", hdrFrames(), (frames) => {
      const digits = frames.map((frame) => {
        if (frame.kind === "static1") {
          const pairs = [...frame.primaries, frame.whitePoint].flat();
          const luminances = [frame.maxLuminance, frame.minLuminance];
          return [
            ...[0, 26, 137, 24].map((byte) => binary(byte, 8)),
            ...pairs.map((value) => binary(value, 16)),
            ...luminances.map((value) => binary(value, 32)),
          ].join("");
        }
        if (frame.kind === "static2") {
          const levels = [frame.maxCll, frame.maxFall].map((value) => binary(value, 16));
          return [...[1, 6, 144, 4].map((byte) => binary(byte, 8)), ...levels].join("");
        }
        return [frame.type, frame.data.length, ...frame.data].map((b) => binary(b, 8)).join("");
      });
      equal(codec.encode(frames), bytesOf(digits.join("")));
    });
    suite.property(
      "ST 2108-1: a frame that is cut off is refused",
      hdrFrames().filter((frames) => frames.length > 0),
      (frames) => {
        const payload = codec.encode(frames);
        const cut = payload.subarray(0, payload.length - 1);
        refuses(() => codec.decode(cut), "a frame without its last byte");
      },
    );
  });
}

function klvProperties(codec: Codec<"klv">, suite: Suite): void {
  suite.describe("KLV triplets", () => {
    suite.property("ST 336: what is written is read", klvTriplets(), (triplets) => {
      const read = codec.decode(codec.encode(triplets));
      equal(
        read.map(({ key, value }) => ({ key, value })),
        triplets,
      );
    });
    suite.property("ST 336: key, BER length, value", klvTriplets(), (triplets) => {
      const digits = triplets.map(({ key, value: { length }, value }) => {
        const long = length < 256 ? [0x81, length] : [0x82, Math.floor(length / 256), length % 256];
        const bytes = [...key, ...(length < 128 ? [length] : long), ...value];
        return bytes.map((byte) => binary(byte, 8)).join("");
      });
      equal(codec.encode(triplets), bytesOf(digits.join("")));
    });
    suite.property(
      "ST 336: a triplet that is cut off is refused",
      klvTriplets().filter((triplets) => triplets.length > 0),
      (triplets) => {
        const message = codec.encode(triplets);
        const cut = message.subarray(0, message.length - 1);
        refuses(() => codec.decode(cut), "a triplet without its last byte");
      },
    );
  });
}

function op47Properties(codec: Codec<"op47">, suite: Suite): void {
  suite.describe("OP-47 subtitling distribution packets", () => {
    roundTrip(codec, op47Sdp(), "RDD 8", suite);
    suite.property("RDD 8: header, descriptors, 45-byte blocks and footer", op47Sdp(), (sdp) => {
      const payload = codec.encode(sdp);
      const { length } = payload;
      equal(length, 13 + 45 * sdp.packets.length);
      equal(payload.subarray(0, 4), [0x51, 0x15, length, sdp.format]);
      const descriptors = sdp.packets.map(({ field, line }) =>
        Number.parseInt(`${field === 1 ? "1" : "0"}11${binary(line, 5)}`, 2),
      );
      equal(payload.subarray(4, 9), [...descriptors, 0, 0, 0, 0, 0].slice(0, 5));
      equal(
        payload.subarray(9, length - 4),
        sdp.packets.flatMap(({ data }) => [...data]),
      );
      equal(payload[length - 4], 0x74);
      equal((payload[length - 3] as number) * 256 + (payload[length - 2] as number), sdp.counter);
    });
    suite.property("RDD 8: all bytes add up to zero modulo 256", op47Sdp(), (sdp) =>
      equal(codec.encode(sdp).reduce((sum, byte) => sum + byte, 0) % 256, 0),
    );
    suite.property(
      "RDD 8: any wrong byte is found",
      fc.tuple(op47Sdp(), fc.nat(), fc.integer({ min: 1, max: 255 })),
      ([sdp, place, mask]) => {
        const payload = codec.encode(sdp).slice();
        const at = place % payload.length;
        payload[at] = (payload[at] as number) ^ mask;
        refuses(() => codec.decode(payload), `a wrong byte ${at}`);
      },
    );
  });
}

function scte104Properties(codec: Codec<"scte104">, suite: Suite): void {
  suite.describe("SCTE 104 messages", () => {
    roundTrip(codec, scte104Message(), "SCTE 104", suite);
    suite.property("SCTE 104: messageSize counts the whole message", scte104Message(), (value) => {
      const message = codec.encode(value);
      equal((message[2] as number) * 256 + (message[3] as number), message.length);
    });
    suite.property(
      "SCTE 104: a multiple operation message begins with FFFF, another with its opID",
      scte104Message(),
      (value) => {
        const message = codec.encode(value);
        const expected = value.kind === "single" ? value.opId : 0xffff;
        equal((message[0] as number) * 256 + (message[1] as number), expected);
      },
    );
    suite.property("SCTE 104: a message that is cut off is refused", scte104Message(), (value) => {
      const message = codec.encode(value);
      const cut = message.subarray(0, message.length - 1);
      refuses(() => codec.decode(cut), "a message without its last byte");
    });
    suite.example("SCTE 104: a splice null request at a GPI edge", () => {
      const message = Uint8Array.of(
        ...[0xff, 0xff, 0x00, 0x12, 0x00, 0x01, 0x02, 0x00, 0x03, 0x00, 0x03, 0x07, 0x01],
        ...[0x01, 0x01, 0x02, 0x00, 0x00],
      );
      equal(codec.decode(message), {
        kind: "multiple",
        protocolVersion: 0,
        asIndex: 1,
        messageNumber: 2,
        dpiPidIndex: 3,
        scte35ProtocolVersion: 0,
        timestamp: { kind: "gpi", gpiNumber: 7, gpiEdge: 1 },
        operations: [{ opId: 0x102, data: [] }],
      });
    });
  });
}

function vpidProperties(codec: Codec<"vpid">, suite: Suite): void {
  suite.describe("payload identifier", () => {
    roundTrip(codec, payloadIdentifier(), "ST 352", suite);
    fixedSize(codec, 4, "ST 352", suite);
    suite.property("ST 352: bytes 1 to 4 in this order", payloadIdentifier(), (vpid) =>
      equal(codec.encode(vpid), [vpid.byte1, vpid.byte2, vpid.byte3, vpid.byte4]),
    );
  });
}
