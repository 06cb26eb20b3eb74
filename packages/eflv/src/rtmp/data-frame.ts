// Metadata that a publisher sends has `@setDataFrame` in front of its name: the server is to keep it for late joiners.
import { concatBytes } from "@x/bits";
import type { MuxedTag } from "../muxer.js";
import { TAG_TYPE } from "../tag.js";

const SET_DATA_FRAME = amfString("@setDataFrame");
const CLEAR_DATA_FRAME = amfString("@clearDataFrame");
const ON_META_DATA = amfString("onMetaData");

/**
 * A tag as it stands in a file: `@setDataFrame`, which publishers put in front of metadata, is for servers.
 * @returns a view of it without; `undefined` for `@clearDataFrame`, which has no place in a file
 */
export function storedTag(tag: MuxedTag): MuxedTag | undefined {
  if (tag.tagType !== TAG_TYPE.script) return tag;
  const { tagType, timestamp, data } = tag;
  if (startsWith(data, CLEAR_DATA_FRAME)) return undefined;
  if (!startsWith(data, SET_DATA_FRAME)) return tag;
  return { tagType, timestamp, data: data.subarray(SET_DATA_FRAME.length) };
}

/** The payload of a tag as a publisher sends it: only metadata is for keeping, and some files have the prefix already. */
export function publishedData({ tagType, data }: MuxedTag): Uint8Array {
  if (tagType !== TAG_TYPE.script || !startsWith(data, ON_META_DATA)) return data;
  return concatBytes(SET_DATA_FRAME, data);
}

function amfString(text: string): Uint8Array {
  return Uint8Array.of(2, 0, text.length, ...new TextEncoder().encode(text));
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return bytes.length >= prefix.length && prefix.every((byte, i) => byte === bytes[i]);
}
