import { plain, uint16, uint32 } from "@x/bits";
import { type ColourTransformSpecification, cfaPattern, type Registration } from "./colour.js";
import { codestreamError, truncatedError } from "./errors.js";
import { type Component, type Geometry, geometryOf } from "./geometry.js";
import { Marker, markerName } from "./marker.js";
import {
  decodePictureHeader,
  encodePictureHeaderInto,
  PICTURE_HEADER_SIZE,
  type PictureHeader,
  pictureHeaderTrouble,
} from "./picture-header.js";

/** WGT: one band's entry (ISO/IEC 21122-1 A.4.6). */
export interface Weight {
  /** Gain G[b]: bit-planes that are coded finer. 8 bits; the standard's range is 0 to 15. */
  readonly gain: number;
  /** Priority P[b], 0 to 255: lower ones are refined first. */
  readonly priority: number;
}

/** NLT: output non-linearity (ISO/IEC 21122-1 A.4.7). */
export type Nonlinearity =
  | {
      readonly tnlt: 1;
      /** Offset added after squaring, −32768 to 32767. */
      readonly dco: number;
    }
  | {
      readonly tnlt: 2;
      /** Thresholds, 1 to 2^Bw−1, and slope exponent, 1 to 4. */
      readonly t1: number;
      readonly t2: number;
      readonly e: number;
    };

/** COM: an extension, for example a vendor string (ISO/IEC 21122-1 A.4.11). */
export interface Extension {
  readonly tcom: number;
  /** Decoded: a view of the input. */
  readonly data: Uint8Array;
}

/** Everything between SOC and the first slice. */
export interface CodestreamHeader {
  /** Capability bytes of CAP; bit 0 is the top bit of the first. Decoded: a view of the input. */
  readonly cap: Uint8Array;
  readonly pih: PictureHeader;
  readonly cdt: readonly Component[];
  /** One entry for each existing band, in band order. */
  readonly wgt: readonly Weight[];
  readonly nlt?: Nonlinearity;
  /** Number of trailing components without wavelet transform, 1 to nc−1; absent: none. */
  readonly sd?: number;
  readonly cts?: ColourTransformSpecification;
  readonly crg?: readonly Registration[];
  readonly com?: readonly Extension[];
  /** Order of the marker segments after PIH, as received. Default when encoding: CDT, WGT, NLT, CWD, CTS, CRG, COM. */
  readonly order?: readonly number[];
}

/** A decoded header with what follows from it. */
export interface DecodedHeader extends CodestreamHeader {
  readonly geometry: Geometry;
  /** Bytes from SOC to the first slice header. */
  readonly size: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Decode the header of the codestream that starts at `offset` (ISO/IEC 21122-1 A.4). Needs the bytes up to the first
 * slice header and its marker, nothing more. Views into `bytes`.
 *
 * @throws {FormatError} `malformed`, `unsupported` (temporal coding) or `truncated`; `expected` of the latter is the
 * number of bytes from `offset` that are needed to get further.
 */
export function decodeHeader(bytes: Uint8Array, offset = 0): DecodedHeader {
  const input = plain(bytes);
  const reader = new SegmentReader(input, offset);
  reader.bare(Marker.soc, "soc");
  const capSegment = reader.segment(Marker.cap, "cap");
  const pihSegment = reader.segment(Marker.pih, "pih");
  lengthIs(pihSegment, PICTURE_HEADER_SIZE);
  const pih = decodePictureHeader(input, pihSegment.at);

  const header: Partial<Mutable<DecodedHeader>> = {
    cap: input.subarray(capSegment.at, capSegment.end),
    pih,
  };
  const order: number[] = [];
  const com: Extension[] = [];
  let wgt: Segment | undefined;
  for (;;) {
    const marker = reader.peek();
    if (marker === Marker.slh || marker === Marker.sli) break;
    const segment = reader.segment(marker, "marker");
    if (marker !== Marker.com && order.includes(marker)) {
      throw malformed(`${markerName(marker)} twice`, "marker", segment.at - 4, "A.4.1");
    }
    order.push(marker);
    switch (marker) {
      case Marker.cdt:
        header.cdt = decodeComponents(input, segment, pih);
        break;
      case Marker.wgt:
        wgt = segment;
        break;
      case Marker.nlt:
        header.nlt = decodeNonlinearity(input, segment, pih.bw);
        break;
      case Marker.cwd:
        lengthIs(segment, 1);
        header.sd = input[segment.at] as number;
        break;
      case Marker.cts:
        header.cts = decodeColourTransform(input, segment);
        break;
      case Marker.crg:
        header.crg = decodeRegistration(input, segment, pih.nc);
        break;
      case Marker.com:
        if (segment.end - segment.at < 2) throw malformed("Lcom below 4", "lcom", segment.at - 2);
        com.push({
          tcom: uint16(input, segment.at),
          data: input.subarray(segment.at + 2, segment.end),
        });
        break;
      case Marker.tpc:
      case Marker.wgr:
        throw codestreamError("unsupported", "temporal coding (TDC)", "marker", segment.at - 4);
      default: {
        const name = markerName(marker) ?? marker.toString(16).padStart(4, "0");
        throw malformed(`${name} in the header`, "marker", segment.at - 4, "A.4.1");
      }
    }
  }
  if (header.cdt === undefined) throw malformed("no CDT", "cdt", reader.at, "A.4.1");
  if (wgt === undefined) throw malformed("no WGT", "wgt", reader.at, "A.4.1");
  if (!validSd(header.sd, pih.nc)) throw malformed(`Sd ${header.sd}`, "cwd.sd", offset, "A.4.10");
  const geometry = geometryOf(pih, header.cdt, header.sd ?? 0);
  header.wgt = decodeWeights(input, wgt, geometry.bands.length);
  if (com.length > 0) header.com = com;
  header.order = order;
  header.geometry = geometry;
  header.size = reader.at - offset;
  const trouble = headerTrouble(header as DecodedHeader, geometry);
  if (trouble !== undefined) {
    const [code, field, message] = trouble;
    throw codestreamError(code, message, field, offset);
  }
  return header as DecodedHeader;
}

/** Bytes of the header that `encodeHeader` writes. */
export function sizeOfHeader(header: CodestreamHeader): number {
  let size = 2 + 4 + header.cap.length + 4 + PICTURE_HEADER_SIZE;
  for (const marker of segmentOrder(header)) size += 4 + payloadSize(header, marker, 0);
  for (const { data } of header.com?.slice(1) ?? []) size += 6 + data.length;
  return size;
}

/**
 * Encode everything from SOC up to the first slice header (ISO/IEC 21122-1 A.4). The header of a decoded codestream
 * gives the same bytes again.
 * @throws {RangeError} when a value is outside its field or breaks a rule that `decodeHeader` would refuse.
 */
export function encodeHeader(header: CodestreamHeader): Uint8Array<ArrayBuffer> {
  const trouble = pictureHeaderTrouble(header.pih);
  if (trouble !== undefined) {
    throw new RangeError(`pih.${trouble[0]} is ${header.pih[trouble[0]]}, not ${trouble[2]}`);
  }
  if (header.cdt.length !== header.pih.nc) {
    throw new RangeError(`${header.cdt.length} components in cdt, ${header.pih.nc} in pih.nc`);
  }
  for (const c of header.cdt) checkComponent(c);
  if (!validSd(header.sd, header.pih.nc)) throw new RangeError(`cwd.sd is ${header.sd}`);
  const geometry = geometryOf(header.pih, header.cdt, header.sd ?? 0);
  if (header.wgt.length !== geometry.bands.length) {
    throw new RangeError(`${header.wgt.length} entries in wgt for ${geometry.bands.length} bands`);
  }
  const broken = headerTrouble(header, geometry);
  if (broken !== undefined) throw new RangeError(`${broken[1]}: ${broken[2]}`);

  const out = new Uint8Array(sizeOfHeader(header));
  const view = new DataView(out.buffer);
  let at = 2;
  const start = (marker: number, size: number): number => {
    const payload = at + 4;
    if (size + 2 > 0xffff) throw new RangeError(`${markerName(marker)} of ${size} bytes`);
    view.setUint16(at, marker);
    view.setUint16(at + 2, size + 2);
    at = payload + size;
    return payload;
  };
  view.setUint16(0, Marker.soc);
  out.set(header.cap, start(Marker.cap, header.cap.length));
  encodePictureHeaderInto(header.pih, out, start(Marker.pih, PICTURE_HEADER_SIZE));
  let comments = 0;
  for (const marker of segmentOrder(header, true)) {
    const payload = start(marker, payloadSize(header, marker, comments));
    encodePayloadInto(header, marker, comments, view, payload);
    if (marker === Marker.com) comments++;
  }
  return out;
}

/** The segments after PIH: the received order, with what it does not name behind. COM once, or once for each. */
function segmentOrder(header: CodestreamHeader, everyComment = false): number[] {
  const present = [
    Marker.cdt,
    Marker.wgt,
    ...(header.nlt === undefined ? [] : [Marker.nlt]),
    ...(header.sd === undefined ? [] : [Marker.cwd]),
    ...(header.cts === undefined ? [] : [Marker.cts]),
    ...(header.crg === undefined ? [] : [Marker.crg]),
    ...(header.com ?? []).map(() => Marker.com),
  ] as number[];
  const order: number[] = [];
  for (const marker of [...(header.order ?? []), ...present]) {
    const wanted = present.filter((m) => m === marker).length;
    if (order.filter((m) => m === marker).length < wanted) order.push(marker);
  }
  return everyComment
    ? order
    : order.filter((m, i) => m !== Marker.com || order.indexOf(Marker.com) === i);
}

function payloadSize(header: CodestreamHeader, marker: number, comment: number): number {
  switch (marker) {
    case Marker.cdt:
      return 2 * header.cdt.length;
    case Marker.wgt:
      return 2 * header.wgt.length;
    case Marker.nlt:
      return header.nlt?.tnlt === 1 ? 3 : 10;
    case Marker.cwd:
      return 1;
    case Marker.cts:
      return 2;
    case Marker.crg:
      return 4 * (header.crg?.length ?? 0);
    default:
      return 2 + (header.com?.[comment]?.data.length ?? 0);
  }
}

function encodePayloadInto(
  header: CodestreamHeader,
  marker: number,
  comment: number,
  view: DataView,
  start: number,
): void {
  let at = start;
  const byte = (value: number): void => view.setUint8(at++, fits(value, 0xff));
  const word = (value: number): void => {
    view.setUint16(at, fits(value, 0xffff));
    at += 2;
  };
  switch (marker) {
    case Marker.cdt:
      for (const { b, sx, sy } of header.cdt) {
        byte(b);
        byte((sx << 4) | sy);
      }
      break;
    case Marker.wgt:
      for (const { gain, priority } of header.wgt) {
        byte(gain);
        byte(priority);
      }
      break;
    case Marker.nlt:
      byte(header.nlt?.tnlt as number);
      if (header.nlt?.tnlt === 1) word(header.nlt.dco & 0xffff);
      if (header.nlt?.tnlt === 2) {
        view.setUint32(at, header.nlt.t1);
        view.setUint32(at + 4, header.nlt.t2);
        at += 8;
        byte(header.nlt.e);
      }
      break;
    case Marker.cwd:
      byte(header.sd as number);
      break;
    case Marker.cts: {
      const { reserved, cf, e1, e2 } = header.cts as ColourTransformSpecification;
      byte((fits(reserved, 15) << 4) | cf);
      byte((e1 << 4) | e2);
      break;
    }
    case Marker.crg:
      for (const { xcrg, ycrg } of header.crg ?? []) {
        word(xcrg);
        word(ycrg);
      }
      break;
    default: {
      const { tcom, data } = (header.com as readonly Extension[])[comment] as Extension;
      word(tcom);
      new Uint8Array(view.buffer).set(data, at);
    }
  }
}

function fits(value: number, max: number): number {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new RangeError(`${value} is not an integer from 0 to ${max}`);
  }
  return value;
}

/** ISO/IEC 21122-1 A.4.10: absent, or 1 to nc−1 of more than three components. */
function validSd(sd: number | undefined, nc: number): boolean {
  return sd === undefined || (Number.isInteger(sd) && sd >= 1 && sd < nc && nc > 3);
}

function checkComponent({ b, sx, sy }: Component): void {
  const good =
    Number.isInteger(b) && b >= 8 && b <= 16 && [1, 2].includes(sx) && [1, 2].includes(sy);
  if (!good) throw new RangeError(`cdt: depth ${b}, sampling ${sx}x${sy}`);
}

function decodeComponents(bytes: Uint8Array, segment: Segment, pih: PictureHeader): Component[] {
  lengthIs(segment, 2 * pih.nc);
  return Array.from({ length: pih.nc }, (_, i) => {
    const at = segment.at + 2 * i;
    const b = bytes[at] as number;
    const sx = (bytes[at + 1] as number) >> 4;
    const sy = (bytes[at + 1] as number) & 15;
    if (b < 8 || b > 16) throw malformed(`depth ${b}`, `cdt.b[${i}]`, at, "A.4.5");
    if (![1, 2].includes(sx)) throw malformed(`sampling ${sx}`, `cdt.sx[${i}]`, at + 1, "A.4.5");
    if (![1, 2].includes(sy)) throw malformed(`sampling ${sy}`, `cdt.sy[${i}]`, at + 1, "A.4.5");
    // Before the geometry, which needs a level for it.
    if (sy > pih.nly + 1) throw malformed("sy 2 with NLy 0", `cdt.sy[${i}]`, at + 1, "B.1");
    return { b, sx, sy };
  });
}

function decodeWeights(bytes: Uint8Array, segment: Segment, bands: number): Weight[] {
  lengthIs(segment, 2 * bands);
  return Array.from({ length: bands }, (_, i) => ({
    gain: bytes[segment.at + 2 * i] as number,
    priority: bytes[segment.at + 2 * i + 1] as number,
  }));
}

function decodeNonlinearity(bytes: Uint8Array, segment: Segment, bw: number): Nonlinearity {
  if (segment.end === segment.at) throw malformed("Lnlt below 3", "lnlt", segment.at - 2, "A.4.7");
  const tnlt = bytes[segment.at];
  if (tnlt === 1) {
    lengthIs(segment, 3);
    return { tnlt, dco: (uint16(bytes, segment.at + 1) << 16) >> 16 };
  }
  if (tnlt !== 2) throw malformed(`Tnlt ${tnlt}`, "nlt.tnlt", segment.at, "A.4.7");
  lengthIs(segment, 10);
  const t1 = uint32(bytes, segment.at + 1);
  const t2 = uint32(bytes, segment.at + 5);
  const e = bytes[segment.at + 9] as number;
  if (t1 < 1 || t1 >= 2 ** bw) throw malformed(`T1 ${t1}`, "nlt.t1", segment.at + 1, "A.4.7");
  if (t2 < 1 || t2 >= 2 ** bw) throw malformed(`T2 ${t2}`, "nlt.t2", segment.at + 5, "A.4.7");
  if (e < 1 || e > 4) throw malformed(`E ${e}`, "nlt.e", segment.at + 9, "A.4.7");
  return { tnlt, t1, t2, e };
}

function decodeColourTransform(bytes: Uint8Array, segment: Segment): ColourTransformSpecification {
  lengthIs(segment, 2);
  const first = bytes[segment.at] as number;
  const second = bytes[segment.at + 1] as number;
  return { reserved: first >> 4, cf: first & 15, e1: second >> 4, e2: second & 15 };
}

function decodeRegistration(bytes: Uint8Array, segment: Segment, nc: number): Registration[] {
  lengthIs(segment, 4 * nc);
  return Array.from({ length: nc }, (_, i) => ({
    xcrg: uint16(bytes, segment.at + 4 * i),
    ycrg: uint16(bytes, segment.at + 4 * i + 2),
  }));
}

/** The rules that connect several segments (ISO/IEC 21122-1 A.4, B, F), for the decoder and the encoder. */
function headerTrouble(
  h: CodestreamHeader,
  geometry: Geometry,
): readonly ["malformed" | "unsupported", string, string] | undefined {
  const { pih, cdt, sd } = h;
  const maxDepth = Math.max(...cdt.map((c) => c.b));
  const plainSampling = (c: Component): boolean => c.sx === 1 && c.sy === 1;
  if (pih.bw < maxDepth) return ["malformed", "pih.bw", `Bw ${pih.bw} below depth ${maxDepth}`];
  if (pih.fq === 0 && cdt.some((c) => c.b !== pih.bw)) {
    return ["malformed", "cdt.b", "lossless coding with depths other than Bw"];
  }
  if (pih.fq === 0 && pih.br !== (pih.bw > 12 ? 5 : 4)) {
    return ["malformed", "pih.br", `Br ${pih.br} for lossless coding of ${pih.bw} bits`];
  }
  if (pih.fq === 0 && h.nlt !== undefined) {
    return ["malformed", "nlt", "a non-linearity with lossless coding"];
  }
  for (const [i, c] of cdt.entries()) {
    if (i !== 1 && i !== 2 && !plainSampling(c)) {
      return ["malformed", `cdt.sx[${i}]`, "only components 1 and 2 may be subsampled"];
    }
    if (c.sy > pih.nly + 1) return ["malformed", `cdt.sy[${i}]`, "sy 2 with NLy 0"];
  }
  if (sd !== undefined && !cdt.slice(-sd).every(plainSampling)) {
    return ["malformed", "cwd.sd", "a suppressed component is subsampled"];
  }
  if (pih.cpih === 1 && (pih.nc < 3 || !cdt.slice(0, 3).every(plainSampling))) {
    return ["malformed", "pih.cpih", "RCT needs three components at full resolution"];
  }
  if ((pih.cpih === 3) !== (h.cts !== undefined)) {
    return ["malformed", "cts", "CTS is there exactly when Cpih is 3"];
  }
  if (h.cts !== undefined) {
    const { cf, e1, e2 } = h.cts;
    if (cf !== 0 && cf !== 3) return ["malformed", "cts.cf", `Cf ${cf}`];
    if (e1 > 3 || e2 > 3) return ["malformed", "cts.e1", `exponents ${e1}, ${e2}`];
    if (pih.nc !== 4 || !cdt.every(plainSampling)) {
      return ["malformed", "pih.cpih", "Star-Tetrix needs four components at full resolution"];
    }
    if (h.crg === undefined) return ["malformed", "crg", "Star-Tetrix without CRG"];
    if (cfaPattern(h.crg) === undefined) return ["malformed", "crg", "unknown filter array"];
  }
  if (h.crg !== undefined && h.crg.length !== pih.nc) return ["malformed", "crg", "wrong length"];
  const odd = cdt.some((c) => pih.wf % c.sx !== 0 || pih.hf % c.sy !== 0);
  if (odd) return ["unsupported", "pih.wf", "odd size of a subsampled picture"];
  if (geometry.bands.some((b) => b.width === 0 || b.height === 0)) {
    return ["malformed", "pih.wf", "a band without coefficients"];
  }
  const maxSx = Math.max(...cdt.map((c) => c.sx));
  if (geometry.npx > 1 && ((pih.wf - 1) % geometry.cs) + 1 < maxSx * 2 ** pih.nlx) {
    return ["malformed", "pih.cw", "the last column of precincts is too narrow"];
  }
  return undefined;
}

interface Segment {
  /** First byte of the payload, and the byte after it. */
  readonly at: number;
  readonly end: number;
}

/** Steps from marker segment to marker segment. */
class SegmentReader {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  at: number;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#start = start;
    this.at = start;
  }

  /** The marker that comes next, not consumed. */
  peek(): number {
    this.#need(this.at + 2, "marker");
    const marker = uint16(this.#bytes, this.at);
    if (marker < 0xff00) throw malformed("no marker", "marker", this.at, "A.3");
    return marker;
  }

  bare(marker: number, field: string): void {
    this.#expect(marker, field);
    this.at += 2;
  }

  segment(marker: number, field: string): Segment {
    this.#expect(marker, field);
    if (marker === Marker.soc || marker === Marker.eoc) {
      throw malformed(`${markerName(marker)} in the header`, field, this.at, "A.4.1");
    }
    this.#need(this.at + 4, field);
    const length = uint16(this.#bytes, this.at + 2);
    if (length < 2) throw malformed(`segment of ${length} bytes`, field, this.at + 2, "A.3");
    const segment = { at: this.at + 4, end: this.at + 2 + length };
    this.#need(segment.end, field);
    this.at = segment.end;
    return segment;
  }

  #expect(marker: number, field: string): void {
    this.#need(this.at + 2, field);
    const actual = uint16(this.#bytes, this.at);
    if (actual === marker) return;
    const message = `${hex(actual)} where ${markerName(marker)} has to be`;
    throw malformed(message, field, this.at, "A.4.1");
  }

  #need(end: number, field: string): void {
    if (end > this.#bytes.length)
      throw truncatedError(end - this.#start, field, this.#bytes.length);
  }
}

function lengthIs(segment: Segment, size: number): void {
  const actual = segment.end - segment.at;
  if (actual !== size) {
    throw malformed(`length ${actual + 2} instead of ${size + 2}`, "length", segment.at - 2, "A.4");
  }
}

function malformed(message: string, field: string, offset: number, clause?: string): Error {
  return codestreamError("malformed", message, field, offset, clause);
}

function hex(word: number): string {
  return word.toString(16).toUpperCase().padStart(4, "0");
}
