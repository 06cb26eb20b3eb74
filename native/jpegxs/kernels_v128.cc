#define JXS_LANES 4
#define JXS_FAMILY v128
#include "kernels_vector.h"

namespace jxs {

extern const Kernels kV128Kernels;
const Kernels kV128Kernels = v128::kKernels;

}  // namespace jxs
