// Pictures to coefficients: input scaling, colour transform and forward wavelet of one slice (ISO/IEC 21122-1 E.5, F, G).
#pragma once
#include "kernels.h"

namespace jxs {

// The coefficients of one slice: sign and magnitude, and the bit-plane counts of their code groups.
struct BandRows {
  i16 *coefficients;
  u8 *counts;
  size_t stride, counts_stride;
};

// One vertical level: the rows that the next pair of low and high rows needs.
struct AnalysisLevel {
  i32 *even, *odd, *next, *high, *high_above, *low;
  int k;
};

// Lines for the transform of one component at a time.
struct AnalysisMemory {
  AnalysisLevel level[kMaxLevelsY];
  i32 *row, *low, *high, *other[2];
};

void lay_out_analysis(const JxsHeader &header, Arena &arena, AnalysisMemory &memory);

// Transforms the rows of precincts from `first` to before `end` of component `i` into `rows` (indexed by band, row 0 the
// slice's first). Returns the union of all magnitudes before they are clamped.
u32 analyse_component(const JxsHeader &header, const Geometry &geometry, const Kernels &kernels,
                      const AnalysisMemory &memory, const JxsPlane *planes, int i, int first,
                      int end, const BandRows *rows);

}  // namespace jxs
