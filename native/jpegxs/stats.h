// What the code groups of a line cost, for every truncation.
#pragma once
#include "trim.h"

namespace jxs {

// Sums over one line for every truncation position T: a line of cache each.
struct LineStats {
  struct {
    // Bit-planes above T, groups with some, groups in significance groups with some, in four lanes: for the three thrifts
    // and, last, without trimming.
    u32 planes[4], coded[4], flagged[4];
    // Costs under vertical prediction with the same T and thrift above, and numbers of signs, for one thrift each.
    u32 vertical, vertical_flagged, signs;
    i8 vertical_thrift, signs_thrift;
  } at[16];
};
constexpr i8 kUnknown = 127;

// Numbers of grades in one line: all, in parts so that equal neighbours do not wait for each other, and by its best grade
// without the last two bits those in each significance group. Zero between lines.
struct GradeHistogram {
  u16 all[4][256], best[64];
};

// Of each file for itself: families of kernels are compiled for different machines.
namespace {
namespace stats {

typedef u16 Narrow __attribute__((vector_size(8)));
typedef u32 Lanes __attribute__((vector_size(16)));

// Four numbers of 16 bits in one of 64: each becomes the sum of itself and those below; the top one is the sum of all.
inline u64 sums(u64 four) { return four * 0x0001000100010001; }
inline u32 sum(u64 four) { return u32(sums(four) >> 48); }

// How many are trimmed at each thrift, of numbers by the lowest thrift at which they are.
inline Lanes trimmed(u64 four) {
  const u64 below = sums(four) & 0x0000ffffffffffff;
  Narrow lanes;
  __builtin_memcpy(&lanes, &below, 8);
  return __builtin_convertvector(lanes, Lanes);
}

inline void store_lanes(u32 *to, Lanes v) { __builtin_memcpy(to, &v, sizeof v); }

inline u64 take(u16 *four) {
  u64 v;
  __builtin_memcpy(&v, four, 8);
  __builtin_memset(four, 0, 8);
  return v;
}

}  // namespace stats

// As the kernel `collect`.
inline void collect(const u8 *grades, int groups, GradeHistogram &histogram, LineStats &line) {
  using namespace stats;
  int g = 0, highest = 0;
  auto end_group = [&](u8 best, int size) {
    histogram.best[best >> 2] += u16(size);
    highest = max<int>(highest, best);
  };
  for (; g + 8 <= groups; g += 8) {
    u8 best = 0;
    for (int k = 0; k < 8; k++) {
      histogram.all[k & 1][grades[g + k]]++;
      best = max(best, grades[g + k]);
    }
    end_group(best, 8);
  }
  if (g < groups) {
    u8 best = 0;
    for (int k = g; k < groups; k++) {
      histogram.all[0][grades[k]]++;
      best = max(best, grades[k]);
    }
    end_group(best, groups - g);
  }
  u32 planes = 0, coded = 0, flagged = 0;
  Lanes first = {}, first_flagged = {}, second = {}, next_second = {};
  for (int t = 15; t >= 0; t--) {
    auto &at = line.at[t];
    store_lanes(at.planes, planes - first - second);
    store_lanes(at.coded, coded - first);
    store_lanes(at.flagged, flagged - first_flagged);
    at.vertical_thrift = at.signs_thrift = kUnknown;
    // M = t: from now on these groups reach above T.
    if (t > highest >> 4) continue;
    u64 row[4], by_second = 0, by_first = 0;
    for (int k = 0; k < 4; k++) {
      row[k] = take(histogram.all[0] + 16 * t + 4 * k) + take(histogram.all[1] + 16 * t + 4 * k);
      by_second += row[k];
      by_first |= u64(sum(row[k])) << 16 * k;
    }
    const u64 best = take(histogram.best + 4 * t);
    second = next_second;
    next_second = trimmed(by_second);
    first = trimmed(by_first);
    first_flagged = trimmed(best);
    coded += sum(by_first);
    flagged += sum(best);
    planes += coded;
  }
}

}  // namespace
}  // namespace jxs
