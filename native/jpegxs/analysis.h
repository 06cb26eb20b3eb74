// Pictures to coefficients: input scaling, colour transform and forward wavelet of one slice (ISO/IEC 21122-1 E.5, F, G).
#pragma once
#include "kernels.h"

namespace jxs {

// The coefficients of one slice: sign and magnitude, and the grades of their code groups (trim.h). Wide ones are signed
// numbers and have counts for grades. Behind the slice's rows is one more: the transform runs ahead. Strides in bytes.
struct BandRows {
  u8 *coefficients, *grades;
  size_t stride, grades_stride;
};

// One vertical level of a component: the rows that the next pair of low and high rows needs.
struct AnalysisLevel {
  i32 *even, *odd, *next, *high, *high_above, *low;
  int k;
};

// What the transform keeps: the levels of each component, from slice to slice, and lines for one component at a time.
struct AnalysisMemory {
  AnalysisLevel level[JXS_MAX_COMPONENTS][kMaxLevelsY];
  i32 *row, *low, *high, *other[2];
  // Without it, grades are counts that nothing is trimmed from.
  bool trim;
};

void lay_out_analysis(const JxsHeader &header, Arena &arena, AnalysisMemory &memory);

// Transforms the rows of precincts from `first` to before `end` of component `i` into `rows` (indexed by band, row 0 the
// slice's first). `resumes`: the call before with this memory was for the slice above in the same picture, and said that it
// would be followed. Returns the union of all magnitudes before they are clamped.
u32 analyse_component(const JxsHeader &header, const Geometry &geometry, const Kernels &kernels,
                      AnalysisMemory &memory, const JxsPlane *planes, int i, int first, int end,
                      bool resumes, bool followed, const BandRows *rows);

}  // namespace jxs
