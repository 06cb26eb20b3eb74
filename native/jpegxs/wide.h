// Coefficients of more than 15 bits, for lossless coding above 12 bits: what the kernels do for those of 16 bits. Without a
// budget to meet and with nothing quantised, most of the time goes into bit-planes, a nibble of which is one group's.
#pragma once
#include "kernels.h"

namespace jxs {

// As the kernels' `unpack`: with signs coefficients, without them magnitude indexes.
void unpack_wide(Nibbles &in, const u8 *counts, int groups, int t, bool signs, bool uniform, i32 *out);
// Sign and magnitude index to a signed coefficient, in place; whole groups.
void dequantise_wide(i32 *line, const u8 *counts, int groups, int t, bool uniform);

// Bit-plane counts of the code groups of `n` signed coefficients, the last of which is filled up with zeros. Returns the
// union of all magnitudes.
u32 count_wide(i32 *line, u8 *counts, int n);
// Writes the code groups of a line of signed coefficients at truncation 0, signs first where they are wanted.
void pack_wide(BitWriter &out, const i32 *line, const u8 *counts, int groups, bool signs);

}  // namespace jxs
