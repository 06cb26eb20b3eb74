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

// The four arrays of the Star-Tetrix transform and the neighbours among them (F.5).
struct Mosaic {
  i32 *const *plane;
  int width, height, ct;
  bool in_line;

  // Displacement of array k in the super-pixel, and the array at a displacement.
  int dx(int k) const { return (k & 1) ^ ct; }
  int dy(int k) const { return k < 2; }
  int array_at(int x, int y) const { return (y ? 0 : 2) + (x ^ ct); }

  i32 near(int k, int x, int y, int rx, int ry) const {
    int px = 2 * x + dx(k), py = 2 * y + dy(k);
    if (px + rx < 0 || px + rx > 2 * width - 1) rx = -rx;
    if (py + ry < 0 || py + ry > 2 * height - 1 ||
        (in_line && (dy(k) + ry < 0 || dy(k) + ry > 1)))
      ry = -ry;
    px += rx;
    py += ry;
    return plane[array_at(px & 1, py & 1)][size_t(py >> 1) * size_t(width) + size_t(px >> 1)];
  }
  i32 horizontal(int k, int x, int y) const { return near(k, x, y, -1, 0) + near(k, x, y, 1, 0); }
  i32 vertical(int k, int x, int y) const { return near(k, x, y, 0, -1) + near(k, x, y, 0, 1); }
  i32 diagonal(int k, int x, int y) const {
    return near(k, x, y, -1, -1) + near(k, x, y, 1, -1) + near(k, x, y, -1, 1) +
           near(k, x, y, 1, 1);
  }

  // plane[k] += sign * step(x, y) for every super-pixel.
  template <class Step>
  void lift(int k, int sign, Step step) const {
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++)
        plane[k][size_t(y) * size_t(width) + size_t(x)] += sign * step(x, y);
  }
};

// The lifting steps in the order of the inverse; `forward` runs them backwards with opposite signs.
void lift_mosaic(const JxsHeader &h, const Mosaic &m, bool forward) {
  const int sign = forward ? -1 : 1;
  for (int i = 0; i < 4; i++) {
    switch (forward ? 3 - i : i) {
      case 0:
        m.lift(0, -sign, [&](int x, int y) { return m.diagonal(0, x, y) >> 3; });
        break;
      case 1:
        m.lift(3, sign, [&](int x, int y) { return m.diagonal(3, x, y) >> 2; });
        break;
      case 2:
        m.lift(0, -sign, [&](int x, int y) {
          return (m.horizontal(0, x, y) * (1 << h.e2) + m.vertical(0, x, y) * (1 << h.e1)) >> 3;
        });
        m.lift(3, -sign, [&](int x, int y) {
          return (m.vertical(3, x, y) * (1 << h.e2) + m.horizontal(3, x, y) * (1 << h.e1)) >> 3;
        });
        break;
      case 3:
        m.lift(1, sign, [&](int x, int y) { return (m.horizontal(1, x, y) + m.vertical(1, x, y)) >> 2; });
        m.lift(2, sign, [&](int x, int y) { return (m.horizontal(2, x, y) + m.vertical(2, x, y)) >> 2; });
        break;
    }
  }
}

}  // namespace

void store_line(const JxsHeader &h, const Kernels &kernels, int i, const i32 *x, int n, void *out) {
  const int b = h.component[i].b;
  const int limit = (1 << b) - 1;
  if (h.tnlt == 0) {
    const int z = h.bw - b;
    const int bias = (1 << (h.bw - 1)) + ((1 << z) >> 1);
    if (b <= 8) kernels.store8(x, static_cast<u8 *>(out), n, bias, z, limit);
    else kernels.store16(x, static_cast<u16 *>(out), n, bias, z, limit);
    return;
  }
  for (int k = 0; k < n; k++) {
    i64 value = h.tnlt == 1 ? quadratic(h, b, x[k]) : extended(h, b, x[k]);
    int sample = int(clamp<i64>(value, 0, limit));
    if (b <= 8) static_cast<u8 *>(out)[k] = u8(sample);
    else static_cast<u16 *>(out)[k] = u16(sample);
  }
}

void inverse_tetrix(const JxsHeader &h, i32 *const plane[4], int width, int height) {
  lift_mosaic(h, {plane, width, height, h.ct, h.cf == 3}, false);
}

void forward_tetrix(const JxsHeader &h, i32 *const plane[4], int width, int height) {
  lift_mosaic(h, {plane, width, height, h.ct, h.cf == 3}, true);
}

}  // namespace jxs
