import type {
  ControlRule,
  LowerTransport,
  Presentation,
  SetupPlanOptions,
  UriIssue,
} from "@x/rtsp-uri";
import type { RtspCredentials } from "./authorization.js";
import type { RtspRequest } from "./message.js";
import type { RtspIssue, RtspParserOptions } from "./parser.js";
import type { SdpMedia } from "./sdp-controls.js";
import type { TransportSpec } from "./transport.js";

/** What the caller has to do, or may want to know, in order. */
export type RtspEvent =
  /** Wait `delayMs`, open a connection, then call `connected` or `closed`. */
  | {
      readonly type: "connect";
      /** Host name or address, an IPv6 zone included. */
      readonly address: string;
      readonly port: number;
      readonly tls: boolean;
      readonly delayMs: number;
    }
  /** Close the connection after what was sent; `closed` need not be called for it. */
  | { readonly type: "disconnect" }
  /** Write to the connection. */
  | { readonly type: "send"; readonly data: Uint8Array }
  /** The session description, and what its URIs are. */
  | {
      readonly type: "described";
      readonly sdp: Uint8Array;
      readonly media: readonly SdpMedia[];
      readonly presentation: Presentation;
    }
  /** Bind a pair of UDP ports for the medium, then call `allocated`. A pair bound before for it is released. */
  | { readonly type: "allocate"; readonly media: number }
  /** Close the medium's UDP ports. */
  | { readonly type: "release"; readonly media: number }
  /** The medium is set up. */
  | {
      readonly type: "setup";
      readonly media: number;
      readonly uri: string;
      readonly rule: ControlRule;
      readonly lowerTransport: LowerTransport;
      /** What the server answered; what it left out comes from the request. */
      readonly transport: TransportSpec;
    }
  | {
      readonly type: "playing";
      /** As received. */
      readonly range: string | undefined;
      /** Where RTP begins, for the media that RTP-Info names. */
      readonly rtpInfo: readonly MediaStart[];
    }
  | { readonly type: "paused" }
  /** RTP or RTCP over the RTSP connection. */
  | {
      readonly type: "frame";
      /** `undefined` for a channel that nobody asked for. */
      readonly media: number | undefined;
      readonly kind: "rtp" | "rtcp";
      readonly channel: number;
      /** A view, see {@link RtspFrame}. */
      readonly data: Uint8Array;
    }
  /** The server asked something; it was answered. */
  | { readonly type: "request"; readonly request: RtspRequest }
  | { readonly type: "issue"; readonly issue: RtspIssue | UriIssue }
  /** The end; without `error` it was wanted. Nothing comes after it. */
  | { readonly type: "closed"; readonly error: RtspClientError | undefined };

/** First RTP packet of a medium after PLAY. */
export interface MediaStart {
  readonly media: number;
  /** 16 bits. */
  readonly seq: number | undefined;
  /** 32 bits, in the medium's clock. */
  readonly rtptime: number | undefined;
}

/**
 * `connect`: no connection could be made; `network`: it was lost; `timeout`: no answer; `refused`: an answer that ends
 * it, see `status`; `unauthorized`; `redirect`: refused or too many; `malformed`: DESCRIBE gave no description; `setup`:
 * see `cause`, a `SetupError`; `server`: the server ended the session.
 */
export type RtspClientErrorCode =
  | "connect"
  | "network"
  | "timeout"
  | "refused"
  | "unauthorized"
  | "redirect"
  | "malformed"
  | "setup"
  | "server";

/** Why a session ended that nobody ended. */
export class RtspClientError extends Error {
  override readonly name = "RtspClientError";
  readonly code: RtspClientErrorCode;
  /** Of the response that ended it. */
  readonly status: number | undefined;

  constructor(
    code: RtspClientErrorCode,
    message: string,
    details: { readonly status?: number; readonly cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status;
  }
}

/** Lower transports that the client can ask for. */
export type ClientTransport = Exclude<LowerTransport, "http">;

export interface RtspClientOptions
  extends Pick<
      SetupPlanOptions,
      | "learned"
      | "redirects"
      | "maxSetups"
      | "maxReconnects"
      | "maxRedirects"
      | "maxWaitMs"
      | "backoffMs"
    >,
    RtspParserOptions {
  /** In the order to try them. Default: what the URL's scheme allows. */
  readonly transports?: readonly ClientTransport[];
  /** Which media to set up. Default: all. */
  readonly select?: (media: SdpMedia, index: number) => boolean;
  /** Default: those of the URL. */
  readonly credentials?: RtspCredentials;
  /** Answer Basic challenges, which tell the password to everybody on the way when there is no TLS. Default `true`. */
  readonly allowBasic?: boolean;
  /** `"concat"` is GStreamer's `force-non-compliant-url`. Default `"rfc"`. */
  readonly prefer?: "rfc" | "concat";
  /** RTSP 2.0 falls back to 1.0 when the server refuses it. Default `"1.0"`. */
  readonly version?: "1.0" | "2.0";
  /** Range of the first PLAY; `""` for none. Default `"npt=0-"`. */
  readonly range?: string;
  /** Value of a Require header for SETUP and PLAY; dropped when the server answers 551. */
  readonly require?: string;
  /** Default `"@x/rtsp"`. */
  readonly userAgent?: string;
  /** See `parseRtspUrl`. */
  readonly tlsDefaultPort?: number;
  /** Default 10 000. */
  readonly connectTimeoutMs?: number;
  /** For OPTIONS, DESCRIBE, PLAY and PAUSE. Default 20 000. */
  readonly responseTimeoutMs?: number;
  /** Default 5000. */
  readonly setupTimeoutMs?: number;
  /** How long to wait for the answer to TEARDOWN. Default 1000. */
  readonly teardownTimeoutMs?: number;
  /** A client nonce for Digest. Default: 64 random bits. */
  readonly cnonce?: () => string;
}
