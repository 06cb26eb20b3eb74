#include "kernels.h"

namespace jxs {

const Kernels &kernels_of(int family) {
#ifdef JXS_HAVE_AVX2
  if (family == JXS_AVX2) return kAvx2Kernels;
#endif
  return family == JXS_SCALAR ? kScalarKernels : kV128Kernels;
}

}  // namespace jxs

int jxs_best_kernels(void) {
#ifdef JXS_HAVE_AVX2
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2"))
    return JXS_AVX2;
#endif
  return JXS_V128;
}
