import type { Descriptor } from "./descriptor.js";
import { JXS_EXTENSION_TAG, OPUS_EXTENSION_TAG } from "./descriptors-media.js";

const MPEG: Readonly<Record<number, string>> = {
  2: "video_stream_descriptor",
  3: "audio_stream_descriptor",
  4: "hierarchy_descriptor",
  5: "registration_descriptor",
  6: "data_stream_alignment_descriptor",
  7: "target_background_grid_descriptor",
  8: "video_window_descriptor",
  9: "CA_descriptor",
  10: "ISO_639_language_descriptor",
  11: "system_clock_descriptor",
  12: "multiplex_buffer_utilization_descriptor",
  13: "copyright_descriptor",
  14: "maximum_bitrate_descriptor",
  15: "private_data_indicator_descriptor",
  16: "smoothing_buffer_descriptor",
  17: "STD_descriptor",
  18: "IBP_descriptor",
  27: "MPEG-4_video_descriptor",
  28: "MPEG-4_audio_descriptor",
  29: "IOD_descriptor",
  30: "SL_descriptor",
  31: "FMC_descriptor",
  37: "metadata_pointer_descriptor",
  38: "metadata_descriptor",
  39: "metadata_STD_descriptor",
  40: "AVC_video_descriptor",
  42: "AVC_timing_and_HRD_descriptor",
  43: "MPEG-2_AAC_audio_descriptor",
  50: "J2K_video_descriptor",
  54: "transport_profile_descriptor",
  56: "HEVC_video_descriptor",
  63: "extension_descriptor",
};

const DVB: Readonly<Record<number, string>> = {
  64: "network_name_descriptor",
  69: "VBI_data_descriptor",
  70: "VBI_teletext_descriptor",
  72: "service_descriptor",
  82: "stream_identifier_descriptor",
  86: "teletext_descriptor",
  89: "subtitling_descriptor",
  95: "private_data_specifier_descriptor",
  102: "data_broadcast_id_descriptor",
  106: "AC-3_descriptor",
  111: "application_signalling_descriptor",
  122: "enhanced_AC-3_descriptor",
  123: "DTS_descriptor",
  124: "AAC_descriptor",
  127: "extension_descriptor",
};

const ATSC: Readonly<Record<number, string>> = {
  128: "stuffing_descriptor",
  129: "AC-3_audio_stream_descriptor",
  134: "caption_service_descriptor",
  135: "content_advisory_descriptor",
  138: "cue_identifier_descriptor",
  204: "E-AC-3_audio_descriptor",
};

/**
 * The name of a descriptor in its standard; `undefined` when it is not known.
 *
 * Tags from 0x80 on are private: what they mean depends on the registration before them (ISO/IEC 13818-1 2.6.8), so
 * 0xC4 and 0x80 have the names of ST 2038 and AV1 only with theirs.
 *
 * @param registration format_identifier in force, as {@link registrationOf} gives it
 */
export function descriptorName(descriptor: Descriptor, registration?: string): string | undefined {
  const { descriptorTag, data } = descriptor;
  if (descriptorTag === 0x3f && data[0] === JXS_EXTENSION_TAG) return "JXS_video_descriptor";
  if (descriptorTag === 0x7f && data[0] === OPUS_EXTENSION_TAG && registration === "Opus") {
    return "Opus_audio_descriptor";
  }
  if (descriptorTag === 0xc4 && registration === "VANC") return "anc_data_descriptor";
  if (descriptorTag === 0x80 && registration === "AV01") return "AV1_video_descriptor";
  return MPEG[descriptorTag] ?? DVB[descriptorTag] ?? ATSC[descriptorTag];
}
