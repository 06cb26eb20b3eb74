// The codes of bit-plane counts as bits (ISO/IEC 21122-1 C.5.3).
#pragma once
#include "bits.h"

namespace jxs {
// Of each file for itself: families of kernels are compiled for different machines.
namespace {

// Four numbers as ones, each ended by a zero; 56 bits at most.
struct FourCodes {
  u64 bits;
  int size;

  explicit FourCodes(const u8 *n) {
    const int third = n[3] + 1, second = third + n[2] + 1, first = second + n[1] + 1;
    size = first + n[0] + 1;
    bits = (u64(1) << size) - 2 - (u64(1) << third) - (u64(1) << second) - (u64(1) << first);
  }
};

// The codes of a significance group of `size` residuals.
inline void put_group(BitWriter &out, const u8 *n, int size) {
  u64 eight;
  __builtin_memcpy(&eight, n, 8);
  // Almost always eight together are short enough; the sum of those below 32 fits a byte.
  if (size == 8 && (eight & 0xe0e0e0e0e0e0e0e0) == 0 && eight * 0x0101010101010101 >> 56 <= 48) {
    const FourCodes upper(n), lower(n + 4);
    out.put(upper.bits << lower.size | lower.bits, upper.size + lower.size);
    return;
  }
  for (int g = 0; g < size; g++) out.put((u64(1) << (n[g] + 1)) - 2, n[g] + 1);
}

// As the kernel `put_codes`.
inline void put_codes(BitWriter &flags_to, BitWriter &to, const u8 *counts, const u8 *residuals,
                      int groups, int t, bool flagged, bool zeros) {
  constexpr u64 kBytes = 0x0101010101010101;
  // In registers: see the kernels' `pack`.
  BitWriter flags = flags_to, out = to;
  for (int first = 0; first < groups; first += 8) {
    const int size = min(8, groups - first);
    const u8 *n = residuals + first;
    if (flagged) {
      u64 eight, m;
      __builtin_memcpy(&eight, n, 8);
      __builtin_memcpy(&m, counts + first, 8);
      const u64 reasons = zeros ? (m + (0x7f - u64(t)) * kBytes) & 0x80 * kBytes : eight;
      const bool skip = reasons << (64 - 8 * size) == 0;
      flags.put(skip, 1);
      if (skip) continue;
    }
    put_group(out, n, size);
  }
  flags_to = flags;
  to = out;
}

}  // namespace
}  // namespace jxs
