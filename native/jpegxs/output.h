// From wavelet outputs to samples: output scaling (ISO/IEC 21122-1 annex G).
#pragma once
#include "kernels.h"

namespace jxs {

// From full scale to the samples of component `i`, where there is no non-linearity.
Scale linear_scale(const JxsHeader &header, int i);

// Stores one line of component `i`.
void store_line(const JxsHeader &header, const Kernels &kernels, int i, const i32 *x, int n,
                void *out);

}  // namespace jxs
