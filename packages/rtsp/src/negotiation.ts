import type { ClientTransport } from "./client-events.js";
import { headerValue, type RtspResponse } from "./message.js";
import type { SdpMedia } from "./sdp-controls.js";
import { type NumberRange, parseTransport, type TransportSpec } from "./transport.js";

/** What SETUP asks for. `pair` are channels for `tcp`, ports for `udp`, and nothing for multicast. */
export function transportRequest(
  transport: ClientTransport,
  media: SdpMedia | undefined,
  pair: NumberRange,
  version: "1.0" | "2.0",
): TransportSpec {
  // `m=video 0 RTP/SAVPF 96`: the profile is the one that the description names.
  const [, profile = "AVP"] = /\sRTP\/(\w+)/i.exec(media?.line ?? "") ?? [];
  const rtp = { protocol: "RTP", profile };
  switch (transport) {
    case "tcp":
      return { ...rtp, lowerTransport: "TCP", delivery: "unicast", interleaved: pair };
    case "udp-mcast":
      return { ...rtp, delivery: "multicast" };
    case "udp": {
      const delivery = "unicast";
      if (version === "1.0") return { ...rtp, delivery, clientPort: pair };
      // RFC 7826 18.54: client_port is gone.
      const destAddr = [`:${pair.first}`, `:${pair.last}`];
      return { ...rtp, lowerTransport: "UDP", delivery, destAddr };
    }
    default:
      throw new RangeError(`unknown transport ${String(transport satisfies never)}`);
  }
}

/**
 * What the server agreed to: its Transport over the requested one, because servers leave out what they did not change.
 * @returns `undefined` when it answered with another lower transport, or with none that can be read.
 */
export function agreedTransport(
  requested: TransportSpec,
  response: RtspResponse,
): TransportSpec | undefined {
  const value = headerValue(response, "Transport");
  if (value === undefined) return requested;
  let answered: TransportSpec | undefined;
  try {
    [answered] = parseTransport(value);
  } catch {
    return undefined;
  }
  const lower = (spec: TransportSpec | undefined): string => spec?.lowerTransport ?? "UDP";
  return lower(answered) === lower(requested) ? { ...requested, ...answered } : undefined;
}
