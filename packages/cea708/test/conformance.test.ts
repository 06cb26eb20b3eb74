import { describe, expect, test } from "vitest";
import { failedProperties } from "../../../tools/testing/conformance.js";
import {
  type Cea708Implementation,
  conformanceSuite,
  type PlainWindow,
} from "../src/conformance.js";
import {
  CaptionDecoder,
  type CaptionWindow,
  CcRepacker,
  DtvccParser,
  decodeCdp,
  decodeCode,
  decodePacketCodes,
  encodeCdp,
  encodeDtvccPacket,
  ServiceDecoder,
  tokenise,
} from "../src/index.js";

function plainWindow(window: CaptionWindow): PlainWindow {
  const text = Array.from({ length: window.rows }, (_, row) => {
    let line = "";
    for (let column = 0; column < window.columns; column++) {
      line += window.cell(row, column)?.text ?? " ";
    }
    return line.trimEnd();
  });
  const { id, visible, rows, columns } = window;
  return { id, visible, rows, columns, text };
}

const ours: Required<Cea708Implementation> = {
  tokenise: (blockData) => tokenise(blockData),
  packets(frames) {
    const parser = new DtvccParser();
    return [...frames.flatMap((frame) => parser.push(frame)), ...parser.flush()];
  },
  encodePacket: (packet) => encodeDtvccPacket(packet),
  serviceCodes: (packetData) => decodePacketCodes(packetData),
  windows(steps) {
    const service = new ServiceDecoder();
    for (const { timeMs, codes } of steps) service.push(tokenise(codes), timeMs);
    return service.windows.flatMap((window) => (window === undefined ? [] : [plainWindow(window)]));
  },
  character(bytes) {
    const code = decodeCode(bytes);
    return code.kind === "text" ? code.text : undefined;
  },
  decodeCdp(bytes) {
    const { cdp } = decodeCdp(bytes, 0, { mode: "strict" });
    return { ...cdp, ccData: cdp.ccData ?? new Uint8Array(0) };
  },
  encodeCdp: (cdp) => encodeCdp({ ...cdp, svcInfo: undefined, futureSections: [] }),
  repack(frames, inputRate, outputRate) {
    const repacker = new CcRepacker({ inputRate, outputRate });
    return [...frames.flatMap((frame) => repacker.push(frame)), ...repacker.flush()];
  },
};

describe("our implementation", () => {
  conformanceSuite(ours, { describe, test });
});

/** Bytes changed on the way in, for windows that interpret something wrongly. */
function withCodes(
  change: (code: Uint8Array) => Uint8Array,
): Required<Cea708Implementation>["windows"] {
  return (steps) =>
    ours.windows(
      steps.map(({ timeMs, codes }) => ({
        timeMs,
        codes: Uint8Array.from(tokenise(codes).flatMap((code) => [...change(code)])),
      })),
    );
}

const mutants: Readonly<Record<string, Cea708Implementation>> = {
  "EXT1 codes are two bytes long, whatever the second": {
    tokenise(bytes) {
      const codes: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; ) {
        const [code] = tokenise(bytes.subarray(at));
        if (code === undefined) break;
        const length = code[0] === 0x10 ? 2 : code.length;
        codes.push(bytes.subarray(at, at + length));
        at += length;
      }
      return codes;
    },
  },
  "a code that is cut is still handed out": {
    tokenise(bytes) {
      const codes = tokenise(bytes);
      const used = codes.reduce((sum, code) => sum + code.length, 0);
      return used < bytes.length ? [...codes, bytes.subarray(used)] : codes;
    },
  },
  "a packet of size code 0 has no bytes": {
    packets: (frames) => ours.packets(frames).filter(({ packetData }) => packetData.length < 127),
  },
  "the sequence number is read from the low bits": {
    packets: (frames) =>
      ours
        .packets(frames)
        .map((packet) => ({ ...packet, sequenceNumber: packet.sequenceNumber >> 1 })),
  },
  "a packet ends with its frame": {
    packets: (frames) => frames.flatMap((frame) => ours.packets([frame])),
  },
  "marker bits are compared with ones": {
    packets: (frames) =>
      ours.packets(
        frames.map((frame) => {
          const kept: number[] = [];
          for (let at = 0; at + 2 < frame.length; at += 3) {
            if ((frame[at] as number) >= 0xf8) kept.push(...frame.subarray(at, at + 3));
          }
          return Uint8Array.from(kept);
        }),
      ),
  },
  "invalid triplets count": {
    packets: (frames) =>
      ours.packets(frames.map((frame) => frame.map((byte, i) => (i % 3 === 0 ? byte | 4 : byte)))),
  },
  "codes are cut block by block": {
    serviceCodes(packetData) {
      const services = new Map<number, Uint8Array[]>();
      for (let at = 0; at < packetData.length && packetData[at] !== 0; ) {
        const size = (packetData[at] as number) & 31;
        const header = (packetData[at] as number) >> 5 === 7 ? 2 : 1;
        for (const { serviceNumber, codes } of decodePacketCodes(
          packetData.subarray(at, at + header + size),
        )) {
          services.set(serviceNumber, [...(services.get(serviceNumber) ?? []), ...codes]);
        }
        at += header + size;
      }
      return [...services].map(([serviceNumber, codes]) => ({ serviceNumber, codes }));
    },
  },
  "extended services are all service 7": {
    serviceCodes: (packetData) =>
      ours.serviceCodes(packetData).map(({ serviceNumber, codes }) => ({
        serviceNumber: Math.min(serviceNumber, 7),
        codes,
      })),
  },
  "7F is ASCII's delete": {
    character: (code) => (code[0] === 0x7f ? "\u007f" : ours.character(code)),
  },
  "registered is a circled letter": {
    character: (code) => (code[0] === 0xae ? "Ⓡ" : ours.character(code)),
  },
  "the service mark is unknown": {
    character: (code) => (code[0] === 0x10 && code[1] === 0x3d ? "_" : ours.character(code)),
  },
  "TGW only shows": {
    windows: withCodes((code) =>
      code[0] === 0x8b ? Uint8Array.of(0x89, code[1] as number) : code,
    ),
  },
  "CR is HCR": { windows: withCodes((code) => (code[0] === 0x0d ? Uint8Array.of(0x0e) : code)) },
  "every DefineWindow clears": {
    windows: withCodes((code) =>
      (code[0] as number) >= 0x98 && (code[0] as number) <= 0x9f && code.length === 7
        ? Uint8Array.from([...code, 0x0c])
        : code,
    ),
  },
  "delays are ignored": {
    windows: withCodes((code) => (code[0] === 0x8d ? Uint8Array.of() : code)),
  },
  "delays never end by themselves": {
    windows: (steps) => ours.windows(steps.map((step) => ({ ...step, timeMs: 0 }))),
  },
  "the checksum is not computed": {
    encodeCdp: (cdp) =>
      ours.encodeCdp(cdp).map((byte, i, all) => (i === all.length - 1 ? 0 : byte)),
  },
  "the footer's counter lags": {
    encodeCdp(cdp) {
      const bytes = ours.encodeCdp(cdp);
      bytes[bytes.length - 2] = ((bytes[bytes.length - 2] as number) - 1) & 0xff;
      bytes[bytes.length - 1] = ((bytes[bytes.length - 1] as number) + 1) & 0xff;
      return bytes;
    },
  },
  "tens of frames have three bits": {
    encodeCdp(cdp) {
      const bytes = ours.encodeCdp(cdp);
      if (cdp.timeCode === undefined) return bytes;
      bytes[11] = (bytes[11] as number) | 0x40;
      bytes[bytes.length - 1] = ((bytes[bytes.length - 1] as number) - 0x40) & 0xff;
      return bytes;
    },
  },
  "drop-frame is not read": {
    decodeCdp(bytes) {
      const cdp = ours.decodeCdp(bytes);
      return cdp.timeCode === undefined
        ? cdp
        : { ...cdp, timeCode: { ...cdp.timeCode, dropFrameFlag: false } };
    },
  },
  "future sections are errors": {
    decodeCdp(bytes) {
      const { cdp } = decodeCdp(bytes);
      if (cdp.futureSections.length > 0) throw new Error("section");
      return ours.decodeCdp(bytes);
    },
  },
  "field 1 is sent in every slot": {
    repack: (frames, input, output) =>
      ours
        .repack(frames, input, output)
        .map((frame) =>
          frame.map((byte, i) => (i % 3 === 0 && (byte & 2) === 0 ? byte & 0xfe : byte)),
        ),
  },
  "the queue is lost at the end": {
    repack(frames, inputRate, outputRate) {
      const repacker = new CcRepacker({ inputRate, outputRate });
      return frames.flatMap((frame) => repacker.push(frame));
    },
  },
  "the rate stays the input's": { repack: (frames, input) => ours.repack(frames, input, input) },
};

describe("wrong implementations", () => {
  for (const [name, mutant] of Object.entries(mutants)) {
    test(`${name}: caught`, () => {
      expect(failedProperties(conformanceSuite, mutant, 60).length).toBeGreaterThan(0);
    });
  }
});

test("a decoder of all services interprets each like a decoder of its own", () => {
  const decoder = new CaptionDecoder();
  const packetData = Uint8Array.from([0x21, 0x41, 0x00]);
  decoder.push(encodeDtvccPacket({ sequenceNumber: 0, packetData }), 0);
  expect(decoder.serviceNumbers).toEqual([1]);
});
