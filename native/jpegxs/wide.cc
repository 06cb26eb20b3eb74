#include "wide.h"

namespace jxs {
namespace {

// Bit 0 of four lanes of 16 bits from a nibble, whose top bit goes into lane 0.
struct LaneTable {
  u64 of_nibble[16];
};
constexpr LaneTable make_lanes() {
  LaneTable t = {};
  for (int i = 0; i < 16; i++)
    for (int lane = 0; lane < 4; lane++) t.of_nibble[i] |= u64(i >> (3 - lane) & 1) << 16 * lane;
  return t;
}
constexpr LaneTable kLanes = make_lanes();

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

unsigned nibble_at(const Nibbles &in) {
  const u8 *p = in.data + (in.at >> 1);
  return p < in.end ? *p >> (in.at & 1 ? 0 : 4) & 15 : 0;
}

u32 magnitude_of(i32 x) { return x < 0 ? -u32(x) : u32(x); }

// The nibbles of eight bit-planes from `bit` on.
u64 eight_planes(const u32 *magnitude, int bit) {
  u64 nibbles = 0;
  for (int i = 0; i < 4; i++) nibbles = nibbles << 1 | kStrides.of_byte[magnitude[i] >> bit & 0xff];
  return nibbles;
}

}  // namespace

void unpack_wide(Nibbles &in, const u8 *counts, int groups, int t, bool signs, bool uniform, i32 *out) {
  for (int g = 0; g < groups; g++) {
    const int planes = max(counts[g] - t, 0);
    u64 negative = 0, upper = 0, lower = 0;
    if (planes > 0 && signs) {
      negative = kLanes.of_nibble[nibble_at(in)];
      in.at++;
    }
    for (int plane = planes - 1; plane >= 0; plane--, in.at++) {
      u64 &lanes = plane >= 16 ? upper : lower;
      lanes = lanes << 1 | kLanes.of_nibble[nibble_at(in)];
    }
    for (int i = 0; i < 4; i++) {
      const auto lane = [&](u64 lanes) { return u32(lanes >> 16 * i & 0xffff); };
      out[4 * g + i] = i32(lane(negative) << 31 | lane(upper) << 16 | lane(lower));
    }
  }
  if (signs) dequantise_wide(out, counts, groups, t, uniform);
}

void dequantise_wide(i32 *line, const u8 *counts, int groups, int t, bool uniform) {
  for (int i = 0; i < 4 * groups; i++) {
    const u32 index = u32(line[i]) & 0x7fffffff;
    u32 magnitude = index << t;
    if (uniform) {
      const int zeta = max(counts[i >> 2] - t, 0) + 1;
      for (u64 term = u64(magnitude) >> zeta; term != 0; term >>= zeta) magnitude += u32(term);
    } else if (index != 0) {
      magnitude += (1u << t) >> 1;
    }
    line[i] = i32(line[i] < 0 ? -magnitude : magnitude);
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
      const int now = planes % 8 == 0 ? 8 : planes % 8;
      planes -= now;
      out.put(eight_planes(magnitude, planes), 4 * now);
    }
  }
  to = out;
}

}  // namespace jxs
