#include "output.h"

namespace jxs {
namespace {

// G.4 and G.5 in 64-bit arithmetic: squares of 20-bit numbers.
i64 quadratic(const JxsHeader &h, int b, i64 x) {
  const int z = 2 * h.bw - b;
  i64 w = clamp<i64>(x + (i64(1) << (h.bw - 1)), 0, (i64(1) << h.bw) - 1);
  return ((w * w + ((i64(1) << z) >> 1)) >> z) + h.dco;
}

i64 extended(const JxsHeader &h, int b, i64 x) {
  const int z = 2 * h.bw - b, e = h.bw - h.nlt_e;
  const i64 top = (i64(1) << h.bw) - 1, t1 = h.t1, t2 = h.t2;
  const i64 b2 = t1 * t1, quarter = i64(1) << (2 * e - 2), half = i64(1) << (e - 1);
  i64 w = x + (i64(1) << (h.bw - 1));
  if (w < t1) {
    i64 u = clamp<i64>(t1 + half - w, 0, top);
    w = b2 + (t1 << e) + quarter - u * u;
  } else if (w < t2) {
    w = (w << e) + b2;
  } else {
    i64 u = clamp<i64>(w - (t2 - half), 0, top);
    w = b2 + (t2 << e) - quarter + u * u;
  }
  return (w + ((i64(1) << z) >> 1)) >> z;
}

}  // namespace

Scale linear_scale(const JxsHeader &h, int i) {
  const int b = h.component[i].b, z = h.bw - b;
  return {(1 << (h.bw - 1)) + ((1 << z) >> 1), z, (1 << b) - 1};
}

void store_line(const JxsHeader &h, const Kernels &kernels, int i, const i32 *x, int n, void *out) {
  const int b = h.component[i].b;
  const int limit = (1 << b) - 1;
  if (h.tnlt == 0) {
    const Scale scale = linear_scale(h, i);
    if (b <= 8) kernels.store8(x, static_cast<u8 *>(out), n, scale);
    else kernels.store16(x, static_cast<u16 *>(out), n, scale);
    return;
  }
  for (int k = 0; k < n; k++) {
    i64 value = h.tnlt == 1 ? quadratic(h, b, x[k]) : extended(h, b, x[k]);
    int sample = int(clamp<i64>(value, 0, limit));
    if (b <= 8) static_cast<u8 *>(out)[k] = u8(sample);
    else static_cast<u16 *>(out)[k] = u16(sample);
  }
}

}  // namespace jxs
