// Writes a precinct as a Choice says (ISO/IEC 21122-1 annex C).
#pragma once
#include "rate.h"

namespace jxs {

// Writes precinct header and packets at `out`, which has room for choice.bytes, and returns the bytes written: fewer than
// choice.bytes when signs were estimated. Lprc is left to `set_length`.
u32 pack_precinct(const RateModel &model, const PrecinctView &precinct, const Choice &choice,
                  const Choice *above, u8 *out);

// Sets Lprc of the precinct of `size` bytes at `out`.
void set_length(const Geometry &geometry, u8 *out, u32 size);

}  // namespace jxs
