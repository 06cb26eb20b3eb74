import { existsSync } from "node:fs";
import { join } from "node:path";
import { decodeRtpHeader } from "@x/bits";
import { afterAll, describe, expect, test } from "vitest";
import {
  fromHex,
  toHex,
  VectorTally,
  vectorBytes,
  vectorFiles,
  vectorJson,
  vectorsRoot,
} from "../../../tools/testing/vectors.js";
import {
  AncDepacketizer,
  type AncFrame,
  type AncPacket,
  AncPacketizer,
  type AncStreamIssue,
  type AncStreamIssueCode,
  decodePayload,
  encodePayload,
  fromSt2038,
  isFormatError,
  parseAncMedia,
  parsePayload,
  rtpTimestampOfNs,
  toSt2038,
} from "../src/index.js";
import { readPcap } from "./pcap.js";
import { decodeRecords, encodeRecords } from "./st2038-records.js";
import {
  asRead,
  packetOf,
  type VectorPacket,
  type VectorPayload,
  vectorDiagnostic,
  vectorPacket,
} from "./vector-shapes.js";

const tally = new VectorTally("rfc8331");
const JSON_FILE = /\.json(\.gz)?$/;
const files = vectorFiles("rfc8331").filter((file) => JSON_FILE.test(file));
afterAll(() => {
  expect(tally.expectations).toBeGreaterThan(0);
  tally.print();
});

interface Frame {
  readonly timestamp: number;
  readonly f: number | null;
  readonly packets: readonly VectorPacket[];
  readonly rtp: readonly { extSeq: number; marker: number; ancCount: number }[];
  readonly complete: boolean;
}

interface StreamVector {
  readonly rtpLimit: number;
  readonly lostExtSeq?: number;
  readonly duplicated?: number;
  readonly frames: readonly Frame[];
}

interface TsharkPacket {
  readonly marker: string;
  readonly p_type: string;
  readonly seq: string;
  readonly timestamp: string;
  readonly ssrc: string;
  readonly payload: string;
}

interface AssemblyCase {
  readonly name: string;
  readonly window: number;
  readonly rtp: readonly {
    seq: number;
    timestamp: number;
    marker: number;
    ssrc?: number;
    payloadHex: string;
  }[];
  readonly frames: readonly {
    timestamp: number;
    f: number | null;
    complete: boolean;
    extSeq: readonly number[];
    ancPackets: number;
  }[];
  readonly issues: readonly { code: string; extSeq?: number; count?: number }[];
}

interface ConvertCase {
  readonly name: string;
  readonly rfc8331: string;
  readonly st2038: string;
  readonly lostTowardsSt2038: readonly string[];
  readonly backToRfc8331: string;
}

interface SdpCase {
  readonly sdp: string;
  readonly expect: Record<string, unknown> | null;
  readonly diagnostics?: readonly string[];
}

interface GstTests {
  readonly packets: readonly {
    hex: string;
    packet: VectorPacket;
    rfc8331OnePacketPayloadHex: string;
  }[];
  readonly payloader: readonly {
    input: readonly number[];
    pts_ns?: number;
    rtpTime: number;
    marker: number;
    rtpPacketSize: number;
    payloadHex?: string;
  }[];
}

/** A file is known by what is in it, not by its name; what is of no kind that the README names is passed over. */
for (const file of files) {
  const content = vectorJson<unknown>("rfc8331", file);
  const dissected = entries<TsharkPacket>(content, "p_type");
  if (dissected.length > 0) checkTshark(file, dissected);
  if (typeof content !== "object" || content === null) continue;
  const { payloads, packets, payloader, cases, frames } = content as Record<string, unknown>;
  const kinds = {
    payloads: entries<VectorPayload>(payloads, "payloadHex"),
    assembly: entries<AssemblyCase>(cases, "rtp"),
    convert: entries<ConvertCase>(cases, "st2038"),
    sdp: entries<SdpCase>(cases, "sdp"),
    gstPackets: entries<GstTests["packets"][number]>(packets, "rfc8331OnePacketPayloadHex"),
    gstPayloader: entries<GstTests["payloader"][number]>(payloader, "rtpPacketSize"),
  };
  if (kinds.payloads.length > 0) checkPayloads(file, kinds.payloads);
  if (kinds.assembly.length > 0) checkAssembly(file, kinds.assembly);
  if (kinds.convert.length > 0) checkConvert(file, kinds.convert);
  if (kinds.sdp.length > 0) checkSdp(file, kinds.sdp);
  if (kinds.gstPackets.length > 0) {
    checkGst(file, { packets: kinds.gstPackets, payloader: kinds.gstPayloader });
  }
  if (entries(frames, "rtp").length > 0) checkStream(file, content as StreamVector);
}
for (const { file, packets } of packetVectors()) checkTwins(file, packets);

/** The objects in `list` that have `key`. */
function entries<T>(list: unknown, key: string): T[] {
  if (!Array.isArray(list)) return [];
  return list.filter((entry) => typeof entry === "object" && entry !== null && key in entry);
}

/** Deviations in the words, which are written as they were read. */
const KEPT_BY_WRITER = new Set(["PARITY", "CHECKSUM", "FORBIDDEN_WORD"]);

function checkPayloads(file: string, payloads: readonly VectorPayload[]): void {
  describe(file, () => {
    test.each(payloads)("$name", (vector) => {
      const bytes = fromHex(vector.payloadHex);
      const parsed = parsePayload(bytes);
      const invalidF = vector.diagnostics.some(({ code }) => code === "F_INVALID");
      expect(parsed.extendedSequenceNumber ?? null).toBe(vector.extSeqHigh);
      expect(parsed.f ?? null).toBe(vector.f);
      expect(parsed.length ?? null).toBe(vector.length);
      expect(parsed.ancCount ?? null).toBe(vector.ancCount);
      expect(parsed.diagnostics.map(vectorDiagnostic)).toEqual(vector.diagnostics);
      expect(parsed.unparsedBytes).toBe(vector.unparsedBytes ?? 0);
      const delivered = parsePayload(bytes, { deliverInvalidF: true });
      expect(delivered.packets.map(vectorPacket)).toEqual(vector.packets.map(asRead));
      expect(delivered.diagnostics).toEqual(parsed.diagnostics);
      expect(parsed.packets.length).toBe(invalidF ? 0 : vector.packets.length);
      checkStrict(bytes);
      const kept = vector.diagnostics.every(({ code }) => KEPT_BY_WRITER.has(code));
      if (kept && vector.packets.every(({ s, streamNum }) => s === 1 || streamNum === 0)) {
        const payload = {
          extendedSequenceNumber: vector.extSeqHigh as number,
          f: vector.f as number,
          packets: vector.packets.map(packetOf),
        };
        expect(toHex(encodePayload(payload))).toBe(vector.payloadHex);
        tally.add(file);
      }
      tally.add(file, 9);
    });
  });
}

/** Strict is lenient with a throw at the first error. */
function checkStrict(bytes: Uint8Array): void {
  const parsed = parsePayload(bytes);
  const first = parsed.diagnostics.find(({ severity }) => severity === "error");
  try {
    expect(decodePayload(bytes)).toEqual(parsed);
    expect(first).toBeUndefined();
  } catch (error) {
    if (!isFormatError(error)) throw error;
    expect(error).toMatchObject({ code: first?.code, field: first?.field, offset: first?.offset });
  }
}

function checkStream(file: string, vector: StreamVector): void {
  const capture = file.replace(".expected.json", ".pcap");
  const datagrams = readPcap(vectorBytes("rfc8331", capture)).map(({ payload }) => payload);
  describe(capture, () => {
    test("gives its frames and issues", () => {
      const issues: AncStreamIssue[] = [];
      const depacketizer = new AncDepacketizer({ onIssue: (issue) => issues.push(issue) });
      const frames = datagrams.flatMap((datagram) => depacketizer.push(datagram));
      frames.push(...depacketizer.flush());
      expect(frames.map(vectorFrame)).toEqual(
        vector.frames.map((frame) => ({ ...frame, packets: frame.packets.map(asRead) })),
      );
      const expected: Record<string, unknown>[] = [];
      const { lostExtSeq, duplicated } = vector;
      if (lostExtSeq !== undefined) expected.push({ code: "GAP", extSeq: lostExtSeq, count: 1 });
      if (duplicated !== undefined) expected.push({ code: "DUPLICATE", extSeq: duplicated });
      expect(sorted(issues.map(vectorIssue))).toEqual(sorted(expected));
      tally.add(file, vector.frames.length + 1);
      tally.add(capture);
    });

    test("comes out of the packetizer byte for byte, but for what was lost", () => {
      const sent = new Map(
        datagrams.map((bytes) => [decodeRtpHeader(bytes).sequenceNumber, bytes] as const),
      );
      let checked = 0;
      for (const frame of vector.frames) {
        const first = frame.rtp[0];
        if (first === undefined || !frame.complete) continue;
        const like = decodeRtpHeader(sent.get(first.extSeq & 0xffff) as Uint8Array);
        const packetizer = new AncPacketizer({
          payloadType: like.payloadType,
          ssrc: like.ssrc,
          extendedSequenceNumber: first.extSeq,
          rtpLimit: vector.rtpLimit,
          order: "given",
        });
        const packets = frame.packets.map(packetOf);
        const made = packetizer.packetize({
          timestamp: frame.timestamp,
          f: frame.f ?? 0,
          packets,
        });
        expect(made.map(toHex)).toEqual(
          frame.rtp.map(({ extSeq }) => toHex(sent.get(extSeq & 0xffff) as Uint8Array)),
        );
        checked += made.length;
      }
      expect(checked).toBeGreaterThan(0);
      tally.add(file, checked);
    });
  });
}

/** TShark's dissection of the RTP headers of the capture beside it. */
function checkTshark(file: string, dissected: readonly TsharkPacket[]): void {
  test(`${file}: our RTP headers are TShark's`, () => {
    const datagrams = readPcap(vectorBytes("rfc8331", file.replace(".tshark.json", ".pcap")));
    expect(datagrams.length).toBe(dissected.length);
    dissected.forEach((theirs, i) => {
      const bytes = (datagrams[i] as { payload: Uint8Array }).payload;
      const header = decodeRtpHeader(bytes);
      expect(header).toMatchObject({
        marker: theirs.marker === "True",
        payloadType: Number(theirs.p_type),
        sequenceNumber: Number(theirs.seq),
        timestamp: Number(theirs.timestamp),
        ssrc: Number(theirs.ssrc),
      });
      const payload = bytes.subarray(header.payloadStart, header.payloadEnd);
      expect(toHex(payload)).toBe(theirs.payload);
      tally.add(file, 6);
    });
  });
}

function checkAssembly(file: string, cases: readonly AssemblyCase[]): void {
  describe(file, () => {
    test.each(cases)("$name", ({ window, rtp, frames, issues }) => {
      const reported: AncStreamIssue[] = [];
      const depacketizer = new AncDepacketizer({
        window,
        onIssue: (issue) => reported.push(issue),
      });
      const delivered = rtp.flatMap(({ seq, timestamp, marker, ssrc = 0, payloadHex }) =>
        depacketizer.pushPacket({
          sequenceNumber: seq,
          timestamp,
          marker: marker === 1,
          ssrc,
          payload: fromHex(payloadHex),
        }),
      );
      delivered.push(...depacketizer.flush());
      const got = delivered.map((frame) => ({
        timestamp: frame.timestamp,
        f: frame.f ?? null,
        complete: frame.complete,
        extSeq: frame.rtpPackets.map((part) => part.extendedSequenceNumber),
        ancPackets: frame.packets.length,
      }));
      expect(got).toEqual(frames);
      const ours = reported.filter(({ code }) => ISSUES[code] !== undefined).map(vectorIssue);
      expect(sorted(ours)).toEqual(sorted(issues));
      tally.add(file, frames.length + 1);
    });
  });
}

function checkConvert(file: string, cases: readonly ConvertCase[]): void {
  describe(file, () => {
    test.each(cases)("$name", (vector) => {
      const payload = decodePayload(fromHex(vector.rfc8331));
      const { lines, lost } = toSt2038(payload, 0);
      const packets = lines.flatMap((line) => line.packets);
      expect(toHex(encodeRecords(packets))).toBe(vector.st2038);
      expect(new Set(lost)).toEqual(new Set(vector.lostTowardsSt2038));
      const records: AncPacket[] = decodeRecords(fromHex(vector.st2038));
      const frames = fromSt2038({ pts: 0, packets: records });
      expect(frames.map((frame) => toHex(encodePayload(frame)))).toEqual([vector.backToRfc8331]);
      tally.add(file, 3);
    });
  });
}

function checkSdp(file: string, cases: readonly SdpCase[]): void {
  describe(file, () => {
    test.each(cases)("$sdp", ({ sdp, expect: expected, diagnostics = [] }) => {
      const media = parseAncMedia(sdp);
      tally.add(file, 2);
      if (expected === null) {
        expect(media).toBeUndefined();
        return;
      }
      const { payloadType, clockRate, parameters } = media as NonNullable<typeof media>;
      const { didSdid, exactFrameRate, other, ...simple } = parameters;
      expect({
        payloadType,
        clockRate,
        ...simple,
        didSdid: didSdid.map(({ did, sdid }) => [did, sdid]),
        ...(exactFrameRate === undefined
          ? {}
          : {
              exactFrameRate: {
                num: exactFrameRate.numerator,
                den: exactFrameRate.denominator,
              },
            }),
        ...(other.length === 0 ? {} : { other: other.map(([name, value]) => [name, value ?? ""]) }),
      }).toEqual(expected);
      const codes = media?.diagnostics.map(({ code }) => code.toUpperCase().replaceAll("-", "_"));
      expect(codes).toEqual(diagnostics);
    });
  });
}

function checkGst(file: string, vector: GstTests): void {
  describe(file, () => {
    const packets = vector.packets.map(({ packet }) => packetOf(packet));
    test.each(vector.packets)("$hex", ({ hex, packet, rfc8331OnePacketPayloadHex }) => {
      const frames = fromSt2038({ pts: 0, packets: decodeRecords(fromHex(hex)) });
      expect(frames.map((frame) => toHex(encodePayload(frame)))).toEqual([
        rfc8331OnePacketPayloadHex,
      ]);
      const parsed = parsePayload(fromHex(rfc8331OnePacketPayloadHex));
      expect(parsed.packets.map(vectorPacket)).toEqual([asRead(packet)]);
      tally.add(file, 2);
    });
    test.each(vector.payloader)("payloader $input", (wanted) => {
      const packetizer = new AncPacketizer({ extendedSequenceNumber: 0 });
      const timestamp = rtpTimestampOfNs(BigInt(wanted.pts_ns ?? 0));
      expect(timestamp).toBe(wanted.rtpTime);
      const frame = wanted.input.map((index) => packets[index] as AncPacket);
      const made = packetizer.packetize({ timestamp, packets: frame });
      expect(made.map((bytes) => bytes.length)).toEqual([wanted.rtpPacketSize]);
      const header = decodeRtpHeader(made[0] as Uint8Array);
      expect(header).toMatchObject({ timestamp, marker: wanted.marker === 1 });
      if (wanted.payloadHex !== undefined) {
        expect(toHex((made[0] as Uint8Array).subarray(12))).toBe(wanted.payloadHex);
      }
      tally.add(file, 4);
    });
  });
}

type Twin = VectorPacket & { readonly rfc8331Hex: string; readonly name?: string };

/** ANC packets of the `st2038` vectors that are given in RTP form too. */
function packetVectors(): { file: string; packets: Twin[] }[] {
  if (!existsSync(join(vectorsRoot, "st2038"))) return [];
  return vectorFiles("st2038")
    .filter((file) => JSON_FILE.test(file))
    .map((file) => {
      const content = vectorJson<{ packets?: unknown } | null>("st2038", file);
      return { file: `st2038/${file}`, packets: entries<Twin>(content?.packets, "rfc8331Hex") };
    })
    .filter(({ packets }) => packets.length > 0);
}

function checkTwins(file: string, packets: readonly Twin[]): void {
  describe(file, () => {
    test.each(packets)("$name", (vector) => {
      const bytes = encodePayload({ packets: [packetOf(vector)] });
      expect(toHex(bytes.subarray(8))).toBe(vector.rfc8331Hex);
      const [packet] = parsePayload(bytes).packets;
      expect(asRead(vector)).toMatchObject(vectorPacket(packet as AncPacket));
      tally.add(file, 2);
    });
  });
}

/** The vectors' names of our issues; ours without one are additions. */
const ISSUES: Readonly<Record<AncStreamIssueCode, string | undefined>> = {
  gap: "GAP",
  late: "LATE",
  duplicate: "DUPLICATE",
  "marker-missing": "MARKER_MISSING",
  restart: undefined,
  "rtp-header": undefined,
  "frame-limit": undefined,
};

function vectorIssue(issue: AncStreamIssue): Record<string, unknown> {
  const { code, extendedSequenceNumber: extSeq, count } = issue;
  return { code: ISSUES[code], extSeq, ...(count === undefined ? {} : { count }) };
}

function vectorFrame(frame: AncFrame): Frame {
  return {
    timestamp: frame.timestamp,
    f: frame.f ?? null,
    packets: frame.packets.map(vectorPacket),
    rtp: frame.rtpPackets.map(({ extendedSequenceNumber: extSeq, marker, ancCount }) => ({
      extSeq,
      marker: marker ? 1 : 0,
      ancCount: ancCount ?? 0,
    })),
    complete: frame.complete,
  };
}

function sorted(issues: readonly unknown[]): string[] {
  return issues.map((issue) => JSON.stringify(issue, Object.keys(issue as object).sort())).sort();
}
