import { Cta608Parser } from "@svta/cml-608";
import { bench, describe } from "vitest";
import { built } from "../../../tools/testing/built.js";

const { Cea608Decoder, encodePaintOn, encodePopOn, encodeRollUp } = await built<
  typeof import("../src/index.js")
>(import.meta.url);

// A minute of captions of each mode, then idle line, as one field carries them.
const lines = ["Captions have thirty-two cells", "a row, é and ♪ among them."];
const words: number[] = [];
for (let i = 0; i < 20; i++) {
  words.push(...encodePopOn({ lines }), ...encodeRollUp({ lines }, 2), ...encodePaintOn({ lines }));
  for (let padding = 0; padding < 30; padding++) words.push(0x8080);
}
const bytes = words.map((word) => [word >> 8, word & 0xff]);
const ignored = { newCue: () => undefined, reset: () => undefined };

describe(`decode ${words.length} pairs`, () => {
  bench("@x/cea608", () => {
    const decoder = new Cea608Decoder();
    for (let i = 0; i < words.length; i++) decoder.push(1, words[i] as number, i);
  });

  bench("@svta/cml-608", () => {
    const decoder = new Cta608Parser(1, ignored, ignored);
    for (let i = 0; i < bytes.length; i++) decoder.addData(i, bytes[i] as number[]);
  });
});
