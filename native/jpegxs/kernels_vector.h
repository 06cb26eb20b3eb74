// The inner loops on vectors of JXS_LANES 32-bit lanes, in the compilers' vector extension: SSE4.1, NEON and WASM SIMD
// from one text, AVX2 from the same with twice the lanes. Included by one file for each family. The parts need
// each other in this order.
#include "vector.h"
#include "vector_counts.h"
#include "vector_data.h"
#include "vector_transform.h"

namespace jxs {
namespace JXS_FAMILY {
namespace {

constexpr Kernels kKernels = {
    predict,            residuals,          put_codes,          unpack,             dequantise,
    synthesise,         synthesise_first,   synthesise_wide,    widen,              lift_even,
    lift_odd,           lift_pair,          lift_store<u8>,     lift_store<u16>,    inverse_rct,
    lift_cross,         store<u8>,          store<u16>,         load_samples<u8>,   load_samples<u16>,
    rct_luma,           rct_chroma,         lift_high,          lift_low,           analyse,
    round,              quantise,           pack,               vertical_cost,      grade,
    trim,               collect,
};

}  // namespace
}  // namespace JXS_FAMILY
}  // namespace jxs
