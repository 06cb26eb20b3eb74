// Compiled with -mavx2 -mbmi -mbmi2; the table is chosen at run time. What these instructions do best in another way than
// by twice the lanes comes after that.
#define JXS_LANES 8
#define JXS_FAMILY avx2
#include "kernels_vector.h"
#include "avx2_quads.h"
#include "avx2_counts.h"
#include "avx2_data.h"
#include "avx2_transform.h"

namespace jxs {
namespace avx2 {
namespace {

constexpr Kernels with_own() {
  Kernels k = kKernels;
  k.put_codes = put_codes_of_quads;
  k.unpack = unpack_quads;
  k.synthesise = synthesise_apart;
  k.synthesise_first = synthesise_first_apart;
  k.round = round_apart;
  k.pack = pack_quads;
  k.grade = grade_by_32;
  k.collect = collect_by_32;
  return k;
}

}  // namespace
}  // namespace avx2

extern const Kernels kAvx2Kernels;
const Kernels kAvx2Kernels = avx2::with_own();

}  // namespace jxs
