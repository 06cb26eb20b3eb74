#include "tetrix.h"

namespace jxs {
namespace {

// One pass over the lifting steps. Array k lies at (k & 1 ^ ct, k < 2) in the super-pixel, so its neighbours to the left and
// right are all in array k ^ 1, those above and below in k ^ 2, the diagonal ones in k ^ 3. Mirroring at the edge of the
// sensor gives the neighbour on the other side, which is the outermost sample of that array.
class Lifting {
 public:
  Lifting(const JxsHeader &h, const Kernels &k, const Mosaic &m, bool forward)
      : h_(h), k_(k), m_(m), forward_(forward) {
    for (int i = 0; i < 4; i++) mirror(i);
  }

  void run() {
    for (int i = 0; i < 4; i++) {
      switch (forward_ ? 3 - i : i) {
        case 0:
          diagonal(0, 3, true);
          break;
        case 1:
          diagonal(3, 2, false);
          break;
        case 2:
          direct(0, h_.e2, h_.e1, 3, true);
          direct(3, h_.e1, h_.e2, 3, true);
          break;
        case 3:
          direct(1, 0, 0, 2, false);
          direct(2, 0, 0, 2, false);
          break;
      }
    }
  }

 private:
  int dx(int k) const { return (k & 1) ^ h_.ct; }
  // Rows of the neighbours above and below.
  int above(int k, int y) const { return h_.cf == 3 || k < 2 ? y : max(y - 1, 0); }
  int below(int k, int y) const { return h_.cf == 3 || k >= 2 ? y : min(y + 1, m_.height - 1); }

  void diagonal(int k, int shift, bool subtract) {
    for (int y = 0; y < m_.height; y++) {
      const i32 *up = m_.row(k ^ 3, above(k, y)) + dx(k), *down = m_.row(k ^ 3, below(k, y)) + dx(k);
      const i32 *const around[4] = {up - 1, up, down - 1, down};
      k_.lift_cross(m_.row(k, y), around, 0, 0, shift, subtract != forward_, m_.width);
    }
    mirror(k);
  }

  void direct(int k, int across, int along, int shift, bool subtract) {
    for (int y = 0; y < m_.height; y++) {
      const i32 *side = m_.row(k ^ 1, y) + dx(k);
      const i32 *const around[4] = {side - 1, side, m_.row(k ^ 2, above(k, y)), m_.row(k ^ 2, below(k, y))};
      k_.lift_cross(m_.row(k, y), around, across, along, shift, subtract != forward_, m_.width);
    }
    mirror(k);
  }

  void mirror(int k) {
    for (int y = 0; y < m_.height; y++) {
      i32 *row = m_.row(k, y);
      row[-1] = row[0];
      row[m_.width] = row[m_.width - 1];
    }
  }

  const JxsHeader &h_;
  const Kernels &k_;
  const Mosaic &m_;
  bool forward_;
};

}  // namespace

void lay_out_mosaic(Arena &arena, int width, int height, Mosaic &m) {
  m.stride = (size_t(width) + 2 * kLinePad / sizeof(i32) + 15) & ~size_t(15);
  m.width = width;
  m.height = height;
  for (i32 *&plane : m.plane) plane = arena.line<i32>(u64(m.stride) * u64(height));
}

void inverse_tetrix(const JxsHeader &h, const Kernels &k, const Mosaic &m) { Lifting(h, k, m, false).run(); }

void forward_tetrix(const JxsHeader &h, const Kernels &k, const Mosaic &m) { Lifting(h, k, m, true).run(); }

}  // namespace jxs
