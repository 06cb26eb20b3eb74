import { type Cea608Field, wordsToBytes } from "@x/cea608";
import {
  ccDataToLine21Payloads,
  decodeCdp,
  line21PayloadsToCcData,
  pairsToCcData,
} from "@x/cea708";
import { type Caps, mediaTypeOf, numberOf, stringOf } from "./caps.js";

/** What a buffer of captions holds, in GStreamer's words; `raw0` and `raw1` are pairs of field 1 and field 2. */
export type CaptionFormat = "cdp" | "cc_data" | "s334-1a" | "raw0" | "raw1";

/** The format that caps announce. */
export function captionFormatOf(of: Caps): CaptionFormat {
  const format = stringOf(of, "format");
  if (mediaTypeOf(of) === "closedcaption/x-cea-708") return format === "cdp" ? "cdp" : "cc_data";
  if (format === "s334-1a") return "s334-1a";
  return numberOf(of, "field") === 1 ? "raw1" : "raw0";
}

/**
 * One buffer as cc_data triplets.
 * @throws {FormatError} for a CDP that cannot be read.
 */
export function toCcData(data: Uint8Array, format: CaptionFormat): Uint8Array {
  switch (format) {
    case "cc_data":
      return data;
    case "cdp":
      return decodeCdp(data).cdp.ccData ?? new Uint8Array(0);
    case "s334-1a":
      return line21PayloadsToCcData(data);
    case "raw0":
      return pairsToCcData(data, 1);
    case "raw1":
      return pairsToCcData(data, 2);
    default:
      return format satisfies never;
  }
}

/** The line-21 pairs of one buffer, in order. */
export function* line21Pairs(
  data: Uint8Array,
  format: CaptionFormat,
): Generator<{ readonly field: Cea608Field; readonly word: number }> {
  const ccData = toCcData(data, format);
  for (let at = 0; at + 2 < ccData.length; at += 3) {
    const first = ccData[at] as number;
    // cc_valid with cc_type 0 or 1.
    if ((first & 0x06) !== 0x04) continue;
    const word = ((ccData[at + 1] as number) << 8) | (ccData[at + 2] as number);
    yield { field: (first & 1) === 0 ? 1 : 2, word };
  }
}

/** cc_data triplets as pairs: of one field, or with field and line as ST 334-1 has them. */
export function fromCcData(ccData: Uint8Array, format: Exclude<CaptionFormat, "cdp">): Uint8Array {
  if (format === "cc_data") return ccData;
  if (format === "s334-1a") return ccDataToLine21Payloads(ccData);
  const wanted = format === "raw0" ? 1 : 2;
  const words: number[] = [];
  for (const { field, word } of line21Pairs(ccData, "cc_data")) {
    if (field === wanted) words.push(word);
  }
  return wordsToBytes(words);
}
