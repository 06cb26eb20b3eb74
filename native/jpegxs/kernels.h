// The inner loops, in one table for each family. Lines have kLinePad bytes on both sides that kernels may read and, except
// where a store goes into the caller's picture, write.
#pragma once
#include "common.h"

namespace jxs {

struct Kernels {
  // Dequantisation in place: sign and magnitude index to a signed coefficient (ISO/IEC 21122-1 D.1, D.2). `counts` has
  // one M for four coefficients.
  void (*dequantise)(i16 *line, const u8 *counts, int width, int t, bool uniform);
  // One horizontal synthesis step (E.4): `low` at full scale or as coefficients, `high` as coefficients, both of which
  // are shifted up by `fq`. high[-1] mirrors high[0], and behind an odd `n` high[n/2] mirrors the one before. `scratch`
  // holds the even samples.
  void (*synthesise)(const i32 *low, const i16 *high, int fq, i32 *out, i32 *scratch, int n);
  void (*synthesise_first)(const i16 *low, const i16 *high, int fq, i32 *out, i32 *scratch, int n);
  // Coefficients at full scale.
  void (*widen)(const i16 *line, int fq, i32 *out, int n);
  // Vertical lifting (E.4): out = low − ((above + below + 2) >> 2); out = high + ((above + below) >> 1).
  void (*lift_even)(i32 *out, const i32 *low, const i32 *above, const i32 *below, int n);
  void (*lift_odd)(i32 *out, const i32 *high, const i32 *above, const i32 *below, int n);
  // Inverse reversible colour transform in place (F.3): y, u, v become R, G, B.
  void (*inverse_rct)(i32 *y, i32 *u, i32 *v, int n);
  // Linear output scaling (G.3): clamp((x + bias) >> shift, 0, limit).
  void (*store8)(const i32 *x, u8 *out, int n, int bias, int shift, int limit);
  void (*store16)(const i32 *x, u16 *out, int n, int bias, int shift, int limit);
};

extern const Kernels kScalarKernels;
extern const Kernels kV128Kernels;
#ifdef JXS_HAVE_AVX2
extern const Kernels kAvx2Kernels;
#endif

const Kernels &kernels_of(int family);

}  // namespace jxs
