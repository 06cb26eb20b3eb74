#include "wide.h"

namespace jxs {
namespace {

// Bits of four lanes from eight data bits, whose halves become bits 1 and 0.
struct PairTable {
  u64 of_byte[256];
};
constexpr PairTable make_pairs() {
  PairTable t = {};
  for (int i = 0; i < 256; i++)
    for (int lane = 0; lane < 4; lane++)
      t.of_byte[i] |= u64(i >> (7 - lane) & 1) << (16 * lane + 1) | u64(i >> (3 - lane) & 1) << 16 * lane;
  return t;
}
constexpr PairTable kPairs = make_pairs();

// Bit j of a byte at bit 4j: one coefficient's part of eight nibbles.
struct StrideTable {
  u32 of_byte[256];
};
constexpr StrideTable make_strides() {
  StrideTable t = {};
  for (int i = 0; i < 256; i++)
    for (int j = 0; j < 8; j++) t.of_byte[i] |= u32(i >> j & 1) << 4 * j;
  return t;
}
constexpr StrideTable kStrides = make_strides();

// Takes `count` nibbles, 1 to 8, as bits of four lanes.
u64 take_nibbles(Nibbles &in, int count) {
  const u8 *p = in.data + (in.at >> 1);
  u64 bits = 0;
  if (in.end - p >= 8) bits = load_be64(p);
  else
    for (int i = 0; i < 8; i++) bits = bits << 8 | (p + i < in.end ? p[i] : 0);
  bits = bits << (in.at & 1) * 4 >> (64 - 4 * count);
  in.at += size_t(count);
  u64 lanes = 0;
  for (int shift = (count - 1) / 2 * 8; shift >= 0; shift -= 8)
    lanes = lanes << 2 | kPairs.of_byte[bits >> shift & 0xff];
  return lanes;
}

// How many of the planes come next, so that those behind are in eights.
int next_planes(int left) { return left % 8 == 0 ? 8 : left % 8; }

constexpr u64 kLowBytes = 0x00ff00ff00ff00ff;

u32 magnitude_of(i32 x) {
  const u32 sign = u32(x >> 31);
  return (u32(x) ^ sign) - sign;
}

// The nibbles of eight bit-planes from `bit` on.
u64 eight_planes(const u32 *magnitude, int bit) {
  u64 nibbles = 0;
  for (int i = 0; i < 4; i++) nibbles = nibbles << 1 | kStrides.of_byte[magnitude[i] >> bit & 0xff];
  return nibbles;
}

}  // namespace

void unpack_wide(Nibbles &to, const u8 *counts, int groups, int t, bool signs, bool uniform, i32 *out) {
  // In registers: see the kernels' `pack`.
  Nibbles in = to;
  for (int g = 0; g < groups; g++) {
    int planes = max(counts[g] - t, 0);
    const u64 negative = signs && planes > 0 ? take_nibbles(in, 1) : 0;
    // Bits above the lower sixteen of four numbers, and those.
    u64 upper = 0, lower = 0;
    while (planes > 0) {
      const int now = next_planes(planes);
      upper = upper << 8 | (lower >> 8 & kLowBytes);
      lower = (lower & kLowBytes) << 8 | take_nibbles(in, now);
      planes -= now;
    }
    upper |= negative << 15;
    for (int i = 0; i < 4; i++)
      out[4 * g + i] = i32(u32(upper >> 16 * i) << 16 | u32(lower >> 16 * i & 0xffff));
  }
  to = in;
  if (signs) dequantise_wide(out, counts, groups, t, uniform);
}

void dequantise_wide(i32 *line, const u8 *counts, int groups, int t, bool uniform) {
  const auto with_sign = [](u32 magnitude, i32 x) {
    const u32 sign = u32(x >> 31);
    return i32((magnitude ^ sign) - sign);
  };
  // Almost always: the streams are lossless.
  if (t == 0) {
    for (int i = 0; i < 4 * groups; i++) line[i] = with_sign(u32(line[i]) & 0x7fffffff, line[i]);
    return;
  }
  for (int i = 0; i < 4 * groups; i++) {
    const u32 index = u32(line[i]) & 0x7fffffff;
    u32 magnitude = index << t;
    if (uniform) {
      const int zeta = max(counts[i >> 2] - t, 0) + 1;
      for (u64 term = u64(magnitude) >> zeta; term != 0; term >>= zeta) magnitude += u32(term);
    } else if (index != 0) {
      magnitude += 1u << (t - 1);
    }
    line[i] = with_sign(magnitude, line[i]);
  }
}

u32 count_wide(i32 *line, u8 *counts, int n) {
  for (int i = n; i & 3; i++) line[i] = 0;
  u32 all = 0;
  for (int g = 0; 4 * g < n; g++) {
    u32 group = 0;
    for (int i = 4 * g; i < 4 * g + 4; i++) group |= magnitude_of(line[i]);
    counts[g] = u8(group == 0 ? 0 : 32 - __builtin_clz(group));
    all |= group;
  }
  return all;
}

void pack_wide(BitWriter &to, const i32 *line, const u8 *counts, int groups, bool signs) {
  // In registers: see the kernels' `pack`.
  BitWriter out = to;
  for (int g = 0; g < groups; g++, line += 4) {
    if (counts[g] == 0) continue;
    u32 magnitude[4];
    unsigned negative = 0;
    for (int i = 0; i < 4; i++) {
      magnitude[i] = magnitude_of(line[i]);
      negative = negative << 1 | (line[i] < 0);
    }
    if (signs) out.put(negative, 4);
    for (int planes = counts[g]; planes > 0;) {
      const int now = next_planes(planes);
      planes -= now;
      out.put(eight_planes(magnitude, planes), 4 * now);
    }
  }
  to = out;
}

}  // namespace jxs
