// What other decoders and encoders of line 21 are known to get wrong, one test for each.
import { describe, expect, test } from "vitest";
import {
  Cea608CueExporter,
  Cea608Decoder,
  type Cea608Event,
  type Cea608Field,
  type Cea608Service,
  cellAt,
  cueText,
  decodePair,
  decodeXdsContent,
  encodePair,
  encodePopOn,
  encodeXdsPacket,
  mapText,
  millisecondsOfFrame,
  pairHasParity,
  parseScc,
  sccPairs,
  screenText,
  withPairParity,
} from "../src/index.js";

/** A decoder that got these pairs, without parity: `142d`. */
function after(
  pairs: string,
  field: Cea608Field = 1,
): { decoder: Cea608Decoder; events: Cea608Event[] } {
  const decoder = new Cea608Decoder();
  const events = pairs
    .split(" ")
    .flatMap((pair, i) => [...decoder.push(field, withPairParity(Number.parseInt(pair, 16)), i)]);
  return { decoder, events };
}

/** The rows of a service's screen, by number, with their first column. */
function rows(pairs: string, service: Cea608Service = "CC1", field: Cea608Field = 1): string[] {
  const screen = after(pairs, field).decoder.screen(service);
  return Array.from({ length: 15 }, (_, row) => {
    let text = "";
    for (let column = 0; column < 32; column++) text += cellAt(screen, row, column)?.char ?? " ";
    const written = text.trimEnd();
    return written === "" ? "" : `${row}:${written}`;
  }).filter((row) => row !== "");
}

const ab = "6162";

describe("peer defects", () => {
  test("cea608-types, FFmpeg: the duplicate filter re-arms, a third identical control counts", () => {
    const twice = rows(`1425 1425 1470 1470 ${ab} 142d 142d`);
    const three = rows(`1426 1426 1470 1470 ${ab} 142d 142d 142d`);
    expect(twice).toEqual(["13:ab"]);
    expect(three).toEqual(["12:ab"]);
  });

  test("cea608-types: text mode and XDS are not ignored", () => {
    expect(screenText(after(`142a 142a ${ab}`).decoder.screen("T1"))).toBe("ab");
    const { events } = after("0103 5374 6172 2054 7265 6b00 0f1d", 2);
    expect(events).toMatchObject([{ type: "xds", packet: { class: "current", type: 3 } }]);
  });

  test("cea608-types, GStreamer: a straight apostrophe costs one basic character", () => {
    expect(mapText("'’").codes).toEqual([0x27, 0x27]);
  });

  test("libcaption: parity belongs to the finished bytes of a PAC", () => {
    for (let row = 0; row < 15; row++) {
      for (const indent of [0, 4, 8, 12, 16, 20, 24, 28] as const) {
        for (const underline of [false, true]) {
          const look = { color: "white", italics: false, underline } as const;
          const word = encodePair({ type: "pac", dataChannel: 1, row, indent, ...look });
          expect(pairHasParity(word)).toBe(true);
          expect(decodePair(word)).toMatchObject({ type: "pac", row, indent, underline });
        }
      }
    }
  });

  test("libcaption: 27 is the right single quotation mark", () => {
    expect(rows("1429 1470 2761")).toEqual(["14:’a"]);
  });

  test("libcaption: roll-up scrolls at its base row, not at row 14", () => {
    expect(rows(`1425 1560 ${ab} 142d 6364`)).toEqual(["4:ab", "5:cd"]);
  });

  test("libcaption: an XDS class is not the start code's nibble, and its checksum is tested", () => {
    const good = after("0501 4e65 7400 0f44", 2).events;
    const bad = after("0501 4e65 7400 0f45", 2).events;
    expect(good).toMatchObject([{ type: "xds", packet: { class: "channel", type: 1 } }]);
    expect(bad).toMatchObject([{ type: "issue", issue: { code: "xdsChecksum" } }]);
  });

  test("FFmpeg cc_dec: an indent does not wipe what stands to its left", () => {
    expect(rows(`1429 1470 ${ab} 1474 6364`)).toEqual(["14:ab      cd"]);
  });

  test("FFmpeg cc_dec: what goes beyond column 31 overwrites column 31", () => {
    const row = rows(`1429 147e ${"7878 ".repeat(3)}6162 6364`)[0];
    expect(row).toBe(`14:${" ".repeat(28)}xxxd`);
  });

  test("FFmpeg cc_dec: backspace erases, and channel 2 is a channel of its own", () => {
    expect(rows(`1429 1470 ${ab} 1421`)).toEqual(["14:a"]);
    const both = `1429 1470 ${ab} 1c29 1c70 6364`;
    expect(rows(both, "CC1")).toEqual(["14:ab"]);
    expect(rows(both, "CC2")).toEqual(["14:cd"]);
    expect(rows(`1d29 1c70 ${ab}`, "CC4", 2)).toEqual(["14:ab"]);
  });

  test("FFmpeg cc_dec: the italics mid-row keeps the colour", () => {
    const { decoder } = after("1429 1470 112a 6120 112e 6220");
    const screen = decoder.screen("CC1");
    expect(cellAt(screen, 14, 1)).toMatchObject({ color: "yellow", italics: false });
    expect(cellAt(screen, 14, 3)).toMatchObject({ color: "yellow", italics: true });
  });

  test("FFmpeg cc_dec: a painted caption begins with its first letter, not at zero", () => {
    const exporter = new Cea608CueExporter();
    const words = [0x9429, 0x9470, 0x6162, 0x942c].map((word) => withPairParity(word & 0x7f7f));
    const cues = words.flatMap((word, i) => exporter.push(1, word, 5000 + 1000 * i));
    expect(cues).toMatchObject([{ start: 7000, end: 8000 }]);
    expect(cues.map((cue) => cueText(cue))).toEqual(["ab"]);
  });

  test("FFmpeg scc: frames are 1001/30000 s, and dropped labels are no frames", () => {
    const file = "Scenarist_SCC V1.0\n\n00:01:00;02\t9420\n\n00:02:00:02\t942c\n";
    const [first, second] = [...sccPairs(parseScc(file))];
    expect(first?.frame).toBe(1800);
    expect(millisecondsOfFrame(1800, true)).toBeCloseTo(60_060, 6);
    expect(second?.frame).toBe(3602);
  });

  test("hls.js, dash.js: rows have 32 columns", () => {
    const [row = ""] = rows(`1429 1470 ${"7879 ".repeat(50)}7a00`);
    expect(row).toBe(`14:${"xy".repeat(15)}xz`);
  });

  test("hls.js: EOC shows what was loaded in any mode", () => {
    expect(rows(`1420 1470 ${ab} 1429 142f`)).toEqual(["14:ab"]);
    expect(rows(`1420 1470 ${ab} 1425 142f`)).toEqual([]); // RU2 erases both memories
  });

  test("hls.js, FFmpeg: box characters join", () => {
    expect(rows("1429 1470 2b00 133c 2d00 122a 2b00 133d 2100 1337")).toEqual(["14:┌—┐│"]);
  });

  test("CCExtractor: the TSID is the low nibble of four bytes", () => {
    for (const tsid of [0, 0x1234, 0xffff, 0x0801]) {
      const data = [0, 4, 8, 12].map((shift) => 0x40 | ((tsid >> shift) & 15));
      const packet = { class: "channel", type: 4, data: Uint8Array.from(data) } as const;
      expect(decodeXdsContent(packet)).toMatchObject({ tsid });
      expect(encodeXdsPacket(packet).length).toBe(8);
    }
  });

  test("gpac, libcaption's fork: the fields do not mix, whatever their pairs are interleaved with", () => {
    const decoder = new Cea608Decoder();
    const one = encodePopOn({ lines: ["field one"] }, { field: 1 });
    const two = encodePopOn({ lines: ["field two"] }, { field: 2, dataChannel: 1 });
    for (let i = 0; i < Math.max(one.length, two.length); i++) {
      decoder.push(1, one[i] ?? 0x8080, i);
      decoder.push(2, two[i] ?? 0x8080, i);
    }
    expect(screenText(decoder.screen("CC1"))).toBe("field one");
    expect(screenText(decoder.screen("CC3"))).toBe("field two");
  });
});
