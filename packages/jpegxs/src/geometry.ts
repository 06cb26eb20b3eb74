import type { PictureHeader } from "./picture-header.js";

/** One component as CDT describes it (ISO/IEC 21122-1 A.4.5). */
export interface Component {
  /** Bit depth B[i], 8 to 16. */
  readonly b: number;
  /** Horizontal sampling factor, 1 or 2. */
  readonly sx: number;
  /** Vertical sampling factor, 1 or 2. */
  readonly sy: number;
}

/** One existing band: a filter type of a component (ISO/IEC 21122-1 B.2 to B.4). */
export interface Band {
  /** Index of the component. */
  readonly component: number;
  /** Filter type β, global numbering. */
  readonly beta: number;
  /** Horizontal and vertical decomposition depth. */
  readonly dx: number;
  readonly dy: number;
  /** 1 where the filter is a high-pass. */
  readonly tx: number;
  readonly ty: number;
  /** Size in coefficients over the whole picture. */
  readonly width: number;
  readonly height: number;
}

/** Everything that follows from PIH, CDT and CWD about sizes. */
export interface Geometry {
  /** Size of each component in samples. */
  readonly components: readonly { readonly width: number; readonly height: number }[];
  /** Existing bands in band order: the order of WGT and of D[b] in precinct headers. */
  readonly bands: readonly Band[];
  /** Number of bands with the non-existing ones, the bound of R. */
  readonly nl: number;
  /** Width of a column of precincts on the grid. */
  readonly cs: number;
  /** Precincts a line, lines of precincts, slices. */
  readonly npx: number;
  readonly npy: number;
  readonly slices: number;
  /** Height of a precinct on the grid: 2^NLy. */
  readonly precinctHeight: number;
  /** Bytes of a precinct header: Lprc, Q, R and two bits for each band. */
  readonly precinctHeaderSize: number;
}

type Layout = Pick<PictureHeader, "wf" | "hf" | "cw" | "hsl" | "nlx" | "nly">;

/**
 * Bands, precincts and slices of a picture. `sd` is the number of trailing components without wavelet transform.
 * Total: callers check what must not be (an empty band, odd sizes with subsampling).
 */
export function geometryOf(pih: Layout, cdt: readonly Component[], sd = 0): Geometry {
  const transformed = cdt.length - sd;
  const betas = 2 * pih.nly + pih.nlx + 1;
  const components = cdt.map((c) => ({
    width: Math.floor(pih.wf / c.sx),
    height: Math.floor(pih.hf / c.sy),
  }));
  const bands: Band[] = [];
  const add = (component: number, beta: number, filter: Filter): void => {
    const size = components[component] as { width: number; height: number };
    bands.push({
      component,
      beta,
      ...filter,
      width: bandLength(size.width, filter.dx, filter.tx),
      height: bandLength(size.height, filter.dy, filter.ty),
    });
  };
  for (let beta = 0; beta < betas; beta++) {
    for (let i = 0; i < transformed; i++) {
      const nly = pih.nly - ((cdt[i] as Component).sy - 1);
      const filter = filterOf(beta, betas, pih.nlx, nly);
      if (filter !== undefined) add(i, beta, filter);
    }
  }
  for (let i = transformed; i < cdt.length; i++) add(i, 0, { dx: 0, dy: 0, tx: 0, ty: 0 });

  const maxSx = cdt.reduce((max, c) => Math.max(max, c.sx), 1);
  const cs = pih.cw === 0 ? pih.wf : 8 * pih.cw * maxSx * 2 ** pih.nlx;
  const precinctHeight = 2 ** pih.nly;
  const npy = Math.ceil(pih.hf / precinctHeight);
  return {
    components,
    bands,
    nl: transformed * betas + sd,
    cs,
    npx: Math.ceil(pih.wf / cs),
    npy,
    slices: Math.ceil(npy / pih.hsl),
    precinctHeight,
    precinctHeaderSize: 5 + Math.ceil((2 * bands.length) / 8),
  };
}

interface Filter {
  readonly dx: number;
  readonly dy: number;
  readonly tx: number;
  readonly ty: number;
}

/** What filter type `beta` is for a component with `nly` vertical levels; `undefined` where it does not exist. */
function filterOf(beta: number, betas: number, nlx: number, nly: number): Filter | undefined {
  if (beta === 0) return { dx: nlx, dy: nly, tx: 0, ty: 0 };
  if (beta <= nlx - nly) return { dx: nlx + 1 - beta, dy: nly, tx: 1, ty: 0 };
  if (beta < betas - 3 * nly) return undefined;
  const r = betas - 1 - beta;
  const d = Math.floor(r / 3) + 1;
  return { dx: d, dy: d, tx: r % 3 === 1 ? 0 : 1, ty: r % 3 === 2 ? 0 : 1 };
}

function bandLength(samples: number, depth: number, highPass: number): number {
  if (highPass === 0) return Math.ceil(samples / 2 ** depth);
  return Math.floor(Math.ceil(samples / 2 ** (depth - 1)) / 2);
}
