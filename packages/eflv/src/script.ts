import { plain } from "@x/bits";
import { AmfReader } from "./amf-reader.js";
import type { AmfProperties, AmfValue } from "./amf-value.js";
import { readAmf0Values } from "./amf0-decode.js";
import { encodeAmf0Values } from "./amf0-encode.js";
import { type ContentWarningCode, tagError } from "./errors.js";
import { swappedFourCc } from "./four-cc.js";
import { NO_WARNINGS } from "./media.js";
import { textOf } from "./video.js";

/** Data of a script tag (types 18 and 15). */
export interface ScriptData {
  readonly type: "script";
  /** Tag type 15, unless it is empty: a format byte of 0 stood before the values. */
  readonly amf3: boolean;
  /** All values as they stand, `@setDataFrame` included. */
  readonly values: readonly AmfValue[];
  /** The first value, behind `@setDataFrame`, if it is a string: `onMetaData`, `onCuePoint`... */
  readonly name: string | undefined;
  /** The values behind the name. */
  readonly args: readonly AmfValue[];
  /** `@setDataFrame` came first: data meant for an RTMP server. */
  readonly setDataFrame: boolean;
  readonly warnings: readonly ContentWarningCode[];
}

/**
 * Decode the data of a script tag, or of an RTMP data message (FLV E.4.4).
 * @param amf3 tag type 15: the first byte is the format, 0
 * @throws {FormatError} AMF codes of `FlvTagErrorCode`; offsets count from the start of `data`
 */
export function decodeScriptData(data: Uint8Array, amf3 = false): ScriptData {
  return readScriptData(new AmfReader(plain(data), 0, data.length), amf3);
}

/** As {@link decodeScriptData}; `amf.missingEnd` tells of a missing end even if it throws. */
export function readScriptData(amf: AmfReader, hasFormat: boolean): ScriptData {
  const amf3 = hasFormat && amf.remaining > 0;
  if (amf3) {
    const format = amf.uint8("format");
    if (format !== 0) throw tagError("amf-type", `format byte ${format}`, "format", 0);
  }
  const values = readAmf0Values(amf);
  const setDataFrame = textOf(values[0]) === "@setDataFrame";
  const nameAt = setDataFrame ? 1 : 0;
  const name = textOf(values[nameAt]);
  const args = values.slice(name === undefined ? nameAt : nameAt + 1);
  const warnings: ContentWarningCode[] = [];
  if (amf.missingEnd) warnings.push("amf-missing-end");
  if (name === "onMetaData" && args.some(hasSwappedFourCc)) {
    warnings.push("metadata-fourcc-swapped");
  }
  return {
    type: "script",
    amf3,
    values,
    name,
    args,
    setDataFrame,
    warnings: warnings.length === 0 ? NO_WARNINGS : warnings,
  };
}

function hasSwappedFourCc(value: AmfValue): boolean {
  const properties = propertiesOf(value);
  if (properties === undefined) return false;
  if (swappedIn(properties)) return true;
  return ["audioTrackIdInfoMap", "videoTrackIdInfoMap"].some((key) => {
    const tracks = propertiesOf(properties.get(key));
    return (
      tracks !== undefined && [...tracks.values()].some((track) => swappedIn(propertiesOf(track)))
    );
  });
}

function swappedIn(properties: AmfProperties | undefined): boolean {
  return ["audiocodecid", "videocodecid"].some((key) => {
    const id = properties?.get(key);
    return typeof id === "number" && swappedFourCc(id) !== undefined;
  });
}

/** The members of an object or ECMA array. */
export function propertiesOf(value: AmfValue): AmfProperties | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return value.type === "object" || value.type === "ecma-array" || value.type === "typed-object"
    ? value.properties
    : undefined;
}

/**
 * Encode the data of a script tag from its `values`.
 * @throws {RangeError} as {@link encodeAmf0Values}
 */
export function encodeScriptData(
  script: Pick<ScriptData, "values"> & Partial<Pick<ScriptData, "amf3">>,
): Uint8Array<ArrayBuffer> {
  const values = encodeAmf0Values(script.values);
  if (script.amf3 !== true) return values;
  const bytes = new Uint8Array(1 + values.length);
  bytes.set(values, 1);
  return bytes;
}
