import { describe, expect, test } from "vitest";
import { failedProperties } from "../../../tools/testing/conformance.js";
import {
  conformanceSuite,
  type PacketContent,
  type St291Implementation,
} from "../src/conformance.js";
import {
  type AfdBarData,
  type AncillaryTimeCode,
  blankVancLine,
  checksumValid,
  checksumWord,
  createAncPacket,
  decodeAfd,
  decodeAtc,
  decodeCea608,
  decodeHdr,
  decodeKlv,
  decodeOp47,
  decodeScte104Message,
  decodeVpid,
  encodeAfd,
  encodeAtc,
  encodeCea608,
  encodeHdr,
  encodeKlv,
  encodeOp47,
  encodeScte104Message,
  encodeVpid,
  extractVanc,
  insertVanc,
  KlvReassembler,
  parityErrors,
  Scte104Reassembler,
  splitKlv,
  splitScte104,
  wordOf,
} from "../src/index.js";

const packetOf = (words: ArrayLike<number>) => ({
  cNotYChannelFlag: false,
  lineNumber: 9,
  horizontalOffset: 0,
  words: Uint16Array.from(words),
});

const ours: Required<St291Implementation> = {
  createPacket: ({ did, sdidOrDbn, payload }) =>
    createAncPacket({ did, sdid: sdidOrDbn, payload }).words,
  readPacket: (words) => ({
    did: (words[0] as number) & 0xff,
    sdidOrDbn: (words[1] as number) & 0xff,
    payload: Uint8Array.from(words.subarray(3, 3 + ((words[2] as number) & 0xff))),
  }),
  wordOf,
  checksumWord: (words) => checksumWord(words),
  checksumValid: (words) => checksumValid(packetOf(words)),
  parityErrors: (words) => parityErrors(packetOf(words)),
  afd: { decode: decodeAfd, encode: encodeAfd },
  atc: { decode: decodeAtc, encode: encodeAtc },
  cea608: { decode: decodeCea608, encode: encodeCea608 },
  hdr: { decode: decodeHdr, encode: encodeHdr },
  klv: { decode: decodeKlv, encode: encodeKlv },
  op47: { decode: decodeOp47, encode: encodeOp47 },
  scte104: { decode: decodeScte104Message, encode: encodeScte104Message },
  vpid: { decode: decodeVpid, encode: encodeVpid },
  splitScte104: (message) => splitScte104(message),
  joinScte104(payloads) {
    const reassembler = new Scte104Reassembler();
    return payloads.flatMap((payload) => {
      const joined = reassembler.push(createAncPacket({ did: 0x41, sdid: 0x07, payload }));
      return joined === undefined ? [] : [joined.message];
    });
  },
  splitKlv: (message, messageId) => splitKlv(message, messageId),
  joinKlv(payloads) {
    const reassembler = new KlvReassembler();
    const messages = payloads.flatMap((payload) =>
      reassembler.push(createAncPacket({ did: 0x44, sdid: 0x04, payload })),
    );
    return [...messages, ...reassembler.flush()]
      .filter(({ complete }) => complete)
      .map(({ data }) => data);
  },
  fillLine(format, packets) {
    const line = blankVancLine(format);
    const placed = packets.map((packet) => ({ ...packet, lineNumber: 9 }));
    insertVanc(line, format, placed);
    return line;
  },
  readLine: (line, format) =>
    extractVanc(line, format).packets.map(({ cNotYChannelFlag, horizontalOffset, words }) => ({
      cNotYChannelFlag,
      horizontalOffset,
      words,
    })),
};

const numRuns = Number(process.env.FC_RUNS ?? 100);

describe("@x/st291", () => conformanceSuite(ours, { describe, test, numRuns }));

/** Ours with another packet writer. */
function writing(change: (content: PacketContent, words: Uint16Array) => ArrayLike<number>) {
  const createPacket = (content: PacketContent) =>
    change(content, Uint16Array.from(ours.createPacket(content)));
  return { ...ours, createPacket };
}

/** The same with one value replaced. */
function replaced(values: ArrayLike<number>, at: number, value: number): Uint8Array {
  return Uint8Array.from(values, (old, i) => (i === at ? value : old));
}

const atcBits = (change: (time: AncillaryTimeCode) => AncillaryTimeCode): St291Implementation => ({
  ...ours,
  atc: {
    decode: (payload) => change(decodeAtc(payload)),
    encode: (time) => encodeAtc(change(time)),
  },
});

const mutants: Readonly<Record<string, St291Implementation>> = {
  "odd parity in b8": { ...ours, wordOf: (byte) => wordOf(byte) ^ 0x300 },
  "parity left out of written words": writing((_, words) => words.map((word) => word & 0xff)),
  "inverted parity, as in gst-plugins-rs until August 2026": writing((_, words) => {
    const inverted = words.map((word) => word ^ 0x300);
    inverted[words.length - 1] = checksumWord(inverted, words.length - 1);
    return inverted;
  }),
  "a checksum of bytes instead of nine bits": {
    ...ours,
    checksumWord: (words) => wordOf(words.reduce((sum, word) => sum + (word & 0xff), 0)),
  },
  "b9 of the checksum equal to b8": {
    ...ours,
    checksumWord: (words) => checksumWord(words) ^ 0x200,
  },
  "a checksum that leaves the DID out": writing((_, words) => {
    words[words.length - 1] = checksumWord(words.subarray(1, -1));
    return words;
  }),
  "a data count that counts the checksum": writing((_, words) => {
    words[2] = wordOf((words[2] as number) + 1);
    words[words.length - 1] = checksumWord(words, words.length - 1);
    return words;
  }),
  "SDID and DID exchanged": writing(({ did, sdidOrDbn, payload }) =>
    ours.createPacket({ did: sdidOrDbn, sdidOrDbn: did, payload }),
  ),
  "no SDID word for type 1": {
    ...ours,
    readPacket(words) {
      const content = ours.readPacket(words);
      return content.did < 0x80 ? content : { ...content, sdidOrDbn: 0 };
    },
  },
  "a data count of nine bits": {
    ...ours,
    readPacket: (words) => ({
      ...ours.readPacket(words),
      payload: Uint8Array.from(words.subarray(3, 3 + ((words[2] as number) & 0x1ff))),
    }),
  },
  "a checksum compared in nine bits": {
    ...ours,
    checksumValid(words) {
      const last = words.length - 1;
      return ((words[last] as number) & 0x1ff) === (checksumWord(words, last) & 0x1ff);
    },
  },
  "parity of the checksum word, too": {
    ...ours,
    parityErrors: (words) => [
      ...ours.parityErrors(words),
      ...(words.at(-1) === wordOf(words.at(-1) as number) ? [] : [words.length - 1]),
    ],
  },
  "left and right bars taken for top and bottom": {
    ...ours,
    afd: {
      encode: encodeAfd,
      decode(payload): AfdBarData {
        const data = decodeAfd(payload);
        if (data.bars?.kind !== "pillarbox") return data;
        const { left, right } = data.bars;
        return { ...data, bars: { kind: "letterbox", top: left, bottom: right } };
      },
    },
  },
  "one bar without the other": {
    ...ours,
    afd: {
      encode: encodeAfd,
      decode(payload) {
        const paired = [0x00, 0x30, 0xc0].includes((payload[3] as number) & 0xf0);
        return decodeAfd(paired ? payload : replaced(payload, 3, 0));
      },
    },
  },
  "AFD one bit too low": {
    ...ours,
    afd: {
      encode: (data) => replaced(encodeAfd(data), 0, data.afd << 2),
      decode: (payload) => ({ ...decodeAfd(payload), afd: ((payload[0] as number) >> 2) & 0x0f }),
    },
  },
  "time-code bits 10 and 11 exchanged, as libklvanc writes them": atcBits((time) => ({
    ...time,
    dropFrameFlag: time.colourFrameFlag,
    colourFrameFlag: time.dropFrameFlag,
  })),
  "time-code bits 58 and 59 exchanged, as libklvanc writes them": atcBits((time) => ({
    ...time,
    bit74: time.bit75,
    bit75: time.bit74,
  })),
  "distributed binary bits in b2, as timecodestamper reads them": {
    ...ours,
    atc: {
      encode: (time) => encodeAtc(time).map((byte) => (byte & 0xf0) | ((byte & 0x08) >> 1)),
      decode: (payload) => decodeAtc(payload.map((byte) => (byte & 0xf0) | ((byte & 0x04) << 1))),
    },
  },
  "field 1 with a zero bit": {
    ...ours,
    cea608: {
      encode: (packet) => encodeCea608({ ...packet, field: packet.field === 1 ? 2 : 1 }),
      decode(payload) {
        const packet = decodeCea608(payload);
        return { ...packet, field: packet.field === 1 ? 2 : 1 };
      },
    },
  },
  "primaries in the order red, green, blue": {
    ...ours,
    hdr: {
      decode: (payload) => decodeHdr(payload),
      encode: (frames) =>
        encodeHdr(
          frames.map((frame) => {
            if (frame.kind !== "static1") return frame;
            const [green, blue, red] = frame.primaries;
            return { ...frame, primaries: [red, green, blue] as const };
          }),
        ),
    },
  },
  "BER lengths always long": {
    ...ours,
    klv: {
      decode: decodeKlv,
      encode: (triplets) => encodeKlv(triplets.map((triplet) => ({ ...triplet, lengthSize: 4 }))),
    },
  },
  "no OP-47 checksum, as in libklvanc": {
    ...ours,
    op47: {
      encode: encodeOp47,
      decode(payload) {
        const sum = payload.subarray(0, -1).reduce((total, byte) => total + byte, 0);
        return decodeOp47(replaced(payload, payload.length - 1, -sum & 0xff));
      },
    },
  },
  "an OP-47 counter with its bytes exchanged": {
    ...ours,
    op47: {
      encode: (sdp) =>
        encodeOp47({ ...sdp, counter: ((sdp.counter & 0xff) << 8) | (sdp.counter >> 8) }),
      decode(payload) {
        const sdp = decodeOp47(payload);
        return { ...sdp, counter: ((sdp.counter & 0xff) << 8) | (sdp.counter >> 8) };
      },
    },
  },
  "a message size that counts the payload descriptor": {
    ...ours,
    scte104: {
      decode: (message) => decodeScte104Message(replaced(message, 3, (message[3] as number) - 1)),
      encode(value) {
        const message = encodeScte104Message(value);
        return replaced(message, 3, (message[3] as number) + 1);
      },
    },
  },
  "messages that follow, but do not say so": {
    ...ours,
    splitScte104: (message) => splitScte104(message).map((p) => replaced(p, 0, 0x08)),
  },
  "messages joined over a gap": {
    ...ours,
    joinScte104(payloads) {
      const messages: number[][] = [];
      for (const [descriptor = 0, ...rest] of payloads) {
        if ((descriptor & 2) === 0) messages.push([]);
        messages.at(-1)?.push(...rest);
      }
      return messages.map((message) => Uint8Array.from(message));
    },
  },
  "a last KLV packet that is lost": {
    ...ours,
    splitKlv: (message, id) => splitKlv(message, id).filter((p, i) => i === 0 || p.length === 255),
  },
  "KLV joined whatever the sequence count": {
    ...ours,
    joinKlv(payloads) {
      const messages = new Map<number, number[]>();
      for (const [id = 0, , , ...data] of payloads) {
        messages.set(id, [...(messages.get(id) ?? []), ...data]);
      }
      return [...messages.values()].map((message) => Uint8Array.from(message));
    },
  },
  "colour-difference packets written into luma, as GStreamer's DeckLink sink does": {
    ...ours,
    fillLine: (format, packets) =>
      ours.fillLine(
        format,
        packets.map((packet) => ({ ...packet, cNotYChannelFlag: false })),
      ),
  },
  "a last packet that is dropped when it does not fit": {
    ...ours,
    fillLine(format, packets) {
      for (let count = packets.length; ; count--) {
        try {
          return ours.fillLine(format, packets.slice(0, count));
        } catch (error) {
          if (count === 0) throw error;
        }
      }
    },
  },
  "packets at the end of the line not found": {
    ...ours,
    readLine: (line, format) =>
      ours.readLine(line, format).filter(({ horizontalOffset, words }) => {
        const room = format.width < 1280 ? 2 * format.width : format.width;
        return horizontalOffset + 3 + words.length < room - 6;
      }),
  },
  "bad packets delivered": {
    ...ours,
    readLine: (line, format) => extractVanc(line, format, { onChecksumMismatch: "accept" }).packets,
  },
  "a bad packet hides those behind it": {
    ...ours,
    readLine(line, format) {
      const { issues } = extractVanc(line, format);
      const from = issues.find(({ code }) => code === "checksum")?.horizontalOffset ?? 0xffff;
      return ours.readLine(line, format).filter((packet) => packet.horizontalOffset < from);
    },
  },
};

describe("wrong implementations", () => {
  test.each(Object.keys(mutants))("%s", (name) => {
    const failed = failedProperties(conformanceSuite, mutants[name] as St291Implementation, 50);
    expect(failed).not.toEqual([]);
  });

  test("nothing is claimed of an implementation that does only what is required", () => {
    const { createPacket, readPacket } = ours;
    expect(failedProperties(conformanceSuite, { createPacket, readPacket })).toEqual([]);
  });
});
