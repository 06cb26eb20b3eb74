// The standard in its dumbest form: codestreams with random content written as strings of binary digits, and the picture
// that each of them means, computed over whole arrays. Nothing here is shared with the codec but headers and band sizes.
import { cfaPattern } from "./colour.js";
import {
  columnOf,
  hasLongPackets,
  type PacketLine,
  packetsOf,
  rowsOf,
} from "./conformance-layout.js";
import { type Band, type Geometry, geometryOf } from "./geometry.js";
import { type CodestreamHeader, encodeHeader } from "./header.js";

/** A decoded component, as plain numbers in rows. */
export interface ModelPlane {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly samples: readonly number[];
}

/** A codestream and what a conforming decoder makes of it. */
export interface ModelCodestream {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly planes: readonly ModelPlane[];
}

/** What the random content may use. */
export interface ModelTools {
  readonly vertical: boolean;
  readonly significance: boolean;
  readonly raw: boolean;
  /** Zero bytes behind the last packet of a precinct. */
  readonly filler: boolean;
  /** Largest bit-plane count. */
  readonly maxCount: number;
}

/** One band line of a packet. */
/** Write slices with content from `random` behind `header` (whose Lcod is replaced), and decode them on paper. */
export function modelCodestream(
  header: CodestreamHeader,
  tools: ModelTools,
  random: () => number,
): ModelCodestream {
  const { pih, cdt, sd = 0 } = header;
  const geometry = geometryOf(pih, cdt, sd);
  const bands = geometry.bands.map(({ width, height }) =>
    new Array<number>(width * height).fill(0),
  );
  const body: number[] = [];
  const writer = new PrecinctWriter(header, geometry, tools, random, bands);
  for (let row = 0; row < geometry.npy; row++) {
    const top = row % pih.hsl === 0;
    const slice = Math.floor(row / pih.hsl);
    if (top) body.push(0xff, 0x20, 0, 4, slice >> 8, slice & 0xff);
    for (let column = 0; column < geometry.npx; column++) {
      for (const byte of writer.precinct(column, row, top)) body.push(byte);
    }
  }
  body.push(0xff, 0x11);
  const size = encodeHeader(header).length + body.length;
  const start = encodeHeader({ ...header, pih: { ...pih, lcod: size } });
  const bytes = new Uint8Array(size);
  bytes.set(start);
  bytes.set(body, start.length);
  return { bytes, planes: modelPicture(header, geometry, bands) };
}

/** Writes precincts and remembers what the next one needs. */
class PrecinctWriter {
  readonly #h: CodestreamHeader;
  readonly #g: Geometry;
  readonly #tools: ModelTools;
  readonly #random: () => number;
  readonly #coefficients: number[][];
  /** Counts of the last line and T of the last precinct, by band and column. */
  readonly #counts = new Map<string, number[]>();
  readonly #truncation = new Map<string, number>();

  constructor(
    h: CodestreamHeader,
    g: Geometry,
    tools: ModelTools,
    random: () => number,
    coefficients: number[][],
  ) {
    this.#h = h;
    this.#g = g;
    this.#tools = tools;
    this.#random = random;
    this.#coefficients = coefficients;
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n);
  }

  #chance(p: number): boolean {
    return this.#random() < p;
  }

  precinct(px: number, py: number, top: boolean): number[] {
    const { pih, wgt } = this.#h;
    // Lossless streams quantise nothing, but what decodes them does not know.
    const exact = pih.fq === 0 && this.#chance(0.5);
    const q = exact ? 0 : this.#below(this.#tools.maxCount);
    const r = exact ? 0 : this.#below(this.#g.nl);
    const t = wgt.map(({ gain, priority }) =>
      Math.min(2 ** pih.br - 1, Math.max(0, q - gain - (priority < r ? 1 : 0))),
    );
    const mode = t.map(
      () =>
        (this.#tools.vertical && !top && this.#chance(0.6) ? 1 : 0) |
        (this.#tools.significance && this.#chance(0.6) ? 2 : 0),
    );
    const above = t.map((_, b) => this.#truncation.get(`${b},${px}`) ?? 0);
    const allRaw = this.#tools.raw && this.#chance(0.2);
    const packets = packetsOf(this.#h, this.#g, py);

    // With Rl 0 all packets of a band have the same raw mode: decided for the whole precinct, tried coded first.
    let body = packets.map((lines) =>
      this.#packet(lines, px, py, t, mode, above, pih.rl === 1 ? this.#chance(0.2) : allRaw),
    );
    if (pih.rl === 0 && body.some((p) => p.oversize)) {
      body = body.map((p) => ({ ...p, digits: p.asRaw }));
    }
    for (const [b, value] of t.entries()) this.#truncation.set(`${b},${px}`, value);
    const bytes = body.flatMap((p) => bytesOf(p.digits));
    if (this.#tools.filler) for (let n = this.#below(20); n > 0; n--) bytes.push(0);
    const modes = mode.map((m) => digits(m, 2)).join("");
    return [
      ...bytesOf(digits(bytes.length, 24) + digits(q, 8) + digits(r, 8)),
      ...bytesOf(modes),
      ...bytes,
    ];
  }

  /** One packet, coded and raw, as binary digits; `oversize` where only the raw one may be written. */
  #packet(
    lines: readonly PacketLine[],
    px: number,
    py: number,
    t: readonly number[],
    mode: readonly number[],
    above: readonly number[],
    raw: boolean,
  ): { digits: string; asRaw: string; oversize: boolean } {
    const { pih } = this.#h;
    let flags = "";
    let residuals = "";
    let rawCounts = "";
    let data = "";
    let signs = "";
    for (const { band: b, row } of lines) {
      const band = this.#g.bands[b] as Band;
      const { start, width } = columnOf(this.#h, this.#g, band, px);
      const groups = Math.ceil(width / 4);
      const key = `${b},${px}`;
      const T = t[b] as number;
      const vertical = ((mode[b] as number) & 1) === 1;
      const significance = ((mode[b] as number) & 2) === 2;
      const topT = row === 0 ? (above[b] as number) : T;
      const topM = this.#counts.get(key) ?? [];
      const counts: number[] = [];
      for (let first = 0; first < groups; first += 8) {
        const skip = significance && !raw && this.#chance(0.4);
        if (significance) flags += skip ? "1" : "0";
        for (let g = first; g < Math.min(first + 8, groups); g++) {
          const m = vertical ? Math.max(topM[g] ?? 0, T, topT) : T;
          let M: number;
          if (skip) M = vertical && pih.rm === 0 ? m : T;
          else if (raw) M = this.#below(this.#tools.maxCount + 1);
          else M = Math.min(2 ** pih.br - 1, T + (this.#chance(0.5) ? 0 : this.#below(4)));
          counts.push(M);
          rawCounts += digits(M, pih.br);
          if (!skip && !raw) residuals += vlc(M - m, m - T);
        }
      }
      const y = py * rowsOf(this.#h, this.#g, band) + row;
      for (const [g, M] of counts.entries()) {
        if (M <= T) continue;
        const indexes = [0, 1, 2, 3].map(() => this.#below(2 ** (M - T)));
        const negative = indexes.map(() => this.#chance(0.5));
        if (pih.fs === 0) data += negative.map((n) => (n ? "1" : "0")).join("");
        for (let plane = M - T - 1; plane >= 0; plane--) {
          data += indexes.map((v) => String(Math.floor(v / 2 ** plane) % 2)).join("");
        }
        for (const [i, v] of indexes.entries()) {
          if (v === 0) continue;
          if (pih.fs === 1) signs += negative[i] ? "1" : "0";
          const x = 4 * g + i;
          if (x >= width) continue;
          const magnitude = dequantised(v, M, T, pih.qpih);
          const at = y * band.width + start + x;
          (this.#coefficients[b] as number[])[at] = negative[i] ? -magnitude : magnitude;
        }
      }
      this.#counts.set(key, counts);
    }
    const long = hasLongPackets(this.#h);
    const write = (isRaw: boolean): string => {
      const count = isRaw ? rawCounts : residuals;
      const widths = long ? [20, 20, 15] : [15, 13, 11];
      const sizes = [data, count, signs].map((s, i) => digits(octets(s), widths[i] as number));
      const parts = [isRaw ? "" : flags, count, data, signs].map(padded);
      return (isRaw ? "1" : "0") + sizes.join("") + parts.join("");
    };
    const oversize = octets(flags) + octets(residuals) > octets(rawCounts);
    // With Rl 1 each packet decides for itself.
    const chosen = raw || (oversize && pih.rl === 1);
    return { digits: write(chosen), asRaw: write(true), oversize: oversize && !raw };
  }
}

/** A residual Δ of a count whose prediction lies θ above T (ISO/IEC 21122-1 C.5.3). */
function vlc(delta: number, theta: number): string {
  const ones = delta > theta ? delta + theta : delta >= 0 ? 2 * delta : -2 * delta - 1;
  return `${"1".repeat(ones)}0`;
}

/** The magnitude that an index stands for (ISO/IEC 21122-1 D.1, D.2). */
function dequantised(v: number, M: number, T: number, qpih: number): number {
  const scaled = v * 2 ** T;
  if (qpih === 0) return scaled + Math.floor(2 ** T / 2);
  let sum = 0;
  for (let term = scaled; term > 0; term = Math.floor(term / 2 ** (M - T + 1))) sum += term;
  return sum;
}

/** Coefficients to samples (ISO/IEC 21122-1 annexes E, F, G). */
function modelPicture(
  h: CodestreamHeader,
  g: Geometry,
  bands: readonly (readonly number[])[],
): ModelPlane[] {
  const { pih, cdt, sd = 0 } = h;
  const scale = 2 ** pih.fq;
  let outputs = cdt.map((_, i) => {
    const band = (beta: number): Matrix => {
      const b = g.bands.findIndex((x) => x.component === i && x.beta === beta);
      const { width, height } = g.bands[b] as Band;
      return { width, height, at: (bands[b] as number[]).map((c) => c * scale) };
    };
    if (i >= cdt.length - sd) return band(0);
    const betas = 2 * pih.nly + pih.nlx + 1;
    const nly = pih.nly - ((cdt[i] as { sy: number }).sy - 1);
    let low = band(0);
    for (let beta = 1; beta <= pih.nlx - nly; beta++) low = joinRows(low, band(beta));
    for (let level = nly; level >= 1; level--) {
      const [hl, lh, hh] = [0, 1, 2].map((k) => band(betas - 3 * level + k)) as [
        Matrix,
        Matrix,
        Matrix,
      ];
      low = transposed(joinRows(transposed(joinRows(low, hl)), transposed(joinRows(lh, hh))));
    }
    return low;
  });
  if (pih.cpih === 1) outputs = [...inverseRct(outputs), ...outputs.slice(3)];
  if (pih.cpih === 3) outputs = inverseStarTetrix(h, outputs);
  return outputs.map(({ width, height, at }, i) => {
    const { b } = cdt[i] as { b: number };
    const max = 2 ** b - 1;
    const samples = at.map((x) => Math.min(max, Math.max(0, outputSample(h, b, x))));
    return { width, height, bitDepth: b, samples };
  });
}

interface Matrix {
  readonly width: number;
  readonly height: number;
  readonly at: readonly number[];
}

function transposed({ width, height, at }: Matrix): Matrix {
  const out: number[] = [];
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) out.push(at[y * width + x] as number);
  }
  return { width: height, height: width, at: out };
}

/** One-dimensional synthesis of every row (ISO/IEC 21122-1 E.4). */
function joinRows(low: Matrix, high: Matrix): Matrix {
  const n = low.width + high.width;
  const out: number[] = [];
  for (let y = 0; y < low.height; y++) {
    const x: number[] = [];
    for (let k = 0; k < n; k++) {
      const from = k % 2 === 0 ? low : high;
      x.push(from.at[y * from.width + (k >> 1)] as number);
    }
    const mirror = (k: number): number => x[k < 0 ? -k : k >= n ? 2 * (n - 1) - k : k] as number;
    for (let k = 0; n > 1 && k < n; k += 2) {
      x[k] = (x[k] as number) - Math.floor((mirror(k - 1) + mirror(k + 1) + 2) / 4);
    }
    for (let k = 1; k < n; k += 2) {
      x[k] = (x[k] as number) + Math.floor((mirror(k - 1) + mirror(k + 1)) / 2);
    }
    for (const value of x) out.push(value);
  }
  return { width: n, height: low.height, at: out };
}

function inverseRct(outputs: readonly Matrix[]): Matrix[] {
  const [y, u, v] = outputs as [Matrix, Matrix, Matrix];
  const green = y.at.map(
    (value, i) => value - Math.floor(((u.at[i] as number) + (v.at[i] as number)) / 4),
  );
  const red = green.map((value, i) => value + (v.at[i] as number));
  const blue = green.map((value, i) => value + (u.at[i] as number));
  return [red, green, blue].map((at) => ({ ...y, at }));
}

/** ISO/IEC 21122-1 F.5, neighbour by neighbour. */
function inverseStarTetrix(h: CodestreamHeader, outputs: readonly Matrix[]): Matrix[] {
  const { cf, e1, e2 } = h.cts as NonNullable<CodestreamHeader["cts"]>;
  const pattern = cfaPattern(h.crg ?? []);
  const straight = pattern === "RGGB" || pattern === "BGGR";
  // Displacement (x, y) of each array in the super-pixel.
  const places = straight ? ["01", "11", "00", "10"] : ["11", "01", "10", "00"];
  const { width, height } = outputs[0] as Matrix;
  const arrays = outputs.map((o) => [...o.at]);
  const neighbour = (k: number, x: number, y: number, rx: number, ry: number): number => {
    const [dx, dy] = [...(places[k] as string)].map(Number) as [number, number];
    let px = 2 * x + dx + rx;
    let py = 2 * y + dy + ry;
    if (px < 0 || px > 2 * width - 1) px = 2 * x + dx - rx;
    if (py < 0 || py > 2 * height - 1 || (cf === 3 && (dy + ry < 0 || dy + ry > 1))) {
      py = 2 * y + dy - ry;
    }
    const array = arrays[places.indexOf(`${px % 2}${py % 2}`)] as number[];
    return array[Math.floor(py / 2) * width + Math.floor(px / 2)] as number;
  };
  type Near = (rx: number, ry: number) => number;
  const step = (k: number, change: (near: Near) => number): void => {
    const array = arrays[k] as number[];
    // Neighbours are other arrays: the order inside one does not matter.
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = y * width + x;
        array[at] = (array[at] as number) + change((rx, ry) => neighbour(k, x, y, rx, ry));
      }
    }
  };
  const diagonal = (n: Near): number => n(-1, -1) + n(1, -1) + n(-1, 1) + n(1, 1);
  const across = (n: Near): number => n(-1, 0) + n(1, 0);
  const along = (n: Near): number => n(0, -1) + n(0, 1);
  step(0, (n) => -Math.floor(diagonal(n) / 8));
  step(3, (n) => Math.floor(diagonal(n) / 4));
  step(0, (n) => -Math.floor((across(n) * 2 ** e2 + along(n) * 2 ** e1) / 8));
  step(3, (n) => -Math.floor((along(n) * 2 ** e2 + across(n) * 2 ** e1) / 8));
  step(1, (n) => Math.floor((across(n) + along(n)) / 4));
  step(2, (n) => Math.floor((across(n) + along(n)) / 4));
  return [2, 3, 0, 1].map((k) => ({ width, height, at: arrays[k] as number[] }));
}

/** Output scaling before the clamp to the depth (ISO/IEC 21122-1 annex G). */
function outputSample({ pih, nlt }: CodestreamHeader, b: number, x: number): number {
  const { bw } = pih;
  const half = 2 ** (bw - 1);
  const clamp = (v: number): number => Math.min(2 ** bw - 1, Math.max(0, v));
  const shifted = (v: number, z: number): number =>
    Math.floor((v + Math.floor(2 ** z / 2)) / 2 ** z);
  if (nlt === undefined) return shifted(x + half, bw - b);
  if (nlt.tnlt === 1) return shifted(clamp(x + half) ** 2, 2 * bw - b) + nlt.dco;
  const { t1, t2 } = nlt;
  const e = bw - nlt.e;
  const quarter = 2 ** (2 * e - 2);
  const w = x + half;
  let curve: number;
  if (w < t1) curve = t1 ** 2 + t1 * 2 ** e + quarter - clamp(t1 + 2 ** (e - 1) - w) ** 2;
  else if (w < t2) curve = w * 2 ** e + t1 ** 2;
  else curve = t1 ** 2 + t2 * 2 ** e - quarter + clamp(w - t2 + 2 ** (e - 1)) ** 2;
  return shifted(curve, 2 * bw - b);
}

function digits(value: number, width: number): string {
  return value.toString(2).padStart(width, "0");
}

function octets(bits: string): number {
  return Math.ceil(bits.length / 8);
}

function padded(bits: string): string {
  return bits.padEnd(8 * octets(bits), "0");
}

function bytesOf(bits: string): number[] {
  return (padded(bits).match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
}
