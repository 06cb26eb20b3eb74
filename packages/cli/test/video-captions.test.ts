import { encodeA53UserData, encodeSeiCaptions } from "@x/cea708";
import { expect, test } from "vitest";
import { noFindings } from "../src/probe/report.js";
import { type CaptionedVideo, VideoCaptions } from "../src/probe/video-captions.js";

const A53 = { processEmDataFlag: true, additionalDataFlag: false, emData: 0xff };
/** RU2, CR, "AB", "XY" that are not to be used, and EDM. */
const PAIRS: readonly (readonly [pair: readonly number[], used: boolean])[] = [
  [[0x94, 0x25], true],
  [[0x94, 0xad], true],
  [[0xc1, 0xc2], true],
  [[0x58, 0xd9], false],
  [[0x94, 0x2c], true],
];

test.each<CaptionedVideo>(["h264", "hevc", "mpeg2-video"])(
  "%s: cc_data that process_cc_data_flag takes back are no captions",
  (kind) => {
    const captions = new VideoCaptions();
    PAIRS.forEach(([pair, processCcDataFlag], index) => {
      const data = { ...A53, processCcDataFlag, ccData: Uint8Array.of(0xfc, ...pair) };
      const unit =
        kind === "mpeg2-video"
          ? Uint8Array.of(0xb2, ...encodeA53UserData(data))
          : encodeSeiCaptions(data, kind === "h264" ? "h264" : "h265");
      captions.push(kind, [unit], index * 40);
    });
    const findings = noFindings();
    captions.finish("video", findings);
    expect(findings.captions.flatMap(({ cues }) => cues.map(({ text }) => text))).toEqual(["AB"]);
  },
);
