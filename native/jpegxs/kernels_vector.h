// The inner loops on vectors of JXS_LANES 32-bit lanes, in the compilers' vector extension: SSE4.1, NEON and WASM SIMD
// from one text, AVX2 from the same with twice the lanes. Included by one file for each family. The parts need
// each other in this order.
#include "vector.h"
#include "vector_counts.h"
#include "vector_data.h"
#include "vector_transform.h"

namespace jxs {

extern const Kernels JXS_TABLE;
const Kernels JXS_TABLE = {
    JXS_FAMILY::predict,    JXS_FAMILY::residuals,  JXS_FAMILY::unpack, JXS_FAMILY::dequantise, JXS_FAMILY::synthesise, JXS_FAMILY::synthesise_first, JXS_FAMILY::synthesise_wide, JXS_FAMILY::widen,
    JXS_FAMILY::lift_even,  JXS_FAMILY::lift_odd,   JXS_FAMILY::inverse_rct, JXS_FAMILY::lift_cross,      JXS_FAMILY::store<u8>,
    JXS_FAMILY::store<u16>,    JXS_FAMILY::load_samples<u8>,      JXS_FAMILY::load_samples<u16>,           JXS_FAMILY::rct_luma,
    JXS_FAMILY::rct_chroma, JXS_FAMILY::lift_high,  JXS_FAMILY::lift_low,         JXS_FAMILY::analyse,
    JXS_FAMILY::round,      JXS_FAMILY::quantise, JXS_FAMILY::pack,  JXS_FAMILY::vertical_cost, JXS_FAMILY::grade, JXS_FAMILY::trim,
};

}  // namespace jxs
