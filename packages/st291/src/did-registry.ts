/** One assignment of a DID, or of a DID and SDID, to a kind of data. */
export interface DidEntry {
  /** Data identification, 8 bits. */
  readonly did: number;
  /** Secondary data identification, 8 bits; `undefined` for type 1, where the word after the DID is a counter. */
  readonly sdid: number | undefined;
  readonly name: string;
  /** The document that defines the payload; `undefined` when no public one does. */
  readonly document: string | undefined;
}

/**
 * Who assigns a DID: `registered` with SMPTE, `user` (free for applications), `reserved`, `control` (deletion, start
 * and end markers) or `undefined` (00, which is not valid).
 */
export type DidAssignment = "registered" | "user" | "reserved" | "control" | "undefined";

/** A range of DIDs with one use (ST 291-1). */
export interface DidRange {
  readonly first: number;
  readonly last: number;
  readonly assignment: DidAssignment;
  readonly name: string;
}

/** What {@link lookup} knows about a DID and SDID. */
export interface DidInfo {
  readonly type: 1 | 2;
  /** Name of the data, or of the DID's range. */
  readonly name: string;
  readonly document: string | undefined;
  /** Of the DID's range. */
  readonly assignment: DidAssignment;
  /** `true` when the name is of exactly this data, `false` when it is only of the DID's range. */
  readonly exact: boolean;
}

/**
 * Name what a DID and SDID stand for: the assignment itself, else the range of the DID.
 * The SDID of a type 1 DID (0x80 and above) is a block number and is ignored.
 * @throws {RangeError} when `did` or `sdid` is not an integer from 0 to 255.
 */
export function lookup(did: number, sdid?: number): DidInfo {
  const range = DID_RANGES.find(({ last }) => did <= last);
  if (range === undefined || !Number.isInteger(did) || did < 0) {
    throw new RangeError(`did: ${did} is not an integer from 0 to 255`);
  }
  if (sdid !== undefined && (!Number.isInteger(sdid) || sdid < 0 || sdid > 0xff)) {
    throw new RangeError(`sdid: ${sdid} is not an integer from 0 to 255`);
  }
  const type = did < 0x80 ? 2 : 1;
  const secondary = type === 2 ? sdid : undefined;
  const entry = DID_REGISTRY.find((e) => e.did === did && e.sdid === secondary);
  return {
    type,
    name: entry?.name ?? range.name,
    document: entry?.document,
    assignment: range.assignment,
    exact: entry !== undefined,
  };
}

/** The ranges of the DID, ascending and without a gap from 00 to FF (ST 291-1). */
export const DID_RANGES: readonly DidRange[] = [
  { first: 0x00, last: 0x00, assignment: "undefined", name: "Undefined" },
  { first: 0x01, last: 0x03, assignment: "reserved", name: "Reserved" },
  { first: 0x04, last: 0x0f, assignment: "reserved", name: "Reserved for 8-bit systems" },
  { first: 0x10, last: 0x3f, assignment: "reserved", name: "Reserved" },
  { first: 0x40, last: 0x4f, assignment: "registered", name: "Registered" },
  { first: 0x50, last: 0x5f, assignment: "user", name: "User application" },
  { first: 0x60, last: 0x7f, assignment: "registered", name: "Registered" },
  { first: 0x80, last: 0x80, assignment: "control", name: "Packet marked for deletion" },
  { first: 0x81, last: 0x83, assignment: "reserved", name: "Reserved" },
  { first: 0x84, last: 0x84, assignment: "control", name: "End marker (deprecated)" },
  { first: 0x85, last: 0x87, assignment: "reserved", name: "Reserved" },
  { first: 0x88, last: 0x88, assignment: "control", name: "Start marker (deprecated)" },
  { first: 0x89, last: 0x9f, assignment: "reserved", name: "Reserved" },
  { first: 0xa0, last: 0xbf, assignment: "registered", name: "Registered" },
  { first: 0xc0, last: 0xcf, assignment: "user", name: "User application" },
  { first: 0xd0, last: 0xff, assignment: "registered", name: "Registered" },
];

type Row = readonly [did: number, sdid: number | undefined, name: string, document?: string];

const ROWS: readonly Row[] = [
  [0x08, 0x08, "MPEG recoding data, VANC", "SMPTE ST 353"],
  [0x08, 0x0c, "MPEG recoding data, HANC", "SMPTE ST 353"],
  [0x40, 0x01, "SDTI transport in active frame space", "SMPTE ST 305"],
  [0x40, 0x02, "HD-SDTI transport in active frame space", "SMPTE ST 348"],
  [0x40, 0x04, "Link encryption message 1", "SMPTE ST 427"],
  [0x40, 0x05, "Link encryption message 2", "SMPTE ST 427"],
  [0x40, 0x06, "Link encryption metadata", "SMPTE ST 427"],
  [0x40, 0xfe, "64-bit frame counter (Kernel Labs)"],
  [0x41, 0x01, "Payload identifier (VPID)", "SMPTE ST 352"],
  [0x41, 0x05, "AFD and bar data", "SMPTE ST 2016-3"],
  [0x41, 0x06, "Pan-scan data", "SMPTE ST 2016-4"],
  [0x41, 0x07, "SCTE 104 messages", "SMPTE ST 2010"],
  [0x41, 0x08, "DVB/SCTE VBI data", "SMPTE ST 2031"],
  [0x41, 0x09, "MPEG TS packets in VANC", "SMPTE ST 2056"],
  [0x41, 0x0a, "Stereoscopic 3D frame-compatible signalling", "SMPTE ST 2068"],
  [0x41, 0x0b, "Lip-sync data", "SMPTE ST 2064-2"],
  [0x41, 0x0c, "HDR/WCG metadata (extended)", "SMPTE ST 2108-1"],
  [0x41, 0x0d, "KLV HDR/WCG metadata, VANC", "SMPTE ST 2108-2"],
  [0x43, 0x01, "Inter-station control data", "ITU-R BT.1685"],
  [0x43, 0x02, "Subtitling distribution packet (OP-47)", "SMPTE RDD 8"],
  [0x43, 0x03, "ANC multipacket (OP-47)", "SMPTE RDD 8"],
  [0x43, 0x04, "Broadcast-chain monitoring metadata", "ARIB TR-B29"],
  [0x43, 0x05, "Camera acquisition metadata sets", "SMPTE RDD 18"],
  [0x44, 0x04, "KLV metadata, VANC", "SMPTE RP 214"],
  [0x44, 0x14, "KLV metadata, HANC", "SMPTE RP 214"],
  [0x44, 0x44, "UMID and program identification label", "SMPTE RP 223"],
  [0x45, 0x01, "Compressed-audio metadata, no association", "SMPTE ST 2020-1"],
  [0x45, 0x02, "Compressed-audio metadata, channels 1/2", "SMPTE ST 2020-1"],
  [0x45, 0x03, "Compressed-audio metadata, channels 3/4", "SMPTE ST 2020-1"],
  [0x45, 0x04, "Compressed-audio metadata, channels 5/6", "SMPTE ST 2020-1"],
  [0x45, 0x05, "Compressed-audio metadata, channels 7/8", "SMPTE ST 2020-1"],
  [0x45, 0x06, "Compressed-audio metadata, channels 9/10", "SMPTE ST 2020-1"],
  [0x45, 0x07, "Compressed-audio metadata, channels 11/12", "SMPTE ST 2020-1"],
  [0x45, 0x08, "Compressed-audio metadata, channels 13/14", "SMPTE ST 2020-1"],
  [0x45, 0x09, "Compressed-audio metadata, channels 15/16", "SMPTE ST 2020-1"],
  [0x46, 0x01, "Two-frame marker, HANC", "SMPTE ST 2051"],
  [0x50, 0x01, "WSS", "SMPTE RDD 8"],
  [0x51, 0x01, "Film codes and video production information", "SMPTE RP 215"],
  [0x5f, 0xdc, "ARIB captions, mobile", "ARIB STD-B37"],
  [0x5f, 0xdd, "ARIB captions, analog", "ARIB STD-B37"],
  [0x5f, 0xde, "ARIB captions, SD", "ARIB STD-B37"],
  [0x5f, 0xdf, "ARIB captions, HD", "ARIB STD-B37"],
  [0x60, 0x60, "Ancillary time code (ATC)", "SMPTE ST 12-2"],
  [0x60, 0x61, "High-frame-rate time code", "SMPTE ST 12-3"],
  [0x60, 0x62, "Generic time label", "SMPTE ST 2103"],
  [0x61, 0x01, "CEA-708 caption distribution packet (CDP)", "SMPTE ST 334-1"],
  [0x61, 0x02, "CEA-608 line 21 data", "SMPTE ST 334-1"],
  [0x62, 0x01, "Program description (DTV)", "SMPTE RP 207"],
  [0x62, 0x02, "Data broadcast (DTV)", "SMPTE ST 334-1"],
  [0x62, 0x03, "VBI data", "SMPTE RP 208"],
  [0x64, 0x64, "LTC in HANC (deprecated)", "SMPTE RP 196"],
  [0x64, 0x7f, "VITC in HANC (deprecated)", "SMPTE RP 196"],
  [0xa0, undefined, "3G audio control, group 8", "SMPTE ST 299-2"],
  [0xa1, undefined, "3G audio control, group 7", "SMPTE ST 299-2"],
  [0xa2, undefined, "3G audio control, group 6", "SMPTE ST 299-2"],
  [0xa3, undefined, "3G audio control, group 5", "SMPTE ST 299-2"],
  [0xa4, undefined, "3G audio data, group 8", "SMPTE ST 299-2"],
  [0xa5, undefined, "3G audio data, group 7", "SMPTE ST 299-2"],
  [0xa6, undefined, "3G audio data, group 6", "SMPTE ST 299-2"],
  [0xa7, undefined, "3G audio data, group 5", "SMPTE ST 299-2"],
  [0xe0, undefined, "HD audio control, group 4", "SMPTE ST 299-1"],
  [0xe1, undefined, "HD audio control, group 3", "SMPTE ST 299-1"],
  [0xe2, undefined, "HD audio control, group 2", "SMPTE ST 299-1"],
  [0xe3, undefined, "HD audio control, group 1", "SMPTE ST 299-1"],
  [0xe4, undefined, "HD audio data, group 4", "SMPTE ST 299-1"],
  [0xe5, undefined, "HD audio data, group 3", "SMPTE ST 299-1"],
  [0xe6, undefined, "HD audio data, group 2", "SMPTE ST 299-1"],
  [0xe7, undefined, "HD audio data, group 1", "SMPTE ST 299-1"],
  [0xec, undefined, "SD audio control, group 4", "SMPTE ST 272"],
  [0xed, undefined, "SD audio control, group 3", "SMPTE ST 272"],
  [0xee, undefined, "SD audio control, group 2", "SMPTE ST 272"],
  [0xef, undefined, "SD audio control, group 1", "SMPTE ST 272"],
  [0xf0, undefined, "Camera position", "SMPTE ST 315"],
  [0xf4, undefined, "Error detection and handling (EDH)", "SMPTE RP 165"],
  [0xf8, undefined, "SD extended audio data, group 4", "SMPTE ST 272"],
  [0xf9, undefined, "SD audio data, group 4", "SMPTE ST 272"],
  [0xfa, undefined, "SD extended audio data, group 3", "SMPTE ST 272"],
  [0xfb, undefined, "SD audio data, group 3", "SMPTE ST 272"],
  [0xfc, undefined, "SD extended audio data, group 2", "SMPTE ST 272"],
  [0xfd, undefined, "SD audio data, group 2", "SMPTE ST 272"],
  [0xfe, undefined, "SD extended audio data, group 1", "SMPTE ST 272"],
  [0xff, undefined, "SD audio data, group 1", "SMPTE ST 272"],
];

/**
 * Known assignments, ascending by DID and SDID: SMPTE's register, and what is common in the field without being in it
 * (RDD 8, RP 215, ARIB, Kernel Labs).
 */
export const DID_REGISTRY: readonly DidEntry[] = /* @__PURE__ */ ROWS.map(
  ([did, sdid, name, document]) => ({ did, sdid, name, document }),
);
