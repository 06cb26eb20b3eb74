// From samples to wavelet inputs: input scaling (ISO/IEC 21122-1 G.2 and annex G backwards).
#pragma once
#include "kernels.h"

namespace jxs {

// What each sample of a component stands for, where the output is not linear; else null.
struct InputCurves {
  i32 *of[JXS_MAX_COMPONENTS];
};
void lay_out_curves(const JxsHeader &header, Arena &arena, InputCurves &curves);
// Fills them.
void make_curves(const JxsHeader &header, const InputCurves &curves);

// Loads row `y` of component `i`. Bits above the depth are masked off.
void load_line(const JxsHeader &header, const Kernels &kernels, const InputCurves &curves,
               const JxsPlane *planes, int i, int y, i32 *out);

}  // namespace jxs
