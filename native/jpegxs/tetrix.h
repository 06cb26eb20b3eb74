// Star-Tetrix, the colour transform of filter arrays (ISO/IEC 21122-1 F.5).
#pragma once
#include "kernels.h"

namespace jxs {

// The four arrays of the transform, `width` super-pixels by `height`. A sample can be written on either side of a row.
struct Mosaic {
  i32 *plane[4];
  size_t stride;
  int width, height;

  i32 *row(int k, int y) const { return plane[k] + size_t(y) * stride; }
};

// For pictures or parts of pictures of at most `height` rows.
void lay_out_mosaic(Arena &arena, int width, int height, Mosaic &mosaic);

// Which array holds R, G, G, B.
constexpr int kTetrixArray[4] = {2, 3, 0, 1};

// Wavelet outputs O[0..3] become the arrays that kTetrixArray names, or back, in place.
void inverse_tetrix(const JxsHeader &header, const Kernels &kernels, const Mosaic &mosaic);
void forward_tetrix(const JxsHeader &header, const Kernels &kernels, const Mosaic &mosaic);

// Rows beyond which nothing reaches: as far as a part of a picture is wrong at an edge that is not the picture's.
constexpr int kTetrixReach = 2;

}  // namespace jxs
