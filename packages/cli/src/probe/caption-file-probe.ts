import { parseScc, sccPairs } from "@x/cea608";
import {
  decodeCdp,
  type FrameRate,
  frameRateOfCdp,
  isFormatError,
  line21PayloadsToCcData,
  type MccLine,
  mccFrameOf,
  mccFrameRate,
  parseMcc,
} from "@x/cea708";
import { CaptionCollector } from "./caption-collector.js";
import { addCaptions, type ProbeFindings } from "./report.js";

/** SCC counts frames of 525-line television. */
const SCC_FRAME_MS = 1001 / 30;
/** cc_valid and cc_type 0: the pair belongs to field 1. */
const FIELD_1 = 0xfc;
const CAPTION_DID = 0x61;
const CDP_SDID = 0x01;
const LINE21_SDID = 0x02;

/**
 * Captions of a Scenarist or MacCaption file.
 * @returns false when `bytes` is neither
 */
export function probeCaptionFile(bytes: Uint8Array, findings: ProbeFindings): boolean {
  const head = new TextDecoder().decode(bytes.subarray(0, 40));
  if (/^\uFEFF?Scenarist_SCC/.test(head)) probeScc(new TextDecoder().decode(bytes), findings);
  else if (/^\uFEFF?File Format=MacCaption/.test(head)) {
    probeMcc(new TextDecoder().decode(bytes), findings);
  } else return false;
  return true;
}

function probeScc(text: string, findings: ProbeFindings): void {
  const { lines, issues } = parseScc(text, { onBadLine: "skip" });
  const captions = new CaptionCollector();
  for (const { frame, word } of sccPairs({ lines })) {
    captions.push(Uint8Array.of(FIELD_1, word >> 8, word & 0xff), frame * SCC_FRAME_MS);
  }
  addCaptions("Scenarist SCC", captions.finish(), findings);
  findings.problems.push(...issues.map(({ message }) => message));
}

function probeMcc(text: string, findings: ProbeFindings): void {
  const { lines, timeCodeRate, issues } = parseMcc(text);
  const { numerator, denominator } = mccFrameRate(timeCodeRate, firstCdpRate(lines));
  const captions = new CaptionCollector();
  for (const { timeCode, did, sdid, data } of lines) {
    const timeMs = (mccFrameOf(timeCode, timeCodeRate) * 1000 * denominator) / numerator;
    if (did !== CAPTION_DID) continue;
    if (sdid === CDP_SDID) captions.pushCdp(data, timeMs);
    if (sdid === LINE21_SDID) captions.push(line21PayloadsToCcData(data), timeMs);
  }
  addCaptions("MacCaption MCC", captions.finish(), findings);
  findings.problems.push(...issues.map(({ message }) => message));
}

/** `30` in a file may mean 30000/1001: the CDPs say which. */
function firstCdpRate(lines: readonly MccLine[]): FrameRate | undefined {
  const first = lines.find(({ did, sdid }) => did === CAPTION_DID && sdid === CDP_SDID);
  try {
    return first && frameRateOfCdp(decodeCdp(first.data).cdp.cdpFrameRate);
  } catch (error) {
    if (!isFormatError(error)) throw error;
    return undefined;
  }
}
