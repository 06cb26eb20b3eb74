// What other software is known to get wrong with 708, CDP and their carriage, one test for each.
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../../tools/testing/vectors.js";
import {
  CaptionDecoder,
  CaptionScheduler,
  CcRepacker,
  CDP_FRAME_RATES,
  CdpWriter,
  CueReader,
  ccCountOf,
  createCue,
  cueText,
  DtvccParser,
  decodeCdp,
  decodeCode,
  decodePacketCodes,
  decodeSeiCaptions,
  encodeCharacter,
  encodeCode,
  encodeDtvccPacket,
  encodeSeiCaptions,
  encodeServiceBlocks,
  formatMcc,
  isFormatError,
  msOfFrame,
  ntscPairsOf,
  parseMcc,
  splitCcData,
  tokenise,
  WINDOW_STYLES,
} from "../src/index.js";

const AT_30 = { numerator: 30, denominator: 1 };
/** DF0: visible, 3 rows of 6 cells. */
const DEFINE = "98384669720509";

/** A decoder that got service blocks of service 1, each in hexadecimal, in one packet. */
function decoded(...blocks: string[]): CaptionDecoder {
  const decoder = new CaptionDecoder();
  const packetData = encodeServiceBlocks(
    blocks.map((hex) => ({ serviceNumber: 1, blockData: fromHex(hex) })),
  );
  decoder.push(encodeDtvccPacket({ sequenceNumber: 0, packetData }), 0);
  return decoder;
}

/** Rows of a window of service 1. */
function rowsOf(decoder: CaptionDecoder, id = 0): string[] {
  const window = decoder.service(1)?.windows[id];
  if (window === undefined) return [];
  return Array.from({ length: window.rows }, (_, row) => {
    let text = "";
    for (let column = 0; column < window.columns; column++) {
      text += window.cell(row, column)?.text ?? " ";
    }
    return text.trimEnd();
  });
}

/** The CDP of these triplets at 30 Hz. */
const cdpOf = (ccData: string): Uint8Array<ArrayBuffer> =>
  new CdpWriter({ frameRate: AT_30 }).write(fromHex(ccData));

describe("peer defects: cc_data and CDP", () => {
  test("GStreamer ccutils, cea708-types: line 21 behind DTVCC is kept and reported", () => {
    const split = splitCcData(fromHex("ff0221fe4100fc9420fd8080"));
    expect(split.cea608AfterCea708).toBe(true);
    expect(toHex(split.field1)).toBe("9420");
    expect(toHex(split.dtvcc)).toBe("ff0221fe4100");
  });

  test("GStreamer ccutils: several pairs of one field in a buffer are no overlapping copies", () => {
    const { field1, field2 } = splitCcData(fromHex("fc9420fd1520fc94aefd15aefc9470"));
    expect([toHex(field1), toHex(field2)]).toEqual(["942094ae9470", "152015ae"]);
  });

  test("GStreamer ccutils: a burst waits its turn, nothing that is older is thrown away", () => {
    const repacker = new CcRepacker({ inputRate: AT_30 });
    const burst = Array.from({ length: 40 }, (_, i) => `fc41${(0x41 + i).toString(16)}`).join("");
    const frames = [...repacker.push(fromHex(burst)), ...repacker.flush()];
    const pairs = frames.map((frame) => toHex(splitCcData(frame).field1)).join("");
    expect(pairs).toBe(burst.replaceAll("fc41", "41"));
    expect(repacker.issues).toEqual([]);
  });

  test("GStreamer ccconverter: a packet is never cut, not even when it waits too long", () => {
    const repacker = new CcRepacker({ inputRate: AT_30, maxDelayMs: 0 });
    const packetData = new Uint8Array(127);
    const bytes: number[] = [];
    for (let sequence = 0; sequence < 8; sequence++) {
      const packet = encodeDtvccPacket({ sequenceNumber: sequence & 3, packetData });
      for (const frame of repacker.push(packet)) bytes.push(...splitCcData(frame).dtvcc);
    }
    for (const frame of repacker.flush()) bytes.push(...splitCcData(frame).dtvcc);
    const parser = new DtvccParser();
    const packets = [...parser.push(Uint8Array.from(bytes)), ...parser.flush()];
    expect(repacker.issues.length).toBeGreaterThan(0);
    for (const packet of packets) expect(packet.packetData.length).toBe(127);
    expect(parser.issues).toEqual([]);
  });

  test("GStreamer ccconverter: at 23.976 and 24 Hz two and three pairs in turn", () => {
    for (const { frameRate } of CDP_FRAME_RATES.slice(0, 2)) {
      expect([0, 1, 2, 3].map((frame) => ntscPairsOf(frameRate, frame))).toEqual([2, 3, 2, 3]);
    }
  });

  test("GStreamer ccconverter: the rate stays what it is", () => {
    const repacker = new CcRepacker({ inputRate: AT_30 });
    expect(repacker.push(new Uint8Array(0)).map((frame) => frame.length)).toEqual([60]);
  });

  test("GStreamer ccconverter: checksum and footer are verified, what is behind a packet costs nothing of it", () => {
    const good = cdpOf("fc9420");
    for (const at of [good.length - 1, good.length - 2, 20]) {
      const bad = Uint8Array.from(good);
      bad[at] = (bad[at] as number) ^ 1;
      expect(decodeCdp(bad).issues.length).toBeGreaterThan(0);
      expect(() => decodeCdp(bad, 0, { mode: "strict" })).toThrow();
    }
    const longer = Uint8Array.from([...good, 0, 0]);
    expect(decodeCdp(longer)).toMatchObject({
      cdp: decodeCdp(good).cdp,
      end: good.length,
      issues: [{ code: "length" }],
    });
  });

  test("GStreamer ccconverter: marker bits are masked, cc_valid is what counts", () => {
    const { field1, field2 } = splitCcData(fromHex("049420059420fc94aef99420000000"));
    expect([toHex(field1), toHex(field2)]).toEqual(["942094ae", "9420"]);
  });

  test("cdp-types: a service number below 32 has the form that other readers know", () => {
    const service = {
      language: "eng",
      digitalCc: true,
      captionServiceNumber: 1,
      line21Field: false,
      easyReader: false,
      wideAspectRatio: true,
    };
    const high = { ...service, captionServiceNumber: 40 };
    const writer = new CdpWriter({ frameRate: AT_30, services: [service, high] });
    const bytes = writer.write(new Uint8Array(0));
    expect(toHex(bytes)).toContain("73d2e1656e67c17fffa8656e67e87fff");
    const six = fromHex(toHex(bytes).replace("d2e1656e67", "d281656e67"));
    six[six.length - 1] = ((six[six.length - 1] as number) + 0x60) & 0xff;
    expect(decodeCdp(six).issues).toEqual([]);
    expect(decodeCdp(six).cdp.svcInfo?.services.map((each) => each.captionServiceNumber)).toEqual([
      1, 40,
    ]);
  });

  test("libklvanc: the frames of a time code have two bits of tens", () => {
    const timeCode = {
      hours: 1,
      minutes: 2,
      seconds: 3,
      frames: 29,
      fieldFlag: true,
      dropFrameFlag: true,
    };
    const bytes = new CdpWriter({ frameRate: AT_30 }).write(new Uint8Array(0), timeCode);
    expect(toHex(bytes.subarray(7, 12))).toBe("71c18283a9");
    expect(decodeCdp(bytes, 0, { mode: "strict" }).cdp.timeCode).toEqual(timeCode);
  });

  test("libklvanc: section ids at the end are not read from beyond it", () => {
    const bytes = cdpOf("fc9420");
    for (let length = 0; length < bytes.length; length++) {
      const cut = Uint8Array.from(bytes.subarray(0, length));
      if (length > 2) cut[2] = length;
      try {
        expect(decodeCdp(cut).issues.length).toBeGreaterThan(0);
      } catch (error) {
        expect(isFormatError(error)).toBe(true);
      }
    }
  });

  test("FFmpeg SCC to MCC: a wrapped cc_count is recovered and reported, refused when strict", () => {
    const triplets = Array.from({ length: 40 }, () => "fc9420").join("");
    const length = 7 + 2 + 120 + 4;
    const body = fromHex(`9669${length.toString(16)}4f43000172e8${triplets}74000100`);
    let sum = 0;
    for (const byte of body) sum += byte;
    body[body.length - 1] = -sum & 0xff;
    const { cdp, issues } = decodeCdp(body);
    expect(cdp.ccData?.length).toBe(120);
    expect(issues.map(({ code }) => code)).toContain("ccCountWrapped");
    expect(() => decodeCdp(body, 0, { mode: "strict" })).toThrow(
      expect.objectContaining({ name: "FormatError" }),
    );
  });

  test("CCExtractor: the counter of a CDP in an MCC file has both its bytes", () => {
    const writer = new CdpWriter({ frameRate: AT_30, firstSequenceCntr: 0x12ff });
    const packets = [0, 1].map(() => writer.write(fromHex("fc9420")));
    const lines = packets.map((data, frames) => ({
      timeCode: { hours: 0, minutes: 0, seconds: 0, frames, dropFrame: false },
      field: undefined,
      packetNumber: undefined,
      did: 0x61,
      sdid: 1,
      data,
      checksum: undefined,
    }));
    const text = formatMcc({ version: "1.0", timeCodeRate: "30", header: [], comments: [], lines });
    const counters = parseMcc(text).lines.map(
      ({ data }) => decodeCdp(data, 0, { mode: "strict" }).cdp.cdpHdrSequenceCntr,
    );
    expect(counters).toEqual([0x12ff, 0x1300]);
  });

  test("CCExtractor: input that ended it is an issue: variable C3 codes, in every place", () => {
    for (let code = 0x90; code <= 0x9f; code++) {
      for (const rest of ["", "00", "3f", "bf4142", "ff"]) {
        const hex = `${DEFINE}4110${code.toString(16)}${rest}`;
        const decoder = decoded(hex, "42");
        expect(rowsOf(decoder)[0]).toBe("AB");
        expect(decoder.issues).toMatchObject([{ code: "reserved" }]);
      }
    }
  });

  test("mux.js, shaka-player: a cut SEI message is the end of the list, not of the program", () => {
    const sei = encodeSeiCaptions(fromHex("fc9420fd8080"), "h264");
    for (let length = 0; length <= sei.length; length++) {
      const found = decodeSeiCaptions(sei.subarray(0, length), "h264");
      // Only the marker and the trailing bits may be missing.
      expect(found.length).toBe(length >= sei.length - 2 ? 1 : 0);
    }
  });
});

describe("peer defects: 708 codes", () => {
  test("cea708-types: registered sign and eth are Latin-1, service mark and bullet are in G2", () => {
    for (const [character, hex] of [
      ["®", "ae"],
      ["Ð", "d0"],
      ["℠", "103d"],
      ["•", "1035"],
      ["│", "107a"],
      ["┘", "107e"],
    ] as const) {
      expect(toHex(Uint8Array.from(encodeCharacter(character) ?? []))).toBe(hex);
      expect(decodeCode(fromHex(hex))).toMatchObject({ kind: "text", text: character });
    }
    expect(decodeCode(fromHex("1020"))).toMatchObject({ kind: "text", transparent: true });
    expect(decodeCode(fromHex("1021"))).toMatchObject({ kind: "text", transparent: true });
  });

  test("cea708-types: an unassigned extended code has its length, the rest of the packet is kept", () => {
    expect(rowsOf(decoded(`${DEFINE}41102f42100043100844104500114600`))[0]).toMatch(/^A_BC/);
    expect(
      tokenise(fromHex("1000411008aa421010aaaa431018aaaaaa44")).map((code) => toHex(code)),
    ).toEqual([..."1000 41 1008aa 42 1010aaaa 43 1018aaaaaa 44".split(" ")]);
  });

  test("cea708-types, GStreamer, Media3: a delay is read, written and obeyed", () => {
    expect(toHex(encodeCode({ kind: "delay", tenths: 5 }))).toBe("8d05");
    expect(decodeCode(fromHex("8d05"))).toEqual({ kind: "delay", tenths: 5 });
    const decoder = decoded(`${DEFINE}418d0542`);
    expect(rowsOf(decoder)[0]).toBe("A");
    decoder.push(new Uint8Array(0), 500);
    expect(rowsOf(decoder)[0]).toBe("AB");
  });

  test("cea708-types, GStreamer, Media3: a command may cross service blocks of its packet", () => {
    for (let cut = 1; cut < DEFINE.length / 2; cut++) {
      const decoder = decoded(DEFINE.slice(0, 2 * cut), `${DEFINE.slice(2 * cut)}41`);
      expect(rowsOf(decoder)[0]).toBe("A");
      expect(decoder.issues).toEqual([]);
    }
  });

  test("cea708-types: a packet that is shorter than its header says is used as far as it came", () => {
    const whole = encodeDtvccPacket({
      sequenceNumber: 0,
      packetData: encodeServiceBlocks([
        { serviceNumber: 1, blockData: fromHex("41") },
        { serviceNumber: 2, blockData: fromHex("42434445") },
      ]),
    });
    const parser = new DtvccParser();
    const packets = [...parser.push(whole.subarray(0, whole.length - 3)), ...parser.flush()];
    expect(packets).toHaveLength(1);
    const services = packets.flatMap(({ packetData }) => decodePacketCodes(packetData));
    expect(services.map(({ serviceNumber }) => serviceNumber)).toContain(1);
    expect(parser.issues).toMatchObject([{ code: "truncated" }]);
  });

  test("Media3: window style 3 is centred, 7F is a single note, FF clears one window", () => {
    expect(WINDOW_STYLES[3]).toMatchObject({ justify: 2 });
    expect(decodeCode(fromHex("7f"))).toMatchObject({ text: "♪" });
    const second = DEFINE.replace(/^98/, "99");
    const decoder = decoded(`${DEFINE}4142`, `${second}4344`, "800c");
    expect([rowsOf(decoder, 0)[0], rowsOf(decoder, 1)[0]]).toEqual(["", "CD"]);
  });
});

describe("peer defects: text to captions", () => {
  /** What a viewer reads, frame by frame, of one cue. */
  function shown(
    text: string,
    options: { readonly columns?: number } = {},
  ): { text: string; starts: number[] } {
    const services = [{ serviceNumber: 1, ...options }];
    const scheduler = new CaptionScheduler({ frameRate: AT_30, services });
    const reader = new CueReader();
    scheduler.push(createCue({ startMs: 2000, endMs: 6000, text }));
    const cues = [];
    while (scheduler.pending > 0) {
      const { ccData, frame } = scheduler.pull();
      expect(ccData.length).toBe(3 * ccCountOf(AT_30));
      cues.push(...reader.push(ccData, msOfFrame(frame, AT_30)));
    }
    return { text: cues.map(cueText).join("\n"), starts: cues.map(({ startMs }) => startMs) };
  }

  test("GStreamer tttocea708: no row begins with a space that nobody wrote", () => {
    expect(shown("one\ntwo\nthree").text).toBe("one\ntwo\nthree");
  });

  test("GStreamer tttocea708, open-cea: a caption comes whole and on time, not written while it is seen", () => {
    expect(shown(`${"word ".repeat(30)}end`)).toEqual({
      text: expect.stringMatching(/^(word[ \n]){30}end$/),
      starts: [2000],
    });
  });

  test("GStreamer tttocea708: what is longer than a row is wrapped, not dropped", () => {
    const { text } = shown("x".repeat(100), { columns: 32 });
    expect(text.replaceAll("\n", "")).toBe("x".repeat(100));
  });

  test("GStreamer tttocea708: roll-up without rows is refused", () => {
    const services = [{ serviceNumber: 1, mode: "roll-up", rollUpRows: 0 } as const];
    expect(() => new CaptionScheduler({ frameRate: AT_30, services })).toThrow(RangeError);
  });

  test("open-cea: more than 127 bytes go in several packets", () => {
    const long = Array.from({ length: 4 }, (_, i) => `${i}${"y".repeat(40)}`).join("\n");
    expect(shown(long).text).toBe(long);
  });
});
