/** A packet header, as an implementation reads it. */
export interface PlainHeader {
  readonly transportErrorIndicator: boolean;
  readonly payloadUnitStartIndicator: boolean;
  readonly pid: number;
  readonly transportScramblingControl: number;
  readonly continuityCounter: number;
  /** 27 MHz; `undefined` when there is none. */
  readonly pcr: number | undefined;
  readonly payload: Uint8Array;
}

/** A PES packet, as an implementation delivers it. */
export interface PlainPes {
  readonly pid: number;
  readonly pts: number | undefined;
  readonly dts: number | undefined;
  readonly data: Uint8Array;
  /** Data are missing in it. */
  readonly damaged: boolean;
}

/** A PCR, as an implementation delivers it. */
export interface PlainPcr {
  readonly pid: number;
  readonly pcr: number;
  /** Index of its packet. */
  readonly packet: number;
}

/** A programme map, as an implementation delivers it. */
export interface PlainPmt {
  readonly programNumber: number;
  readonly pcrPid: number;
  readonly streams: readonly { readonly streamType: number; readonly pid: number }[];
}

/** What comes out of a demultiplexer, each list in the order of delivery. */
export interface PlainResult {
  readonly pes: readonly PlainPes[];
  readonly pcrs: readonly PlainPcr[];
  readonly pmts: readonly PlainPmt[];
}

/** A unit to multiplex. */
export interface PlainUnit {
  readonly pid: number;
  readonly data: Uint8Array;
  /** 90 kHz, 33 bits. */
  readonly pts: number;
}

/** The functions that the suite asks for. Bind yours to them. */
export interface TransportStreamImplementation {
  /** Decode a packet of 188 bytes. */
  decodePacket(bytes: Uint8Array): PlainHeader;
  /** The programme map of a section; throws when it is damaged. */
  decodePmt(section: Uint8Array): PlainPmt;
  /** The section of a programme map with version 0 and no descriptors, CRC_32 included. */
  encodePmt(pmt: PlainPmt): Uint8Array;
  /** Demultiplex an input that arrives in pieces. With `atEnd` false, what the last piece completes is the last. */
  demux(pieces: readonly Uint8Array[], atEnd: boolean): PlainResult;
  /**
   * Multiplex one programme: video (stream_type 1B) on PID 256 with the PCR, private data (06) on PID 257. Constant rate
   * in bit/s when given. Left out: a demultiplexer only.
   */
  mux?(units: readonly PlainUnit[], bitrate: number | undefined): Uint8Array;
}
