import type { Cea608Code } from "../codes.js";
import { type Cea608Implementation, type SuiteRunner, same } from "./implementation.js";

/** Parity and what single pairs mean. All pairs are tried, whatever `numRuns` says. */
export function pairProperties(implementation: Cea608Implementation, runner: SuiteRunner): void {
  const { withParity, decodePair, encodePair } = implementation;

  if (withParity !== undefined) {
    runner.test("every byte has an odd number of ones (CTA-608-E 4.2)", () => {
      for (let value = 0; value < 128; value++) {
        const byte = withParity.call(implementation, value);
        same(byte & 0x7f, value);
        same([...byte.toString(2)].filter((digit) => digit === "1").length % 2, 1);
      }
    });
  }

  if (decodePair !== undefined) {
    runner.test("each of the 16 384 pairs is what the tables say (CTA-608-E 8)", () => {
      for (let first = 0; first < 128; first++) {
        for (let second = 0; second < 128; second++) {
          const code = decodePair.call(implementation, (first << 8) | second);
          same([first, second, code.type], [first, second, typeOf(first, second)]);
        }
      }
    });

    runner.test("each preamble has its row (CTA-608-E table 53)", () => {
      const bases = [
        0x1140, 0x1160, 0x1240, 0x1260, 0x1540, 0x1560, 0x1640, 0x1660, 0x1740, 0x1760, 0x1040,
        0x1340, 0x1360, 0x1440, 0x1460,
      ];
      bases.forEach((base, row) => {
        for (const channel of [0, 0x0800]) {
          for (let attribute = 0; attribute < 32; attribute++) {
            const code = decodePair.call(implementation, base | channel | attribute);
            same(code, pac(row, channel === 0 ? 1 : 2, attribute));
          }
        }
      });
    });

    runner.test("the data channel is bit 3 of the first byte (CTA-608-E 8.2)", () => {
      for (let word = 0x1000; word < 0x2000; word++) {
        if ((word & 0x80) !== 0) continue;
        const code = decodePair.call(implementation, word);
        if ("dataChannel" in code) same(code.dataChannel, (word & 0x0800) === 0 ? 1 : 2);
      }
    });

    runner.test("the characters are those of the tables (CTA-608-E 6.4)", () => {
      const text = (word: number): string => {
        const code = decodePair.call(implementation, word);
        return "text" in code ? code.text : "";
      };
      const basic = "’á(é)í ó ú ç÷Ññ█".replaceAll(" ", "");
      same(
        [0x27, 0x2a, 0x28, 0x5c, 0x29, 0x5e, 0x5f, 0x60, 0x7b, 0x7c, 0x7d, 0x7e, 0x7f]
          .map((c) => text(c << 8))
          .join(""),
        basic,
      );
      same(texts(text, 0x1130, 16), "®°½¿™¢£♪à\u00a0èâêîôû");
      same(texts(text, 0x1220, 32), "ÁÉÓÚÜü‘¡*'—©℠•“”ÀÂÇÈÊËëÎÏïÔÙùÛ«»");
      same(texts(text, 0x1320, 32), "ÃãÍÌìÒòÕõ{}\\^_|~ÄäÖöß¥¤│ÅåØø┌┐└┘");
      for (let code = 0x20; code < 0x80; code++) {
        const character = String.fromCharCode(code);
        if (/[A-Za-z0-9 !"#$%&(),\-./:;<=>?@[\]]/.test(character)) same(text(code << 8), character);
      }
    });
  }

  if (decodePair !== undefined && encodePair !== undefined) {
    runner.test("every pair is the same after decoding and encoding (CTA-608-E 8)", () => {
      for (let pair = 0; pair < 0x8000; pair++) {
        if ((pair & 0x80) !== 0) continue;
        const word = encodePair.call(implementation, decodePair.call(implementation, pair));
        same([pair, word & 0x7f7f], [pair, pair]);
        for (const byte of [word >> 8, word & 0xff]) {
          same([...byte.toString(2)].filter((digit) => digit === "1").length % 2, 1);
        }
      }
    });
  }
}

function texts(text: (word: number) => string, first: number, count: number): string {
  return Array.from({ length: count }, (_, i) => text(first + i)).join("");
}

/** The table of CTA-608-E 8, row by row. */
function typeOf(a: number, b: number): Cea608Code["type"] {
  if (a === 0 && b === 0) return "padding";
  if (a >= 0x01 && a <= 0x0f) return "xds";
  if (a === 0 || a >= 0x20) return (a !== 0 && b === 0) || b >= 0x20 ? "text" : "invalid";
  const h = a & 0x77;
  if (h === 0x11 && b >= 0x20 && b <= 0x2f) return "midRow";
  if (h === 0x11 && b >= 0x30 && b <= 0x3f) return "special";
  if ((h === 0x12 || h === 0x13) && b >= 0x20 && b <= 0x3f) return "extended";
  if (h === 0x10 && b >= 0x20 && b <= 0x2f) return "background";
  if ((h === 0x14 || h === 0x15) && b >= 0x20 && b <= 0x2f) return "misc";
  if (h === 0x17 && b >= 0x21 && b <= 0x23) return "tab";
  if (h === 0x17 && b >= 0x24 && b <= 0x2a) return "charset";
  if (h === 0x17 && b === 0x2d) return "background";
  if (h === 0x17 && (b === 0x2e || b === 0x2f)) return "blackForeground";
  if (h === 0x10 && b >= 0x40 && b <= 0x5f) return "pac";
  if (h >= 0x11 && b >= 0x40) return "pac";
  return "reserved";
}

function pac(row: number, dataChannel: 1 | 2, attribute: number): Cea608Code {
  const colors = ["white", "green", "blue", "cyan", "red", "yellow", "magenta", "white"] as const;
  const indent = attribute < 16 ? undefined : (attribute >> 1) * 4 - 32;
  return {
    type: "pac",
    dataChannel,
    row,
    indent,
    color: indent === undefined ? (colors[attribute >> 1] as (typeof colors)[number]) : "white",
    italics: attribute >> 1 === 7,
    underline: attribute % 2 === 1,
  };
}
