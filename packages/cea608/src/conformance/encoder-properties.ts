import fc from "fast-check";
import { characterCode } from "../characters.js";
import { Cea608Decoder } from "../decoder.js";
import type { Cea608Caption } from "../layout.js";
import { pairHasParity } from "../parity.js";
import { screenRows } from "../screen.js";
import { captionService } from "../services.js";
import { plainCaption, styledCaption } from "./arbitraries.js";
import { type Cea608Implementation, type SuiteRunner, same } from "./implementation.js";

/** What an encoder sends, seen through this package's decoder. */
export function encoderProperties(implementation: Cea608Implementation, runner: SuiteRunner): void {
  const { encodePopOn } = implementation;
  if (encodePopOn === undefined) return;
  const parameters = { numRuns: runner.numRuns ?? 100 };
  const address = fc.record({
    field: fc.constantFrom(1, 2),
    dataChannel: fc.constantFrom(1, 2),
  });

  runner.test("a caption is shown as it was given, on its service (CTA-608-E annex C)", () => {
    fc.assert(
      fc.property(plainCaption(), address, fc.boolean(), (caption, to, doubled) => {
        const words = encodePopOn.call(implementation, caption, to, doubled);
        const decoder = new Cea608Decoder();
        for (const word of words) {
          for (const event of decoder.push(to.field, word, 0)) {
            if (event.type === "issue") throw new Error(event.issue.message);
          }
        }
        const rows = screenRows(decoder.screen(captionService(to.field, to.dataChannel)));
        same(
          rows.map(({ text }) => text.trim()),
          caption.lines.map((line) => decodedText(line)),
        );
        same(
          rows.map(({ row }) => row),
          caption.lines.map((_, i) => 15 - caption.lines.length + i),
        );
      }),
      parameters,
    );
  });

  runner.test("each run has its colour, italics and underline (CTA-608-E 6.2)", () => {
    fc.assert(
      fc.property(styledCaption(), (caption) => {
        const words = encodePopOn.call(implementation, caption, { field: 1, dataChannel: 1 }, true);
        const decoder = new Cea608Decoder();
        for (const word of words) decoder.push(1, word, 0);
        const found = screenRows(decoder.screen("CC1")).flatMap(({ runs }) =>
          runs.flatMap(({ text, style }) =>
            [...text.replace(/[ \u00a0]/g, "")].map(
              (character) => `${character} ${style.color} ${style.italics} ${style.underline}`,
            ),
          ),
        );
        same(found, looks(caption));
      }),
      parameters,
    );
  });

  runner.test(
    "every byte has odd parity, and the memory is shown at the end (CTA-608-E 4.2)",
    () => {
      fc.assert(
        fc.property(plainCaption(), address, fc.boolean(), (caption, to, doubled) => {
          const words = encodePopOn.call(implementation, caption, to, doubled);
          same(words.every(pairHasParity), true);
          const decoder = new Cea608Decoder();
          const before = doubled ? words.slice(0, -2) : words.slice(0, -1);
          for (const word of before) {
            const shows = decoder.push(to.field, word, 0).some(({ type }) => type === "display");
            same(shows, false);
          }
        }),
        parameters,
      );
    },
  );

  runner.test("a readable letter stands before each extended character (CTA-608-E 6.4.2)", () => {
    fc.assert(
      fc.property(plainCaption(), (caption) => {
        const words = encodePopOn.call(
          implementation,
          caption,
          { field: 1, dataChannel: 1 },
          false,
        );
        words.forEach((word, i) => {
          if ((word & 0x7600) !== 0x1200 || (word & 0x60) !== 0x20) return;
          if (((words[i - 1] as number) & 0x6000) === 0) throw new Error("no fallback");
        });
      }),
      parameters,
    );
  });

  runner.test("controls are doubled when they should be (CTA-608-E 8.3)", () => {
    fc.assert(
      fc.property(plainCaption(), (caption) => {
        const to = { field: 1, dataChannel: 1 } as const;
        const single = encodePopOn.call(implementation, caption, to, false);
        const doubled = encodePopOn.call(implementation, caption, to, true);
        const expected = single.flatMap((word) =>
          (word & 0x7000) === 0x1000 ? [word, word] : [word],
        );
        same(doubled, expected);
        // A receiver drops the second of two equal pairs, so there are none.
        single.forEach((word, i) => {
          if ((word & 0x7000) === 0x1000 && word === single[i - 1]) throw new Error("repeated");
        });
      }),
      parameters,
    );
  });
}

/** What a text comes back as: the straight apostrophe has the curled one's code. */
function decodedText(text: string): string {
  return [...text]
    .map((character) => (character === "'" ? "’" : character))
    .join("")
    .trim();
}

function looks(caption: Cea608Caption): string[] {
  return caption.lines.flatMap((line) =>
    (typeof line === "string" ? [{ text: line }] : line).flatMap((run) => {
      const {
        color = "white",
        italics = false,
        underline = false,
      } = run as {
        color?: string;
        italics?: boolean;
        underline?: boolean;
      };
      return [...decodedText(run.text).replace(/[ \u00a0]/g, "")]
        .filter((character) => characterCode(character) !== undefined)
        .map((character) => `${character} ${color} ${italics} ${underline}`);
    }),
  );
}
