/**
 * What a CTA-708 implementation must offer to be tested, on plain data: hexadecimal-free bytes and JSON-like objects, so
 * that a binding of a C library fits. Leave out what it does not have.
 */
export interface Cea708Implementation {
  /** Cut the block data of one service and packet into codes (CTA-708-E 7.1). */
  readonly tokenise?: (blockData: Uint8Array) => readonly Uint8Array[];
  /** Complete packets of a sequence of cc_data() payloads (bare triplets), in order (CTA-708-E 5). */
  readonly packets?: (frames: readonly Uint8Array[]) => readonly PlainPacket[];
  /** A packet as triplets, `FF` first (CTA-708-E 5). */
  readonly encodePacket?: (packet: PlainPacket) => Uint8Array;
  /** Service blocks of a packet's data; codes may cross blocks of a service (CTA-708-E 6). */
  readonly serviceCodes?: (packetData: Uint8Array) => readonly PlainServiceCodes[];
  /** The windows after the codes of one service, each batch arriving at its time (CTA-708-E 8). */
  readonly windows?: (steps: readonly PlainStep[]) => readonly PlainWindow[];
  /** Text of a code of G0 to G3 or P16, or `undefined` for any other code. */
  readonly character?: (code: Uint8Array) => string | undefined;
  /** Decode a CDP, or throw (ST 334-2). */
  readonly decodeCdp?: (bytes: Uint8Array) => PlainCdp;
  readonly encodeCdp?: (cdp: PlainCdp) => Uint8Array;
  /** Carry cc_data from one frame rate to another, drained at the end. */
  readonly repack?: (
    frames: readonly Uint8Array[],
    inputRate: PlainRate,
    outputRate: PlainRate,
  ) => readonly Uint8Array[];
}

/** A DTVCC packet without its header byte. */
export interface PlainPacket {
  readonly sequenceNumber: number;
  readonly packetData: Uint8Array;
}

/** The codes of one service in a packet. */
export interface PlainServiceCodes {
  readonly serviceNumber: number;
  readonly codes: readonly Uint8Array[];
}

/** Code bytes that arrive at a time. */
export interface PlainStep {
  readonly timeMs: number;
  readonly codes: Uint8Array;
}

/** A defined window. */
export interface PlainWindow {
  readonly id: number;
  readonly visible: boolean;
  readonly rows: number;
  readonly columns: number;
  /** A string for each row; cells that were never written are spaces, trailing ones cut. */
  readonly text: readonly string[];
}

/** A CDP with the two sections that all have. */
export interface PlainCdp {
  readonly cdpFrameRate: number;
  readonly cdpHdrSequenceCntr: number;
  readonly captionServiceActive: boolean;
  readonly timeCode: PlainTimeCode | undefined;
  readonly ccData: Uint8Array;
}

/** time_code_section. */
export interface PlainTimeCode {
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  readonly frames: number;
  readonly fieldFlag: boolean;
  readonly dropFrameFlag: boolean;
}

/** Frames per second. */
export interface PlainRate {
  readonly numerator: number;
  readonly denominator: number;
}

/** What the suite wants of a test runner: `describe` and `test` of vitest, node:test, mocha and jest fit. */
export interface SuiteRunner {
  /** A group of tests. */
  describe(name: string, body: () => void): void;
  /** One test: it fails when `body` throws. */
  test(name: string, body: () => void): void;
  /** Runs of each property. Default: 100. */
  readonly numRuns?: number;
}
