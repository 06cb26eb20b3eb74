// Codestreams made by hand: real headers and slices, precincts filled with any bytes. Enough for everything that walks.
import { type CodestreamHeader, encodeHeader, geometryOf, Marker } from "../src/index.js";

export const sampleHeader: CodestreamHeader = {
  cap: new Uint8Array([0x00, 0x80]),
  pih: {
    lcod: 0,
    ppih: 0,
    plev: 0,
    wf: 64,
    hf: 40,
    cw: 0,
    hsl: 4,
    nc: 3,
    ng: 4,
    ss: 8,
    bw: 20,
    fq: 8,
    br: 4,
    fslc: 0,
    ppoc: 0,
    cpih: 0,
    nlx: 5,
    nly: 2,
    lh: 0,
    rl: 1,
    qpih: 0,
    fs: 0,
    rm: 0,
  },
  cdt: [
    { b: 8, sx: 1, sy: 1 },
    { b: 8, sx: 2, sy: 1 },
    { b: 8, sx: 2, sy: 1 },
  ],
  wgt: Array.from({ length: 30 }, (_, i) => ({ gain: i % 4, priority: 29 - i })),
};

/** A codestream whose precincts hold `filler` instead of coded data; `lcod` undefined writes the true one. */
export function sampleCodestream(filler: Uint8Array, lcod?: number): Uint8Array<ArrayBuffer> {
  const { pih, cdt } = sampleHeader;
  const geometry = geometryOf(pih, cdt);
  const body: number[] = [];
  for (let row = 0; row < geometry.npy; row++) {
    if (row % pih.hsl === 0) body.push(0xff, 0x20, 0, 4, 0, row / pih.hsl);
    const size = filler.length;
    body.push(size >> 16, (size >> 8) & 0xff, size & 0xff);
    for (let i = 3; i < geometry.precinctHeaderSize; i++) body.push(0);
    for (const byte of filler) body.push(byte);
  }
  body.push(Marker.eoc >> 8, Marker.eoc & 0xff);
  const size = encodeHeader(sampleHeader).length + body.length;
  const header = encodeHeader({ ...sampleHeader, pih: { ...pih, lcod: lcod ?? size } });
  const out = new Uint8Array(size);
  out.set(header);
  out.set(body, header.length);
  return out;
}
