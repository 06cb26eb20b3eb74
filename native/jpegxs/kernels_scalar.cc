// The reference: each loop as the standard writes it.
#include "kernels.h"

namespace jxs {
namespace scalar {
namespace {

void dequantise(i16 *line, const u8 *counts, int width, int t, bool uniform) {
  for (int i = 0; i < width; i++) {
    int index = line[i] & 0x7fff;
    if (index == 0) {
      line[i] = 0;
      continue;
    }
    int magnitude = index << t;
    if (uniform) {
      int zeta = counts[i >> 2] - t + 1;
      for (int term = magnitude >> zeta; term != 0; term >>= zeta) magnitude += term;
    } else {
      magnitude += (1 << t) >> 1;
    }
    line[i] = i16(line[i] < 0 ? -magnitude : magnitude);
  }
}

template <class Low>
void synthesise_any(const Low *low, int low_shift, const i16 *high, int fq, i32 *out, i32 *even,
                    int n) {
  int lows = (n + 1) >> 1, highs = n >> 1;
  auto wide = [&](int k) { return i32(u32(high[k]) << fq); };
  if (highs == 0) {
    out[0] = i32(u32(low[0]) << low_shift);
    return;
  }
  for (int k = 0; k < lows; k++)
    even[k] = i32(u32(low[k]) << low_shift) - ((wide(k - 1) + wide(k) + 2) >> 2);
  even[lows] = even[lows - 1];
  for (int k = 0; k < lows; k++) {
    out[2 * k] = even[k];
    if (k < highs) out[2 * k + 1] = wide(k) + ((even[k] + even[k + 1]) >> 1);
  }
}

void synthesise(const i32 *low, const i16 *high, int fq, i32 *out, i32 *scratch, int n) {
  synthesise_any(low, 0, high, fq, out, scratch, n);
}

void synthesise_first(const i16 *low, const i16 *high, int fq, i32 *out, i32 *scratch, int n) {
  synthesise_any(low, fq, high, fq, out, scratch, n);
}

void widen(const i16 *line, int fq, i32 *out, int n) {
  for (int i = 0; i < n; i++) out[i] = i32(u32(line[i]) << fq);
}

void lift_even(i32 *out, const i32 *low, const i32 *above, const i32 *below, int n) {
  for (int i = 0; i < n; i++) out[i] = low[i] - ((above[i] + below[i] + 2) >> 2);
}

void lift_odd(i32 *out, const i32 *high, const i32 *above, const i32 *below, int n) {
  for (int i = 0; i < n; i++) out[i] = high[i] + ((above[i] + below[i]) >> 1);
}

void inverse_rct(i32 *y, i32 *u, i32 *v, int n) {
  for (int i = 0; i < n; i++) {
    i32 g = y[i] - ((u[i] + v[i]) >> 2);
    y[i] = g + v[i];
    v[i] = g + u[i];
    u[i] = g;
  }
}

template <class Sample>
void store(const i32 *x, Sample *out, int n, int bias, int shift, int limit) {
  for (int i = 0; i < n; i++) out[i] = Sample(clamp((x[i] + bias) >> shift, 0, limit));
}

}  // namespace
}  // namespace scalar

const Kernels kScalarKernels = {
    scalar::dequantise, scalar::synthesise, scalar::synthesise_first,
    scalar::widen,      scalar::lift_even,  scalar::lift_odd,
    scalar::inverse_rct, scalar::store<u8>, scalar::store<u16>,
};

}  // namespace jxs
