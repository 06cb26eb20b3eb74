// The decoder of @svta/cml-608 1.1.0 as an oracle. It differs from the standard in its straight apostrophe for 27,
// in rows of 100 columns, in heavy box characters, and in the space for the transparent space.
import { fc, test as prop } from "@fast-check/vitest";
import { Cta608Parser } from "@svta/cml-608";
import { describe, expect, test } from "vitest";
import { vectorBytes, vectorFiles } from "../../../tools/testing/vectors.js";
import { plainCaption } from "../src/conformance.js";
import { Cea608Decoder, encodePopOn, encodeRollUp, parseScc, screenRows } from "../src/index.js";

interface Peer {
  readonly channels: readonly (null | {
    readonly displayedMemory: { readonly rows: readonly { getTextString(): string }[] };
  })[];
  addData(time: number, bytes: number[]): void;
}

const ignored = { newCue: () => undefined, reset: () => undefined };

function peer(): Peer {
  return new Cta608Parser(1, ignored, ignored) as unknown as Peer;
}

/** Both as text, in what both agree on. */
function compared(text: string): string {
  return text
    .replace(/[’‘]/g, "'")
    .replaceAll("\u00a0", " ")
    .replace(/[~∼]/g, "~")
    .replace(/[—━]/g, "-")
    .replace(/[│┃┌┏┐┓└┗┘┛]/g, "+")
    .trimEnd();
}

function peerRows(decoder: Peer, channel: 1 | 2): Map<number, string> {
  const rows = new Map<number, string>();
  decoder.channels[channel]?.displayedMemory.rows.forEach((row, i) => {
    const text = row.getTextString().trimEnd();
    if (text !== "") rows.set(i, compared(text));
  });
  return rows;
}

function ourRows(decoder: Cea608Decoder, channel: 1 | 2): Map<number, string> {
  return new Map(
    screenRows(decoder.screen(channel === 1 ? "CC1" : "CC2"))
      .filter(({ text }) => text.trim() !== "")
      .map(({ row, column, text }) => [row, compared(" ".repeat(column) + text)]),
  );
}

describe("on all SCC vectors", () => {
  const files = vectorFiles("cea708").filter((file) => file.endsWith(".scc"));

  test.each(files)("%s: the same screen after each line", (file) => {
    const scc = parseScc(new TextDecoder().decode(vectorBytes("cea708", file)), {
      onBadLine: "skip",
    });
    const ours = new Cea608Decoder();
    const theirs = peer();
    let compares = 0;
    for (const { frame, words } of scc.lines) {
      words.forEach((word, i) => {
        ours.push(1, word, 0);
        theirs.addData((frame + i) / 30, [word >> 8, word & 0xff]);
      });
      for (const channel of [1, 2] as const) {
        const expected = peerRows(theirs, channel);
        // Where its row is longer than 32 cells, ours has overwritten the last.
        for (const [row, text] of expected) if (text.length > 32) expected.delete(row);
        const found = ourRows(ours, channel);
        for (const [row, text] of expected) expect([row, found.get(row)]).toEqual([row, text]);
        compares++;
      }
    }
    expect(compares).toBeGreaterThan(0);
  });
});

describe("on what our encoder sends", () => {
  prop.prop([fc.array(plainCaption(), { minLength: 1, maxLength: 3 }), fc.boolean()])(
    "pop-on captions look the same",
    (captions, doubled) => {
      const ours = new Cea608Decoder();
      const theirs = peer();
      for (const caption of captions) {
        const redundantControls = doubled ? "always" : "never";
        for (const word of encodePopOn(caption, { redundantControls })) {
          ours.push(1, word, 0);
          theirs.addData(0, [word >> 8, word & 0xff]);
        }
        expect(ourRows(ours, 1)).toEqual(peerRows(theirs, 1));
      }
    },
  );

  prop.prop([fc.array(plainCaption(), { minLength: 1, maxLength: 3 }), fc.constantFrom(2, 3, 4)])(
    "roll-up captions look the same",
    (captions, rows) => {
      const ours = new Cea608Decoder();
      const theirs = peer();
      for (const caption of captions) {
        for (const word of encodeRollUp(caption, rows)) {
          ours.push(1, word, 0);
          theirs.addData(0, [word >> 8, word & 0xff]);
        }
        expect(ourRows(ours, 1)).toEqual(peerRows(theirs, 1));
      }
    },
  );
});
