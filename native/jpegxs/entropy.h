// Entropy decoding of one precinct (ISO/IEC 21122-1 annex C).
#pragma once
#include "kernels.h"

namespace jxs {

// Where a band's coefficients go: rows of a ring, or null for bands that the reduced size leaves out. Strides in bytes.
struct BandStore {
  u8 *rows;
  size_t stride;
  // Rows of the ring: those of two precincts.
  int ring;
};

// What one thread of entropy decoding keeps between precincts.
struct EntropyState {
  // Bit-plane counts of the last line of each band, and T of the last precinct in each column.
  u8 *counts[JXS_MAX_BANDS];
  u8 *truncation[JXS_MAX_BANDS];
  // The codes of a packet's counts, and the residuals of a line.
  u8 *codes, *residuals;
};

struct EntropyContext {
  const JxsHeader *header;
  const Geometry *geometry;
  const Kernels *kernels;
  BandStore *store;
};

// Row `y`, of 16-bit coefficients or of wide ones.
template <class Coefficient>
inline Coefficient *coefficient_row(const BandStore &s, int y) {
  return reinterpret_cast<Coefficient *>(s.rows + size_t(y % s.ring) * s.stride);
}

// Decodes the precinct at `bytes` (of which `left` remain) in column `px` of precinct row `py`; `slice_top` in the first
// row of a slice. `used` receives the bytes of the precinct.
int decode_precinct(const EntropyContext &context, EntropyState &state, int px, int py,
                    bool slice_top, const u8 *bytes, size_t left, size_t *used, JxsError *error);

// Sets a precinct's coefficients to zero.
void clear_precinct(const EntropyContext &context, int px, int py);

}  // namespace jxs
