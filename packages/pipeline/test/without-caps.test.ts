import { describe, expect, test } from "vitest";
import { vectorsRoot } from "../../../tools/testing/vectors.js";
import { launch } from "../src/index.js";
import { messagesOf } from "./support/flv-tracks.js";

const FILE = `filesrc location="${vectorsRoot}/eflv/README.md"`;
const CAPTIONS =
  "captions come without their format: put sccparse, mccparse, a demuxer or caps in front";

describe("bytes without caps in front of an element that cannot do without", () => {
  test.each([
    "cea608tocea708",
    "cea608overlay",
    "cea708overlay",
    "cea608tott",
    "cea708tott",
    "sccenc",
    "mccenc",
    "ccconverter",
    "cctost2038anc",
  ])("%s says what is missing", async (element) => {
    await expect(launch(`${FILE} ! ${element} ! fakesink`).run()).rejects.toThrow(
      `${element}0: ${CAPTIONS}`,
    );
  });

  test("cccombiner says it of its captions", async () => {
    const text = `videotestsrc num-buffers=3 ! cccombiner name=c ! fakesink  ${FILE} ! c.caption`;
    await expect(launch(text).run()).rejects.toThrow(`c: ${CAPTIONS}`);
  });

  test.each([
    ["h264", "H.264"],
    ["h265", "H.265"],
  ])("%sccextractor and %sccinserter name the parser", async (codec, name) => {
    for (const element of [`${codec}ccextractor`, `${codec}ccinserter`]) {
      await expect(launch(`${FILE} ! ${element} ! fakesink`).run()).rejects.toThrow(
        `${element}0: ${name} comes without its format: put ${codec}parse in front`,
      );
    }
  });
});

test.each(["cea608tocea708", "cea608overlay", "cea608tott", "sccenc"])(
  "%s warns of captions that have a format and no time",
  async (element) => {
    const format = "closedcaption/x-cea-608,format=raw,field=0,framerate=30/1";
    const messages = await messagesOf(`${FILE} ! ${format} ! ${element} ! fakesink`);
    expect(messages[0]).toEqual({
      type: "warning",
      element: `${element}0`,
      text: "captions without a time were dropped",
    });
  },
);
