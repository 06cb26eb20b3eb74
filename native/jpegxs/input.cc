#include "input.h"

namespace jxs {
namespace {

// The largest number whose square is not above `x`, digit by digit.
i64 root_of(i64 x) {
  i64 root = 0;
  for (i64 bit = i64(1) << 24; bit > 0; bit >>= 1)
    if ((root + bit) * (root + bit) <= x) root += bit;
  return root;
}

i64 square_root(const JxsHeader &h, int b, i64 sample) {
  const i64 top = (i64(1) << b) - 1;
  return root_of(clamp<i64>(sample - h.dco, 0, top) << (2 * h.bw - b));
}

i64 bent_root(const JxsHeader &h, int b, i64 sample) {
  const int e = h.bw - h.nlt_e;
  const i64 t1 = h.t1, t2 = h.t2, b2 = t1 * t1;
  const i64 quarter = i64(1) << (2 * e - 2), half = i64(1) << (e - 1);
  const i64 w = sample << (2 * h.bw - b), first = b2 + (t1 << e), second = b2 + (t2 << e);
  if (w < first) return t1 + half - root_of(first + quarter - w);
  if (w < second) return (w - b2) >> e;
  return t2 - half + root_of(w - second + quarter);
}

// The first component of the same depth.
int first_like(const JxsHeader &h, int i) {
  int first = 0;
  while (h.component[first].b != h.component[i].b) first++;
  return first;
}

}  // namespace

void lay_out_curves(const JxsHeader &h, Arena &arena, InputCurves &curves) {
  for (int i = 0; i < h.nc; i++) {
    const int first = first_like(h, i), b = h.component[i].b;
    curves.of[i] = h.tnlt == 0 ? nullptr : first < i ? curves.of[first] : arena.take<i32>(size_t(1) << b);
  }
}

void make_curves(const JxsHeader &h, const InputCurves &curves) {
  for (int i = 0; i < h.nc && h.tnlt != 0; i++) {
    if (first_like(h, i) < i) continue;
    const int b = h.component[i].b;
    for (int sample = 0; sample < 1 << b; sample++) {
      const i64 x = h.tnlt == 1 ? square_root(h, b, sample) : bent_root(h, b, sample);
      curves.of[i][sample] = i32(x - (i64(1) << (h.bw - 1)));
    }
  }
}

void load_line(const JxsHeader &h, const Kernels &kernels, const InputCurves &curves,
               const JxsPlane *planes, int i, int y, i32 *out) {
  const int b = h.component[i].b, n = h.component[i].width, mask = (1 << b) - 1;
  const u8 *bytes = static_cast<const u8 *>(planes[i].data) + size_t(y) * planes[i].stride;
  const u16 *words = reinterpret_cast<const u16 *>(bytes);
  if (const i32 *curve = curves.of[i]) {
    for (int x = 0; x < n; x++) out[x] = curve[(b <= 8 ? bytes[x] : words[x]) & mask];
    return;
  }
  const int bias = 1 << (h.bw - 1), shift = h.bw - b;
  if (b <= 8) kernels.load8(bytes, out, n, bias, shift, mask);
  else kernels.load16(words, out, n, bias, shift, mask);
}

}  // namespace jxs
