import {
  matchRtpInfo,
  type Presentation,
  parseRtpInfo,
  resolvePresentation,
  type SetupRequest,
} from "@x/rtsp-uri";
import { type Channel, ChannelMap } from "./channel-map.js";
import type { ClientTransport, MediaStart, RtspEvent } from "./client-events.js";
import { headerValue, headerValues, type RtspHeader, type RtspResponse } from "./message.js";
import { agreedTransport, transportRequest } from "./negotiation.js";
import { type SdpMedia, sdpControls } from "./sdp-controls.js";
import { formatTransport, type NumberRange, type TransportSpec } from "./transport.js";

/** What DESCRIBE gave. */
export interface Description {
  readonly media: readonly SdpMedia[];
  readonly presentation: Presentation;
}

/** Read the response to DESCRIBE; `undefined` when it has no description with media. */
export function readDescription(
  response: RtspResponse,
  requestUri: string,
  prefer: "rfc" | "concat",
): Description | undefined {
  const { sessionControl, media } = sdpControls(response.body);
  if (media.length === 0) return undefined;
  const input = {
    requestUri,
    contentBase: headerValue(response, "Content-Base"),
    contentLocation: headerValue(response, "Content-Location"),
    sessionControl,
    mediaControls: media.map(({ control }) => control),
  };
  return { media, presentation: resolvePresentation(input, { prefer }) };
}

/** A medium that SETUP succeeded for. */
interface SetUpMedia {
  readonly media: number;
  readonly uri: string;
  readonly control: string | undefined;
  readonly ssrc: number | undefined;
}

/** The media of one session: what was asked for each, what was agreed, and the ports that are bound for it. */
export class MediaSetup {
  readonly #transports: readonly ClientTransport[];
  readonly #emit: (event: RtspEvent) => void;
  readonly #channels = new ChannelMap();
  /** Media with UDP ports. */
  readonly #udp = new Set<number>();
  #media: readonly SdpMedia[] = [];
  #setUp: SetUpMedia[] = [];
  #requested: TransportSpec | undefined;

  constructor(transports: readonly ClientTransport[], emit: (event: RtspEvent) => void) {
    this.#transports = transports;
    this.#emit = emit;
  }

  /** URIs of the media that are set up. */
  get uris(): readonly string[] {
    return this.#setUp.map(({ uri }) => uri);
  }

  /** Some medium comes over the connection itself. */
  get interleaved(): boolean {
    return this.#channels.size > 0;
  }

  channel(channel: number): Channel | undefined {
    return this.#channels.get(channel);
  }

  /** Begin with the media of a description. */
  describe(media: readonly SdpMedia[]): void {
    this.#media = media;
  }

  /** Forget the session, and give its ports back. */
  clear(): void {
    this.#setUp = [];
    this.#channels.clear();
    for (const media of this.#udp) this.#emit({ type: "release", media });
    this.#udp.clear();
  }

  /** The Transport header for a SETUP; `undefined` when ports have to be bound first. */
  request(action: SetupRequest): RtspHeader | undefined {
    const { media } = action;
    const transport = this.#transportOf(action);
    if (this.#udp.delete(media)) this.#emit({ type: "release", media });
    if (transport !== "udp") return this.#header(action, transport, this.#channels.free());
    this.#udp.add(media);
    this.#emit({ type: "allocate", media });
    return undefined;
  }

  /** The same once the ports are bound; `undefined` when nobody waits for them. */
  requestWith(action: SetupRequest, pair: NumberRange): RtspHeader | undefined {
    return this.waitsForPorts(action.media) ? this.#header(action, "udp", pair) : undefined;
  }

  waitsForPorts(media: number): boolean {
    return this.#udp.has(media);
  }

  /** There are no ports for the medium. */
  withoutPorts(media: number): void {
    this.#udp.delete(media);
  }

  /** SETUP succeeded. @returns false when the server's transport is not the one that was asked for. */
  accept(action: SetupRequest, response: RtspResponse): boolean {
    const { media, uri, rule } = action;
    const transport = agreedTransport(this.#requested as TransportSpec, response);
    if (transport === undefined) return false;
    const { interleaved, ssrc } = transport;
    const lowerTransport = this.#transportOf(action);
    if (interleaved !== undefined) this.#channels.assign(media, interleaved);
    this.#setUp.push({ media, uri, control: this.#media[media]?.control, ssrc });
    this.#emit({ type: "setup", media, uri, rule, lowerTransport, transport });
    return true;
  }

  /** What RTP-Info says about the media that are set up. */
  starts(response: RtspResponse, base: string): MediaStart[] {
    const entries = parseRtpInfo(headerValues(response, "RTP-Info").join(","));
    const matches = matchRtpInfo(entries, this.#setUp, base);
    return entries.flatMap(({ seq, rtptime }, i) => {
      const found = this.#setUp[matches[i] ?? -1];
      return found === undefined ? [] : [{ media: found.media, seq, rtptime }];
    });
  }

  #transportOf({ transport }: SetupRequest): ClientTransport {
    return this.#transports[transport] as ClientTransport;
  }

  #header(action: SetupRequest, transport: ClientTransport, pair: NumberRange): RtspHeader {
    const media = this.#media[action.media];
    this.#requested = transportRequest(transport, media, pair, action.version);
    return { name: "Transport", value: formatTransport([this.#requested]) };
  }
}
