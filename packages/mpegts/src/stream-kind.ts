import type { Descriptor } from "./descriptor.js";
import { findDescriptor, registrationDescriptor, registrationOf } from "./descriptors.js";
import { AUDIO_STREAM_0, PRIVATE_STREAM_1, VIDEO_STREAM_0 } from "./pes-header.js";
import type { PmtStream } from "./pmt.js";

/** What an elementary stream carries, as stream_type and descriptors tell it. */
export type StreamKind =
  | "mpeg1-video"
  | "mpeg2-video"
  | "mpeg4-video"
  | "h264"
  | "hevc"
  | "vvc"
  | "av1"
  | "jpeg2000"
  | "jpegxs"
  | "mpeg1-audio"
  | "mpeg2-audio"
  | "aac-adts"
  | "aac-latm"
  | "ac3"
  | "eac3"
  | "opus"
  | "dts"
  | "smpte-302m"
  | "smpte-2038"
  | "scte35"
  | "dvb-subtitle"
  | "teletext"
  | "klv"
  | "id3"
  | "private";

/** How a kind is signalled and carried. */
export interface StreamKindInfo {
  readonly kind: StreamKind;
  readonly category: "video" | "audio" | "data";
  readonly streamType: number;
  readonly carriage: "pes" | "sections";
  /** stream_id that a muxer uses; 0 for sections. */
  readonly streamId: number;
  /** Descriptors that make the kind known and have no parameters. */
  readonly descriptors: readonly Descriptor[];
}

const NONE: readonly Descriptor[] = [];

const INFOS: Readonly<Record<StreamKind, StreamKindInfo>> = /* @__PURE__ */ makeInfos();

/** How `kind` is signalled and carried. */
export function streamKindInfo(kind: StreamKind): StreamKindInfo {
  return INFOS[kind];
}

/**
 * What a stream of a programme map carries. `"private"` when neither stream_type nor descriptors tell.
 */
export function streamKind(stream: Pick<PmtStream, "streamType" | "descriptors">): StreamKind {
  const { streamType, descriptors } = stream;
  const registration = registrationOf(descriptors);
  switch (streamType) {
    case 0x01:
      return "mpeg1-video";
    case 0x02:
      return "mpeg2-video";
    case 0x03:
      return "mpeg1-audio";
    case 0x04:
      return "mpeg2-audio";
    case 0x06:
      return privateKind(descriptors, registration);
    case 0x0f:
      return "aac-adts";
    case 0x10:
      return "mpeg4-video";
    case 0x11:
      return "aac-latm";
    case 0x15:
      return registration === "KLVA" ? "klv" : "id3";
    case 0x1b:
      return "h264";
    case 0x21:
      return "jpeg2000";
    case 0x24:
      return "hevc";
    case 0x32:
      return "jpegxs";
    case 0x33:
      return "vvc";
    // The user-private range: ATSC and SCTE assignments, which Blu-ray and HLS share.
    case 0x81:
      return "ac3";
    case 0x82:
    case 0x85:
      return "dts";
    case 0x86:
      return "scte35";
    case 0x87:
      return "eac3";
    default:
      return registration === undefined ? "private" : registeredKind(registration);
  }
}

/** Whether the payload of a stream is PES packets or sections (ISO/IEC 13818-1 table 2-34). */
export function carriageOf(
  stream: Pick<PmtStream, "streamType" | "descriptors">,
): "pes" | "sections" {
  const { streamType } = stream;
  // Private sections, DSM-CC, metadata in sections, SCTE 35.
  const sections = streamType === 0x05 || (streamType >= 0x0a && streamType <= 0x0d);
  const carousel = streamType === 0x14 || (streamType >= 0x16 && streamType <= 0x18);
  if (sections || carousel) return "sections";
  return streamKindInfo(streamKind(stream)).carriage;
}

/** stream_type 06: the descriptors tell, a registration before DVB's own tags. */
function privateKind(
  descriptors: readonly Descriptor[],
  registration: string | undefined,
): StreamKind {
  if (registration !== undefined) {
    const kind = registeredKind(registration);
    if (kind !== "private") return kind;
  }
  const tags: readonly (readonly [number, StreamKind])[] = [
    [0x56, "teletext"],
    [0x46, "teletext"],
    [0x59, "dvb-subtitle"],
    [0x6a, "ac3"],
    [0x7a, "eac3"],
    [0x7b, "dts"],
    [0x7c, "aac-latm"],
  ];
  for (const [tag, kind] of tags) if (findDescriptor(descriptors, tag) !== undefined) return kind;
  return "private";
}

function registeredKind(registration: string): StreamKind {
  switch (registration) {
    case "VANC":
      return "smpte-2038";
    case "BSSD":
      return "smpte-302m";
    case "Opus":
      return "opus";
    case "AV01":
      return "av1";
    case "AC-3":
      return "ac3";
    case "EAC3":
      return "eac3";
    case "HEVC":
      return "hevc";
    case "VVC ":
      return "vvc";
    case "KLVA":
      return "klv";
    case "ID3 ":
      return "id3";
    case "CUEI":
      return "scte35";
    case "DTS1":
    case "DTS2":
    case "DTS3":
      return "dts";
    default:
      return "private";
  }
}

function makeInfos(): Readonly<Record<StreamKind, StreamKindInfo>> {
  const infos: Partial<Record<StreamKind, StreamKindInfo>> = {};
  const add = (
    category: StreamKindInfo["category"],
    kind: StreamKind,
    streamType: number,
    streamId: number,
    descriptors: readonly Descriptor[] = NONE,
  ): void => {
    const carriage = streamId === 0 ? "sections" : "pes";
    infos[kind] = { kind, category, streamType, carriage, streamId, descriptors };
  };
  const registered = (format: string): Descriptor[] => [registrationDescriptor(format)];
  add("video", "mpeg1-video", 0x01, VIDEO_STREAM_0);
  add("video", "mpeg2-video", 0x02, VIDEO_STREAM_0);
  add("video", "mpeg4-video", 0x10, VIDEO_STREAM_0);
  add("video", "h264", 0x1b, VIDEO_STREAM_0);
  add("video", "hevc", 0x24, VIDEO_STREAM_0, registered("HEVC"));
  add("video", "vvc", 0x33, VIDEO_STREAM_0);
  add("video", "av1", 0x06, PRIVATE_STREAM_1, registered("AV01"));
  add("video", "jpeg2000", 0x21, VIDEO_STREAM_0);
  add("video", "jpegxs", 0x32, PRIVATE_STREAM_1);
  add("audio", "mpeg1-audio", 0x03, AUDIO_STREAM_0);
  add("audio", "mpeg2-audio", 0x04, AUDIO_STREAM_0);
  add("audio", "aac-adts", 0x0f, AUDIO_STREAM_0);
  add("audio", "aac-latm", 0x11, AUDIO_STREAM_0);
  add("audio", "ac3", 0x81, PRIVATE_STREAM_1, registered("AC-3"));
  add("audio", "eac3", 0x87, PRIVATE_STREAM_1, registered("EAC3"));
  add("audio", "opus", 0x06, PRIVATE_STREAM_1, registered("Opus"));
  add("audio", "dts", 0x82, PRIVATE_STREAM_1);
  add("audio", "smpte-302m", 0x06, PRIVATE_STREAM_1, registered("BSSD"));
  // ST 2038 4.1: the registration, then an empty anc_data_descriptor.
  add("data", "smpte-2038", 0x06, PRIVATE_STREAM_1, [
    registrationDescriptor("VANC"),
    { descriptorTag: 0xc4, data: new Uint8Array(0) },
  ]);
  add("data", "scte35", 0x86, 0, registered("CUEI"));
  add("data", "dvb-subtitle", 0x06, PRIVATE_STREAM_1);
  add("data", "teletext", 0x06, PRIVATE_STREAM_1);
  add("data", "klv", 0x06, PRIVATE_STREAM_1, registered("KLVA"));
  add("data", "id3", 0x15, PRIVATE_STREAM_1, registered("ID3 "));
  add("data", "private", 0x06, PRIVATE_STREAM_1);
  return infos as Record<StreamKind, StreamKindInfo>;
}
