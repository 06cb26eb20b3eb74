// Opus in a transport stream (ETSI TS 103 491).
import { concatBytes } from "@x/bits";
import {
  decodeOpusHead,
  encodeOpusHead,
  isFormatError,
  type OpusHead,
  type OpusMappingTable,
  opusPacketDurationMs,
} from "@x/es";
import { decodeOpusAudioDescriptor, encodeOpusAudioDescriptor, type PmtStream } from "@x/mpegts";
import { type Caps, caps, numberOf } from "../caps.js";
import { bytesField, codecDataOf } from "./formats.js";
import { extended, type MuxFormat, type StreamFormat, type StreamPacket } from "./ts-stream.js";

const OPUS_RATE = 48_000;
const MAPPING_BY_CHANNELS: readonly OpusMappingTable[] = [
  { streams: 1, coupled: 0, mapping: [0] },
  { streams: 1, coupled: 1, mapping: [0, 1] },
  { streams: 2, coupled: 1, mapping: [0, 2, 1] },
  { streams: 2, coupled: 2, mapping: [0, 1, 2, 3] },
  { streams: 3, coupled: 2, mapping: [0, 4, 1, 2, 3] },
  { streams: 4, coupled: 2, mapping: [0, 4, 1, 2, 3, 5] },
  { streams: 4, coupled: 3, mapping: [0, 4, 1, 2, 3, 5, 6] },
  { streams: 5, coupled: 3, mapping: [0, 6, 1, 2, 3, 4, 5, 7] },
];

/** Opus as tsdemux hands it out. */
export function opusFormat(stream: PmtStream): StreamFormat {
  return { pads: "audio", caps: opusCaps(stream), unwrap: opusPackets };
}

function opusCaps(stream: PmtStream): Caps {
  const code = extended(stream, 0x7f, 0x80, decodeOpusAudioDescriptor)?.channelConfigCode;
  const table = code === undefined ? undefined : MAPPING_BY_CHANNELS[code - 1];
  if (table === undefined) return caps("audio/x-opus");
  const channels = table.mapping.length;
  const mappingFamily = channels > 2 ? 1 : 0;
  const config = encodeOpusHead({
    version: 1,
    channels,
    preSkip: 0,
    inputSampleRate: OPUS_RATE,
    outputGain: 0,
    mappingFamily,
    mappingTable: mappingFamily === 0 ? undefined : table,
  });
  return caps("audio/x-opus", { rate: OPUS_RATE, channels, codec_data: bytesField(config) });
}

/** The packets of the access units in a PES payload, each behind its opus_control_header. */
function opusPackets(payload: Uint8Array, warn: (text: string) => void): StreamPacket[] {
  const packets: StreamPacket[] = [];
  let after = 0n;
  let at = 0;
  while (at < payload.length) {
    const start = at;
    const head = ((payload[at] as number) << 8) | (payload[at + 1] ?? 0);
    at += 2;
    let size = 0;
    let part = 255;
    for (; part === 255 && at < payload.length; at++) {
      part = payload[at] as number;
      size += part;
    }
    // start_trim_flag and end_trim_flag.
    at += 2 * (((head >> 4) & 1) + ((head >> 3) & 1));
    // control_extension_flag.
    if ((head & 0x04) !== 0) at += 1 + (payload[at] ?? 0);
    const data = payload.subarray(at, at + size);
    at += size;
    if (head >> 5 !== 0x3ff || size === 0 || at > payload.length) {
      warn(`no Opus access unit at byte ${start} of a PES packet of ${payload.length} bytes`);
      break;
    }
    packets.push({ data, after });
    try {
      after += BigInt(opusPacketDurationMs(data) * 1_000_000);
    } catch (error) {
      // It is told by whoever decodes it.
      if (!isFormatError(error)) throw error;
    }
  }
  return packets;
}

/**
 * Opus as mpegtsmux writes it, one packet a PES packet; the first packets tell what to drop of them by preSkip.
 * `undefined`: the channels have an order that only an explicit mapping could tell.
 */
export function opusMuxFormat(of: Caps, first: Uint8Array | undefined): MuxFormat | undefined {
  const head = headOf(of);
  const channels = head?.channels ?? numberOf(of, "channels") ?? ((first?.[0] ?? 4) & 4 ? 2 : 1);
  const table = MAPPING_BY_CHANNELS[channels - 1];
  if (table === undefined || (head !== undefined && !isUsual(head, table))) return undefined;
  let preSkip = head?.preSkip ?? 0;
  return {
    kind: "opus",
    descriptors: [
      encodeOpusAudioDescriptor({ channelConfigCode: channels, rest: new Uint8Array(0) }),
    ],
    wrap(packet) {
      const startTrim = Math.min(preSkip, samplesOf(packet));
      preSkip -= startTrim;
      return concatBytes(controlHeader(packet.length, startTrim), packet);
    },
  };
}

function headOf(of: Caps): OpusHead | undefined {
  const config = codecDataOf(of);
  try {
    return config && decodeOpusHead(config);
  } catch (error) {
    if (!isFormatError(error)) throw error;
    return undefined;
  }
}

/** The channels are in Vorbis' order, which is all that a channel_config_code from 1 to 8 says. */
function isUsual({ mappingFamily, mappingTable }: OpusHead, usual: OpusMappingTable): boolean {
  if (mappingTable === undefined) return true;
  const { streams, coupled, mapping } = mappingTable;
  return (
    mappingFamily === 1 &&
    streams === usual.streams &&
    coupled === usual.coupled &&
    mapping.every((index, channel) => index === usual.mapping[channel])
  );
}

function samplesOf(packet: Uint8Array): number {
  try {
    return opusPacketDurationMs(packet) * (OPUS_RATE / 1000);
  } catch (error) {
    if (!isFormatError(error)) throw error;
    return 0;
  }
}

/** opus_control_header: `startTrim` samples are dropped by who plays. */
function controlHeader(size: number, startTrim: number): Uint8Array {
  const full = Math.floor(size / 255);
  const sizes = [...new Array<number>(full).fill(255), size % 255];
  return startTrim === 0
    ? Uint8Array.of(0x7f, 0xe0, ...sizes)
    : Uint8Array.of(0x7f, 0xf0, ...sizes, startTrim >> 8, startTrim & 0xff);
}
