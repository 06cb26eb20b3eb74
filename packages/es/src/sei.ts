import { plain } from "@x/bits";
import { formatError } from "./errors.js";
import { unescapeNal } from "./nal-unit.js";

/** One message of a SEI NAL unit, H.264 7.3.2.3.1, H.265 7.3.5. */
export interface SeiMessage {
  /** 1 picture timing, 4 registered user data (T.35), 5 unregistered, 137 mastering display, 144 content light... */
  readonly payloadType: number;
  /** Emulation prevention removed. */
  readonly payload: Uint8Array;
}

/**
 * The messages of a SEI NAL unit. `nal` has its header (one byte for AVC, two for HEVC) and emulation prevention.
 * @returns views into `nal` when it has no emulation prevention, else into one copy
 * @throws {FormatError} `truncated`
 */
export function decodeSei(nal: Uint8Array, codec: "avc" | "hevc"): SeiMessage[] {
  const rbsp = unescapeNal(plain(nal));
  let end = rbsp.length;
  while (end > 0 && rbsp[end - 1] === 0) end--;
  // rbsp_trailing_bits: a lone 0x80 behind byte-aligned messages.
  const messagesEnd = rbsp[end - 1] === 0x80 ? end - 1 : end;
  const messages: SeiMessage[] = [];
  let at = codec === "avc" ? 1 : 2;
  const number = (field: string): number => {
    let value = 0;
    for (let byte = 255; byte === 255; ) {
      if (at >= messagesEnd) throw formatError("truncated", "input ends here", field, at);
      byte = rbsp[at++] as number;
      value += byte;
    }
    return value;
  };
  while (at < messagesEnd) {
    const payloadType = number("payloadType");
    const payloadSize = number("payloadSize");
    if (payloadSize > rbsp.length - at) {
      const short = payloadSize - (rbsp.length - at);
      throw formatError("truncated", `${short} bytes short`, "payload", at);
    }
    messages.push({ payloadType, payload: rbsp.subarray(at, at + payloadSize) });
    at += payloadSize;
  }
  return messages;
}

/** user_data_registered_itu_t_t35, H.264 D.1.6: who registered it, and the data. */
export interface T35UserData {
  readonly countryCode: number;
  /** itu_t_t35_provider_code: 0x31 is ATSC, 0x3c Samsung (HDR10+), 0x3b Dolby. */
  readonly providerCode: number;
  /** What follows the provider code. */
  readonly data: Uint8Array;
}

/**
 * Take a SEI payload of type 4 apart; `data` is a view.
 * @throws {FormatError} `truncated`
 */
export function decodeT35UserData(payload: Uint8Array): T35UserData {
  const input = plain(payload);
  const start = input[0] === 0xff ? 2 : 1;
  if (input.length < start + 2) {
    throw formatError("truncated", "input ends here", "ituTT35ProviderCode", input.length);
  }
  return {
    countryCode: input[start - 1] as number,
    providerCode: ((input[start] as number) << 8) | (input[start + 1] as number),
    data: input.subarray(start + 2),
  };
}
