// What the suite asks of an implementation, in plain data, so that a binding of another library fits.

/** A packet as plain data. */
export interface ConformancePacket {
  readonly cNotYChannelFlag: boolean;
  readonly lineNumber: number;
  readonly horizontalOffset: number;
  /** DID, SDID or DBN, data count, user data, checksum: ten bits each, as on the wire. */
  readonly words: ArrayLike<number>;
}

/** A deviation as plain data; codes are those of `AncDiagnosticCode`. */
export interface ConformanceDiagnostic {
  readonly code: string;
  readonly packet?: number | undefined;
  readonly words?: readonly number[] | undefined;
  readonly inverted?: boolean | undefined;
}

/** What a parser returns. */
export interface ConformanceResult {
  readonly packets: readonly ConformancePacket[];
  readonly diagnostics: readonly ConformanceDiagnostic[];
  readonly unparsedBytes: number;
}

/** An implementation under test. What it lacks is not tested. */
export interface St2038Implementation {
  /** Read a unit (PES payload) leniently. */
  parseUnit(bytes: Uint8Array): ConformanceResult;
  /** Write a unit with `stuffing` bytes behind it. */
  encodeUnit(
    packets: readonly (ConformancePacket & { words: Uint16Array })[],
    stuffing: number,
  ): Uint8Array;
  /** Read the header of a PES packet. */
  decodePes?(bytes: Uint8Array): {
    readonly pts?: number | undefined;
    readonly payload: Uint8Array;
  };
  /** Write a PES packet around a unit. */
  encodePes?(
    packets: readonly (ConformancePacket & { words: Uint16Array })[],
    pts: number,
    stuffing: number,
  ): Uint8Array;
  /** Read the value of an ST 436 element leniently. */
  parseSt436?(value: Uint8Array): ConformanceResult;
  /** Write the value of an ST 436 element; `bits` per sample. */
  encodeSt436?(
    packets: readonly (ConformancePacket & { words: Uint16Array })[],
    bits: 8 | 10,
  ): Uint8Array;
}

/** What the suite asks of a test runner: `describe` and `test` of vitest, node:test, mocha or jest fit. */
export interface SuiteRunner {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => void): void;
  /** Runs of each property. Default 100. */
  readonly numRuns?: number;
}

/** The same with the default in place. */
export interface PropertyRunner extends SuiteRunner {
  readonly numRuns: number;
}
