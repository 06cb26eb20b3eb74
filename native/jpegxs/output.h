// From wavelet outputs to samples: colour transforms (annex F) and output scaling (annex G).
#pragma once
#include "kernels.h"

namespace jxs {

// Stores one line of component `i`.
void store_line(const JxsHeader &header, const Kernels &kernels, int i, const i32 *x, int n,
                void *out);

// Which array of the Star-Tetrix transform holds R, G, G, B (F.5).
constexpr int kTetrixArray[4] = {2, 3, 0, 1};

// Star-Tetrix over a picture of super-pixels, in place: O[0..3] become the arrays that kTetrixArray names, or back.
void inverse_tetrix(const JxsHeader &header, i32 *const plane[4], int width, int height);
void forward_tetrix(const JxsHeader &header, i32 *const plane[4], int width, int height);

}  // namespace jxs
