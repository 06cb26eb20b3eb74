// Pictures to coefficients: input scaling, colour transform and forward wavelet of one slice (ISO/IEC 21122-1 E.5, F, G).
#pragma once
#include "input.h"
#include "tetrix.h"

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
  // With Star-Tetrix the rows that a slice needs, the first of which is that one.
  Mosaic mosaic;
  int mosaic_first;
  // Shared by all jobs.
  InputCurves curves;
  // Without it, grades are counts that nothing is trimmed from.
  bool trim;
};

void lay_out_analysis(const JxsHeader &header, Arena &arena, AnalysisMemory &memory);

// Star-Tetrix for the rows that `analyse_component` will want.
void analyse_mosaic(const JxsHeader &header, const Kernels &kernels, AnalysisMemory &memory,
                    const JxsPlane *planes, int first, int end, bool resumes);

// Transforms the rows of precincts from `first` to before `end` of component `i` into `rows` (indexed by band, row 0 the
// slice's first). `resumes`: the call before with this memory was for the slice above in the same picture, and said that it
// would be followed. Returns the union of all magnitudes before they are clamped.
u32 analyse_component(const JxsHeader &header, const Geometry &geometry, const Kernels &kernels,
                      AnalysisMemory &memory, const JxsPlane *planes, int i, int first, int end,
                      bool resumes, bool followed, const BandRows *rows);

}  // namespace jxs
