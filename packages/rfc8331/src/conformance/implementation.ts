import type { AncPacket } from "@x/st291";
import type fc from "fast-check";

// What the suite asks of an implementation, in plain data, so that a binding of another library fits.

/** An ANC packet as plain data. */
export interface ConformancePacket {
  readonly cNotYChannelFlag: boolean;
  readonly lineNumber: number;
  readonly horizontalOffset: number;
  /** Present only when S is 1. */
  readonly streamNum?: number | undefined;
  /** DID, SDID or DBN, data count, user data, checksum: ten bits each, as on the wire. */
  readonly words: ArrayLike<number>;
}

/** A deviation as plain data; codes as in `AncDiagnosticCode`. */
export interface ConformanceDiagnostic {
  readonly code: string;
  readonly packet?: number | undefined;
  readonly words?: readonly number[] | undefined;
  readonly inverted?: boolean | undefined;
}

/** What a parser of payloads returns. */
export interface ConformanceResult {
  /** `undefined`: not all bits of the field are there. */
  readonly extendedSequenceNumber: number | undefined;
  readonly length: number | undefined;
  readonly ancCount: number | undefined;
  readonly f: number | undefined;
  readonly packets: readonly ConformancePacket[];
  readonly diagnostics: readonly ConformanceDiagnostic[];
  readonly unparsedBytes: number;
}

/** What a writer of payloads takes. */
export interface ConformancePayload {
  readonly extendedSequenceNumber: number;
  readonly f: number;
  readonly packets: readonly AncPacket[];
}

/** The ANC packets of a frame or field, to be sent. */
export interface ConformanceFrame {
  readonly timestamp: number;
  readonly f: number;
  readonly packets: readonly AncPacket[];
}

/** An RTP packet with its header decoded. */
export interface ConformanceRtp {
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly ssrc: number;
  readonly payload: Uint8Array;
}

/** A frame or field as received. */
export interface AssembledFrame {
  readonly timestamp: number;
  readonly f: number | undefined;
  readonly complete: boolean;
  readonly packets: readonly ConformancePacket[];
  /** 32 bits each. */
  readonly extendedSequenceNumbers: readonly number[];
}

/** What a frame assembler returns. */
export interface Assembled {
  readonly frames: readonly AssembledFrame[];
  readonly issues: readonly {
    readonly code: string;
    readonly extendedSequenceNumber?: number | undefined;
    readonly count?: number | undefined;
  }[];
}

/** The media type parameters as plain data. */
export interface ConformanceParameters {
  readonly didSdid: readonly { readonly did: number; readonly sdid: number }[];
  readonly vpidCode?: number | undefined;
  readonly exactFrameRate?:
    | { readonly numerator: number; readonly denominator: number }
    | undefined;
  readonly tm?: string | undefined;
  readonly ssn?: string | undefined;
  readonly troff?: number | undefined;
  readonly tsMode?: string | undefined;
  readonly tsDelay?: number | undefined;
}

/** An implementation under test. What it lacks is not tested. */
export interface Rfc8331Implementation {
  /** Read a payload leniently. */
  parsePayload?(bytes: Uint8Array): ConformanceResult;
  /** Write a payload. */
  encodePayload?(payload: ConformancePayload): Uint8Array;
  /** ⌊n · 90000 · denominator / numerator⌋ modulo 2³². */
  rtpTimestamp?(frameNumber: bigint, numerator: number, denominator: number): number;
  /** Whole RTP packets of the frames, one after the other, in the order of the packets given. */
  packetize?(
    frames: readonly ConformanceFrame[],
    options: {
      readonly payloadType: number;
      readonly ssrc: number;
      readonly extendedSequenceNumber: number;
      readonly rtpLimit: number;
    },
  ): Uint8Array[];
  /** The frames in these packets, taken in this order, and then the end of the stream. */
  assemble?(rtp: readonly ConformanceRtp[], window: number): Assembled;
  /** Read the text after `a=fmtp:<payload type> `. */
  parseFmtp?(text: string): {
    readonly parameters: ConformanceParameters;
    readonly diagnostics: readonly { readonly code: string }[];
  };
}

/** What the suite asks of a test runner: `describe` and `test` of vitest, node:test, mocha or jest fit. */
export interface SuiteRunner {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => void): void;
  /** Runs of each property. Default 100. */
  readonly numRuns?: number;
  /** Look for the smallest example when a property fails, which can take a minute. Default `true`. */
  readonly shrink?: boolean;
}

/** The runner as the groups of properties see it. */
export interface PropertyRunner extends SuiteRunner {
  /** Register a property as a test. */
  property<T>(title: string, arbitrary: fc.Arbitrary<T>, body: (value: T) => void): void;
}
