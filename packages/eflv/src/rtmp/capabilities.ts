import type { AmfProperties, AmfValue } from "../amf-value.js";
import { propertiesOf } from "../script.js";
import { textOf } from "../video.js";

/** Bits of FourCcInfoMask. */
export const FOUR_CC_INFO = { canDecode: 1, canEncode: 2, canForward: 4 } as const;

/** Bits of capsEx. */
export const CAPS_EX = { reconnect: 1, multitrack: 2, modEx: 4, timestampNanoOffset: 8 } as const;

/** What a peer says in `connect` or its `_result` (Enhanced RTMP v2). */
export interface RtmpCapabilities {
  /** FourCCs, or `*` for all. */
  readonly fourCcList?: readonly string[];
  /** FourCC or `*` to FourCcInfoMask. */
  readonly videoFourCcInfoMap?: Readonly<Record<string, number>>;
  readonly audioFourCcInfoMap?: Readonly<Record<string, number>>;
  readonly capsEx?: number;
  readonly videoFunction?: number;
}

/** The properties that say so. */
export function encodeCapabilities(capabilities: RtmpCapabilities): [string, AmfValue][] {
  const { fourCcList, videoFourCcInfoMap, audioFourCcInfoMap, capsEx, videoFunction } =
    capabilities;
  const members: [string, AmfValue][] = [];
  if (fourCcList !== undefined) {
    members.push(["fourCcList", { type: "strict-array", values: fourCcList }]);
  }
  const maps = { videoFourCcInfoMap, audioFourCcInfoMap };
  for (const [name, map] of Object.entries(maps)) {
    if (map === undefined) continue;
    members.push([name, { type: "object", properties: new Map(Object.entries(map)) }]);
  }
  if (capsEx !== undefined) members.push(["capsEx", capsEx]);
  if (videoFunction !== undefined) members.push(["videoFunction", videoFunction]);
  return members;
}

/** Read them; what is missing or of a wrong type is left out. */
export function decodeCapabilities(properties: AmfProperties | undefined): RtmpCapabilities {
  if (properties === undefined) return {};
  const list = properties.get("fourCcList");
  const values =
    typeof list === "object" && list?.type === "strict-array" ? list.values : undefined;
  const video = infoMap(properties.get("videoFourCcInfoMap"));
  const audio = infoMap(properties.get("audioFourCcInfoMap"));
  const capsEx = properties.get("capsEx");
  const videoFunction = properties.get("videoFunction");
  return {
    ...(values !== undefined && {
      fourCcList: values.flatMap((value) => textOf(value) ?? []),
    }),
    ...(video !== undefined && { videoFourCcInfoMap: video }),
    ...(audio !== undefined && { audioFourCcInfoMap: audio }),
    ...(typeof capsEx === "number" && { capsEx }),
    ...(typeof videoFunction === "number" && { videoFunction }),
  };
}

function infoMap(value: AmfValue): Record<string, number> | undefined {
  const properties = propertiesOf(value);
  if (properties === undefined) return undefined;
  const entries = [...properties].filter((entry): entry is [string, number] => {
    return typeof entry[1] === "number";
  });
  return Object.fromEntries(entries);
}

/**
 * What a peer can do with a codec: its mask with that of `*`, or all three bits for a codec of a `fourCcList` alone.
 * @returns `undefined` when it says nothing about codecs: a server from before Enhanced RTMP, or a silent one
 */
export function fourCcInfo(
  capabilities: RtmpCapabilities,
  kind: "audio" | "video",
  fourCc: string,
): number | undefined {
  const map = kind === "audio" ? capabilities.audioFourCcInfoMap : capabilities.videoFourCcInfoMap;
  if (map !== undefined) return (map[fourCc] ?? 0) | (map["*"] ?? 0);
  const list = capabilities.fourCcList;
  if (list === undefined) return undefined;
  return list.includes("*") || list.includes(fourCc) ? 7 : 0;
}
