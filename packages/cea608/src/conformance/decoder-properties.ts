import fc from "fast-check";
import { decodePair } from "../pair.js";
import { withPairParity } from "../parity.js";
import { anyWord, captionText, captionWords, textWord, validWord } from "./arbitraries.js";
import {
  type Cea608Implementation,
  type ShownRow,
  type SuiteRunner,
  same,
} from "./implementation.js";
import { conformanceVectors } from "./vectors.js";

/** What a decoder shows. */
export function decoderProperties(implementation: Cea608Implementation, runner: SuiteRunner): void {
  const { decode } = implementation;
  if (decode === undefined) return;
  const shown = (field: 1 | 2, words: readonly number[]): ReturnType<typeof decode> =>
    decode.call(implementation, field, words);
  const parameters = { numRuns: runner.numRuns ?? 100 };

  for (const { name, clause, field, words, shown: expected } of conformanceVectors) {
    runner.test(`${name} (${clause})`, () => {
      const pairs = words.split(" ").map((word) => Number.parseInt(word, 16));
      same(sorted(shown(field, pairs)), sorted(expected));
    });
  }

  runner.test("control pairs sent twice are executed once (CTA-608-E 8.3)", () => {
    fc.assert(
      fc.property(captionWords(), (words) => {
        const apart = words.filter((word, i) => word !== words[i - 1]);
        const doubled = apart.flatMap((word) => (isControl(word) ? [word, word] : [word]));
        same(shown(1, doubled), shown(1, apart));
      }),
      parameters,
    );
  });

  runner.test("padding changes nothing, wherever it stands (CTA-608-E 8.3)", () => {
    fc.assert(
      fc.property(captionWords(), fc.array(fc.nat(3)), (words, gaps) => {
        const padded = words.flatMap((word, i) => [
          ...Array.from({ length: gaps[i] ?? 0 }, () => (i % 2 === 0 ? 0x8080 : 0)),
          word,
        ]);
        same(shown(1, padded), shown(1, words));
      }),
      parameters,
    );
  });

  runner.test("another data channel does not disturb a service (CTA-608-E 8.2)", () => {
    fc.assert(
      fc.property(captionWords(), captionWords(), (words, others) => {
        const far = others.map((word) => (isControl(word) ? withPairParity(word | 0x0800) : word));
        // Each channel has to send a control pair to get the line back.
        const mixed = [...far, 0x942e, ...words];
        const { CC2: _, T2: __, ...first } = shown(1, mixed);
        same(first, shown(1, [0x94ae, ...words]));
      }),
      parameters,
    );
  });

  runner.test("roll-up shows the last lines at the base row (CTA-608-E annex C)", () => {
    const line = captionText(16).filter((text) => /^[A-Za-z0-9 ]+$/.test(text));
    const letters = fc.array(fc.constantFrom(..."abcdefgXYZ0123"), { minLength: 1, maxLength: 32 });
    const text = fc.oneof(
      line,
      letters.map((list) => list.join("")),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 4 }),
        fc.integer({ min: 0, max: 14 }),
        fc.array(text, { minLength: 1, maxLength: 8 }),
        (depth, row, lines) => {
          const base = Math.max(row, depth - 1);
          const words = [withPairParity(0x1423 + depth), preamble(row)];
          lines.forEach((content, i) => {
            if (i > 0) words.push(0x94ad);
            words.push(...basicWords(content));
          });
          const last = lines.slice(-depth);
          const expected = last.map((content, i) => ({
            row: base - last.length + 1 + i,
            column: 0,
            text: content,
          }));
          same(shown(1, words).CC1 ?? [], expected);
        },
      ),
      parameters,
    );
  });

  runner.test("a row has 32 columns, and the last takes what is too much (CTA-608-E C.13)", () => {
    const letters = fc.array(fc.constantFrom(..."abcdefgXYZ0123"), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(letters, fc.nat(7), (list, indent) => {
        const words = [0x9429, preamble(14, indent * 4), ...basicWords(list.join(""))];
        const room = 32 - indent * 4;
        const text =
          list.length <= room ? list : [...list.slice(0, room - 1), list[list.length - 1]];
        same(shown(1, words).CC1, [{ row: 14, column: indent * 4, text: text.join("") }]);
      }),
      parameters,
    );
  });

  runner.test("a control pair with a parity error is lost, alone (47 CFR 79.101 (k))", () => {
    fc.assert(
      fc.property(captionWords(), textWord(), (words, text) => {
        const damaged = words.map((word) => (isControl(word) ? word ^ 0x0080 : word));
        const start = [0x9429, preamble(14)];
        const kept = words.filter((word) => !isControl(word));
        same(shown(1, [...start, ...damaged, text]), shown(1, [...start, ...kept, text]));
      }),
      parameters,
    );
  });

  runner.test("a control pair without a meaning selects no channel (CTA-608-E 8)", () => {
    // 10 60 to 10 7F name no row, 17 30 to 17 3F and second bytes below 20 nothing at all.
    const reserved = fc
      .constantFrom(0x1060, 0x187f, 0x1730, 0x1f3f, 0x1401, 0x1c1f)
      .map(withPairParity);
    fc.assert(
      fc.property(captionWords(), fc.array(fc.option(reserved)), (words, extra) => {
        const start = [0x9429, preamble(14), ...words];
        // Before characters only: between a control pair and its repetition it would count.
        const more = start.flatMap((word, i) => {
          const code = isControl(word) ? null : (extra[i] ?? null);
          return code === null ? [word] : [code, word];
        });
        same(shown(1, more), shown(1, start));
      }),
      parameters,
    );
  });

  runner.test("a control byte behind a character is ignored (CTA-608-E 8)", () => {
    fc.assert(
      fc.property(textWord(), fc.integer({ min: 1, max: 0x1f }), (text, second) => {
        const half = withPairParity((text & 0x7f00) | second);
        const start = [0x9429, preamble(14)];
        same(shown(1, [...start, half]), shown(1, [...start, withPairParity(text & 0x7f00)]));
      }),
      parameters,
    );
  });

  runner.test("any input leaves rows that fit the screen (CTA-608-E annex C)", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2),
        fc.array(fc.oneof(anyWord(), validWord()), { maxLength: 80 }),
        (field, words) => {
          for (const rows of Object.values(shown(field, words))) checkRows(rows);
        },
      ),
      parameters,
    );
  });
}

function checkRows(rows: readonly ShownRow[]): void {
  let last = -1;
  for (const { row, column, text } of rows) {
    if (row <= last || row > 14 || column < 0 || text.length < 1 || column + text.length > 32) {
      throw new Error(`row ${row} after ${last}, column ${column}, ${text.length} cells`);
    }
    last = row;
  }
}

function isControl(word: number): boolean {
  return (word & 0x7000) === 0x1000;
}

function preamble(row: number, indent = 0): number {
  for (let word = 0x1040; word < 0x1780; word++) {
    const code = (word & 0x80) === 0 ? decodePair(word) : undefined;
    if (code?.type === "pac" && code.row === row && code.indent === indent) {
      return withPairParity(word);
    }
  }
  throw new RangeError(`row ${row}`);
}

function basicWords(text: string): number[] {
  const words: number[] = [];
  for (let i = 0; i < text.length; i += 2) {
    const second = i + 1 < text.length ? text.charCodeAt(i + 1) : 0;
    words.push(withPairParity((text.charCodeAt(i) << 8) | second));
  }
  return words;
}

function sorted(screens: object): [string, unknown][] {
  return Object.entries(screens).sort(([a], [b]) => (a < b ? -1 : 1));
}
