import { describe, expect, test } from "vitest";
import { failedProperties } from "../../../tools/testing/conformance.js";
import {
  type Cea608Implementation,
  conformanceSuite,
  conformanceVectors,
} from "../src/conformance.js";
import { pairHasParity } from "../src/index.js";
import { ours } from "./implementation.js";

conformanceSuite(ours, { describe, test, numRuns: Number(process.env.FC_RUNS ?? 60) });

/** Our decoder behind something that spoils the words. */
const decodeAfter =
  (
    spoil: (words: readonly number[]) => readonly number[],
  ): Required<Cea608Implementation>["decode"] =>
  (field, words) =>
    ours.decode(field, spoil(words));

const isControl = (word: number): boolean => (word & 0x7000) === 0x1000;

const mutants: Readonly<Record<string, Partial<Cea608Implementation>>> = {
  "even parity": { withParity: (value) => ours.withParity(value) ^ 0x80 },
  "parity added before the low bits": {
    encodePair: (code) => {
      const word = ours.encodePair(code);
      return code.type === "pac"
        ? (ours.encodePair({ ...code, underline: false }) & 0xfffe) | (word & 1)
        : word;
    },
  },
  "rows 12 and 13 swapped": {
    decodePair: (word) => {
      const code = ours.decodePair(word);
      if (code.type !== "pac") return code;
      return { ...code, row: code.row === 11 ? 12 : code.row === 12 ? 11 : code.row };
    },
  },
  "10 60 taken for a preamble": {
    decodePair: (word) =>
      (word & 0x7760) === 0x1060 ? ours.decodePair(word & ~0x20) : ours.decodePair(word),
  },
  "left quote for 27": {
    decodePair: (word) => {
      const code = ours.decodePair(word);
      return code.type === "text" ? { ...code, text: code.text.replace("’", "‘") } : code;
    },
  },
  "no duplicate filter": {
    decode: decodeAfter((words) =>
      words.flatMap((word) => (isControl(word) ? [word, 0xa180, 0x94a1, word] : [word])),
    ),
  },
  "a filter that never re-arms": {
    decode: decodeAfter((words) =>
      words.filter((word, i) => !isControl(word) || word !== words[i - 1]),
    ),
  },
  "padding clears the filter": {
    decode: decodeAfter((words) =>
      words.flatMap((word, i) =>
        (words[i - 1] ?? 1) === 0x8080 && isControl(word) ? [word, word, word] : [word],
      ),
    ),
  },
  "data channel ignored": {
    decode: decodeAfter((words) =>
      words.map((word) =>
        isControl(word) ? (word & 0xf7ff) ^ ((word & 0x0800) === 0 ? 0 : 0x8000) : word,
      ),
    ),
  },
  "a code without a meaning takes the line": {
    // What the pair says about the channel is said by a preamble, too.
    decode: decodeAfter((words) =>
      words.map((word) => ((word & 0x7860) === 0x1860 && (word & 0x0700) === 0 ? 0x1c70 : word)),
    ),
  },
  "a control byte takes the character before it along": {
    decode: decodeAfter((words) =>
      words.filter((word) => isControl(word) || (word & 0x60) !== 0 || (word & 0x7f) === 0),
    ),
  },
  "text wraps to the next row": {
    decode: (field, words) => {
      const screens = ours.decode(field, words);
      const [first] = screens.CC1 ?? [];
      if (first === undefined || first.column + first.text.length < 32) return screens;
      return {
        ...screens,
        CC1: [
          { ...first, text: first.text.slice(0, -1) },
          { row: 14, column: 0, text: first.text.slice(-1) },
        ],
      };
    },
  },
  "extended characters do not backspace": {
    decode: decodeAfter((words) =>
      words.flatMap((word) => ((word & 0x7660) === 0x1220 ? [0x97a1, word] : [word])),
    ),
  },
  "EOC copies": {
    decode: decodeAfter((words) =>
      words.flatMap((word) => (word === 0x942f ? [word, 0x94ae] : [word])),
    ),
  },
  "EOC only in pop-on": {
    decode: decodeAfter((words) => {
      let popOn = false;
      return words.filter((word) => {
        if (word === 0x9420) popOn = true;
        if (word === 0x9429 || word === 0x9425 || word === 0x9426 || word === 0x94a7) popOn = false;
        return popOn || word !== 0x942f;
      });
    }),
  },
  "a preamble wipes its row": {
    decode: decodeAfter((words) =>
      words.flatMap((word) => {
        const indent = isControl(word) && (word & 0x50) === 0x50 && (word & 0x0700) !== 0;
        return indent ? [word & 0xff70, 0x94a4, word] : [word];
      }),
    ),
  },
  "roll-up always at the last row": {
    decode: decodeAfter((words) => {
      const rollUp = words.some((word) => word === 0x9425 || word === 0x9426 || word === 0x94a7);
      return words.map((word) =>
        rollUp && isControl(word) && (word & 0x40) !== 0 ? 0x9470 : word,
      );
    }),
  },
  "parity not looked at": {
    decode: decodeAfter((words) =>
      words
        .map((word) => (word === 0 ? 0 : word & 0x7f7f))
        .map((word) => {
          return word === 0 ? 0 : (ours.withParity(word >> 8) << 8) | ours.withParity(word & 0x7f);
        }),
    ),
  },
  "XDS shown as captions": {
    decode: decodeAfter((words) =>
      words.filter((word) => (word & 0x7f00) > 0x0f00 || (word & 0x7f00) === 0),
    ),
  },
  "the last column is lost": {
    decode: (field, words) => {
      const screens = ours.decode(field, words);
      const cut = screens.CC1?.map((row) => ({ ...row, text: row.text.slice(0, 31 - row.column) }));
      return cut === undefined ? screens : { ...screens, CC1: cut };
    },
  },
  "controls never doubled": { encodePopOn: (caption, to) => ours.encodePopOn(caption, to, false) },
  "no fallback": {
    encodePopOn: (caption, to, doubled) =>
      ours
        .encodePopOn(caption, to, doubled)
        .filter((word, i, all) => isControl(word) || ((all[i + 1] ?? 0) & 0x7600) !== 0x1200),
  },
  "colours forgotten": {
    encodePopOn: (caption, to, doubled) =>
      ours.encodePopOn(
        {
          ...caption,
          lines: caption.lines.map((line) =>
            typeof line === "string" ? line : line.map(({ text }) => ({ text })),
          ),
        },
        to,
        doubled,
      ),
  },
  "field 1 codes on field 2": {
    encodePopOn: (caption, to, doubled) => ours.encodePopOn(caption, { ...to, field: 1 }, doubled),
  },
  "XDS sum without the end code": {
    encodeXds: (packet) => {
      const bytes = ours.encodeXds(packet).slice();
      const last = bytes.length - 1;
      bytes[last] = ours.withParity(((bytes[last] as number) + 0x0f) & 0x7f);
      return bytes;
    },
  },
  "XDS checksum not checked": {
    decodeXds: (words) => {
      let sum = 0;
      return ours.decodeXds(
        words.map((word) => {
          const first = (word >> 8) & 0x7f;
          if (first === 0x0f) return 0x8f00 | ours.withParity(-(sum + 0x0f) & 0x7f);
          sum = (first < 0x0f && first % 2 === 1 ? 0 : sum) + first + (word & 0x7f);
          return word;
        }),
      );
    },
  },
  "XDS continue pairs summed": {
    decodeXds: (words) =>
      ours.decodeXds(words.filter((word) => (word & 0x0100) !== 0 || (word & 0x7f00) > 0x0f00)),
  },
  "drop-frame ignored": { timecodeOfFrame: (frame) => ours.timecodeOfFrame(frame, false) },
  "SCC labels are frames of 30": {
    parseScc: (text) => ours.parseScc(text.replaceAll(";", ":")),
  },
  "SCC loses the last word": {
    parseScc: (text) =>
      ours.parseScc(text).map(({ frame, words }) => ({ frame, words: words.slice(0, -1) })),
  },
};

describe("deliberately wrong implementations", () => {
  for (const [name, mutant] of Object.entries(mutants)) {
    test(`${name}: some property fails`, () => {
      expect(failedProperties(conformanceSuite, { ...ours, ...mutant }, 60)).not.toEqual([]);
    });
  }

  test("ours fails none", () => {
    expect(failedProperties(conformanceSuite, ours, 20)).toEqual([]);
  });
});

test("the vectors have right parity, but for the one about parity", () => {
  const bad = conformanceVectors.filter(({ words }) =>
    words.split(" ").some((word) => !pairHasParity(Number.parseInt(word, 16))),
  );
  expect(bad.length).toBe(1);
});
