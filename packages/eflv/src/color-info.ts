import type { AmfObject, AmfValue } from "./amf-value.js";
import { propertiesOf } from "./script.js";

/** colorInfo of a Metadata packet (Enhanced RTMP v2): plain values, not the scaled integers of SEI messages. */
export interface ColorInfo {
  readonly colorConfig?: {
    readonly bitDepth?: number;
    /** ITU-T H.273 code points. */
    readonly colorPrimaries?: number;
    readonly transferCharacteristics?: number;
    readonly matrixCoefficients?: number;
  };
  /** cd/m². */
  readonly hdrCll?: { readonly maxFall?: number; readonly maxCLL?: number };
  /** CIE 1931 coordinates; cd/m². */
  readonly hdrMdcv?: {
    readonly redX?: number;
    readonly redY?: number;
    readonly greenX?: number;
    readonly greenY?: number;
    readonly blueX?: number;
    readonly blueY?: number;
    readonly whitePointX?: number;
    readonly whitePointY?: number;
    readonly maxLuminance?: number;
    readonly minLuminance?: number;
  };
}

const MEMBERS = {
  colorConfig: ["bitDepth", "colorPrimaries", "transferCharacteristics", "matrixCoefficients"],
  hdrCll: ["maxFall", "maxCLL"],
  hdrMdcv: [
    "redX",
    "redY",
    "greenX",
    "greenY",
    "blueX",
    "blueY",
    "whitePointX",
    "whitePointY",
    "maxLuminance",
    "minLuminance",
  ],
} as const;

/**
 * Read a colorInfo value: numbers under the standard's names, all else is passed over.
 * @returns `undefined` for what takes the information back: Undefined, or an object without members
 */
export function decodeColorInfo(value: AmfValue): ColorInfo | undefined {
  const groups = propertiesOf(value);
  if (groups === undefined || groups.size === 0) return undefined;
  const info: Record<string, Record<string, number>> = {};
  for (const [group, names] of Object.entries(MEMBERS)) {
    const members = propertiesOf(groups.get(group));
    if (members === undefined) continue;
    const numbers: Record<string, number> = {};
    for (const name of names) {
      const number = members.get(name);
      if (typeof number === "number") numbers[name] = number;
    }
    info[group] = numbers;
  }
  return info;
}

/** The AMF value of a colorInfo, members in the standard's order; Undefined for `undefined`. */
export function encodeColorInfo(info: ColorInfo | undefined): AmfObject | undefined {
  if (info === undefined) return undefined;
  const groups = new Map<string, AmfValue>();
  for (const [group, names] of Object.entries(MEMBERS)) {
    const members = info[group as keyof ColorInfo] as Readonly<Record<string, number>> | undefined;
    if (members === undefined) continue;
    const entries = names.flatMap((name): [string, number][] => {
      const number = members[name];
      return number === undefined ? [] : [[name, number]];
    });
    groups.set(group, { type: "object", properties: new Map(entries) });
  }
  return { type: "object", properties: groups };
}
