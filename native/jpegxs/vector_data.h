// Coefficients to bit-planes and back. A part of kernels_vector.h.

namespace jxs {
namespace JXS_FAMILY {
namespace {

// 2^16 · (2^−ζ + 2^−2ζ + …) in four lanes. The index has fewer than ζ bits, so the terms of the series never overlap and
// the sum of the truncated terms is the truncated product.
constexpr u64 series(int zeta) {
  u64 sum = 0;
  for (int shift = zeta; shift <= 16; shift += zeta) sum += u64(1) << (16 - shift);
  return sum * 0x0001000100010001;
}
struct SeriesTable {
  u64 of_zeta[18];
};
constexpr SeriesTable make_series() {
  SeriesTable t = {};
  for (int zeta = 2; zeta < 18; zeta++) t.of_zeta[zeta] = series(zeta);
  return t;
}
constexpr SeriesTable kSeries = make_series();

void dequantise(i16 *line, const u8 *counts, int width, int t, bool uniform) {
  const V16 mask = V16{} + i16(0x7fff);
  const V16 half = V16{} + i16((1 << t) >> 1);
  for (int i = 0; i < width; i += 2 * L) {
    V16 x = load<V16>(line + i);
    V16 sign = x >> 15;
    V16 index = x & mask;
    V16 magnitude = index << i16(t);
    if (uniform) {
      u64 factor[L / 2];
      for (int g = 0; g < L / 2; g++) {
        int zeta = counts[i / 4 + g] - t + 1;
        factor[g] = kSeries.of_zeta[clamp(zeta, 0, 17)];
      }
      magnitude += V16(multiply_high(U16(magnitude), load<U16>(factor)));
    } else {
      magnitude += half & (index != 0);
    }
    store_to(line + i, (magnitude ^ sign) - sign);
  }
}

// Bits of four lanes from eight data bits, whose halves become bits 1 and 0; the lanes that a nibble of signs makes
// negative.
struct PlaneTable {
  u64 of_byte[256], negative[16];
};
constexpr PlaneTable make_planes() {
  PlaneTable t = {};
  for (int i = 0; i < 256; i++)
    for (int lane = 0; lane < 4; lane++)
      t.of_byte[i] |= u64(i >> (7 - lane) & 1) << (16 * lane + 1) | u64(i >> (3 - lane) & 1) << 16 * lane;
  for (int i = 0; i < 16; i++)
    for (int lane = 0; lane < 4; lane++)
      t.negative[i] |= (i >> (3 - lane) & 1) * (u64(0xffff) << 16 * lane);
  return t;
}
constexpr PlaneTable kPlanes = make_planes();

// Sixteen nibbles from `at` on, of which the last is only there where `at` is even.
inline u64 load_nibbles(const Nibbles &in, size_t at) {
  const u8 *p = in.data + (at >> 1);
  u64 v = 0;
  if (in.end - p >= 8) v = load_be64(p);
  else
    for (int i = 0; i < 8; i++) v = v << 8 | (p + i < in.end ? p[i] : 0);
  return v << (at & 1) * 4;
}

// The code group with `planes` bit-planes at `at`, as four lanes: coefficients, or magnitude indexes where the signs are
// elsewhere.
template <bool signs, bool uniform>
inline u64 unpack_group(const Nibbles &in, size_t at, int planes, int t) {
  u64 bits = load_nibbles(in, at);
  u64 negative = 0;
  if (signs) {
    negative = kPlanes.negative[bits >> 60];
    bits <<= 4;
    at++;
  }
  u64 index;
  if (planes <= 4) {
    bits >>= 64 - 4 * planes;
    index = kPlanes.of_byte[bits >> 8] << 2 | kPlanes.of_byte[bits & 0xff];
  } else {
    bits = load_nibbles(in, at) >> (64 - 4 * planes);
    index = 0;
    for (int shift = planes > 8 ? 56 : 24; shift >= 0; shift -= 8)
      index = index << 2 | kPlanes.of_byte[bits >> shift & 0xff];
  }
  if (!signs) return index;
  I16 magnitude = I16(B64{index, 0}), sign = I16(B64{negative, 0});
  const I16 seen = magnitude != 0;
  magnitude <<= i16(t);
  if (uniform)
    magnitude += I16(multiply_high(B16(magnitude), B16(B64{kSeries.of_zeta[planes + 1], 0})));
  else magnitude += (I16{} + i16((1 << t) >> 1)) & seen;
  return B64((magnitude ^ sign) - sign)[0];
}

template <bool signs, bool uniform>
void unpack_as(Nibbles &in, const u8 *counts, int groups, int t, i16 *out) {
  size_t at = in.at;
  __builtin_memset(out, 0, size_t(groups) * 8);
  for (int first = 0; first < groups; first += kBytes) {
    for (u32 left = coded_groups(counts, first, groups, t); left != 0; left &= left - 1) {
      const int g = first + __builtin_ctz(left);
      const int planes = counts[g] - t;
      const u64 lanes = unpack_group<signs, uniform>(in, at, planes, t);
      __builtin_memcpy(out + 4 * g, &lanes, 8);
      at += size_t(planes + signs);
    }
  }
  in.at = at;
}

void unpack(Nibbles &in, const u8 *counts, int groups, int t, bool signs, bool uniform, i16 *out) {
  const auto as = !signs ? unpack_as<false, false> : uniform ? unpack_as<true, true> : unpack_as<true, false>;
  as(in, counts, groups, t, out);
}

// One bit in each of four lanes; 2^(planes + 1) − 1 in each, and zero for no planes. The quantised index is the rounded
// upper half of (magnitude · 2^(15 − M)) · (2^ζ − 1), which is the standard's quotient with both sides scaled to a division
// by 2^16.
struct FactorTable {
  u64 bit[16], of_planes[16];
};
constexpr FactorTable make_factors() {
  FactorTable t = {};
  for (int i = 0; i < 16; i++) {
    t.bit[i] = (u64(1) << i) * 0x0001000100010001;
    t.of_planes[i] = i == 0 ? 0 : ((u64(1) << (i + 1)) - 1) * 0x0001000100010001;
  }
  return t;
}
constexpr FactorTable kFactors = make_factors();

void quantise(const i16 *line, const u8 *counts, i16 *out, int n, int t, bool uniform) {
  const V16 mask = V16{} + i16(0x7fff);
  for (int i = 0; i < n; i += 2 * L) {
    V16 x = load<V16>(line + i);
    V16 magnitude = x & mask;
    V16 index;
    u64 align[L / 2], factor[L / 2];
    for (int g = 0; g < L / 2; g++) {
      const int m = counts[i / 4 + g] & 15;
      align[g] = kFactors.bit[15 - m];
      factor[g] = kFactors.of_planes[max(m - t, 0)];
    }
    // Magnitudes above their count are at most twice as large: they still fit and are clipped.
    if (uniform) {
      const U16 limit = U16{} + u16(0x7fff);
      U16 aligned = U16(magnitude) * load<U16>(align), f = load<U16>(factor);
      aligned = aligned < limit ? aligned : limit;
      index = V16(multiply_high(aligned, f) + ((aligned * f) >> u16(15)));
    } else {
      const V16 most = V16(load<U16>(factor) >> u16(1));
      index = magnitude >> i16(t);
      index = index < most ? index : most;
    }
    V16 sign = (x & ~mask) & V16(index != 0);
    store_to(out + i, index | sign);
  }
}

// What each of four coefficients contributes to the nibbles of eight bit-planes: bit j of a byte at bit 4j + 3 for the
// first, at bit 4j for the last.
struct NibbleTable {
  u32 of_byte[4][256];
};
constexpr NibbleTable make_nibbles() {
  NibbleTable t = {};
  for (int lane = 0; lane < 4; lane++)
    for (int i = 0; i < 256; i++)
      for (int j = 0; j < 8; j++) t.of_byte[lane][i] |= u32(i >> j & 1) << (4 * j + 3 - lane);
  return t;
}
constexpr NibbleTable kNibbles = make_nibbles();

// The nibbles of the lower eight bits of four lanes.
inline u64 eight_planes(u64 lanes) {
  const auto &t = kNibbles.of_byte;
  return t[0][lanes & 0xff] | t[1][lanes >> 16 & 0xff] | t[2][lanes >> 32 & 0xff] |
         t[3][lanes >> 48 & 0xff];
}

// Writes a code group with count `m`.
template <bool signs, bool uniform>
inline void pack_group(BitWriter &out, const i16 *group, int m, int t) {
  const int planes = m - t;
  u64 four;
  __builtin_memcpy(&four, group, 8);
  const I16 x = I16(B64{four, 0});
  I16 index = x & (I16{} + i16(0x7fff));
  if (uniform) {
    const B16 limit = B16{} + u16(0x7fff);
    B16 aligned = B16(index) * B16(B64{kFactors.bit[15 - m], 0});
    aligned = aligned < limit ? aligned : limit;
    const B16 f = B16(B64{kFactors.of_planes[planes], 0});
    index = I16(multiply_high(aligned, f) + ((aligned * f) >> u16(15)));
  } else {
    const I16 most = I16(B64{kFactors.bit[planes], 0}) - i16(1);
    index >>= i16(t);
    index = index < most ? index : most;
  }
  // Signs are the plane above the highest; a zero has none.
  if (signs) index |= (x < 0) & (index != 0) & I16(B64{kFactors.bit[planes], 0});
  const u64 lanes = B64(index)[0];
  const int nibbles = planes + signs;
  if (nibbles <= 8) {
    out.put(eight_planes(lanes), 4 * nibbles);
  } else {
    out.put(eight_planes(lanes >> 8), 4 * nibbles - 32);
    out.put(eight_planes(lanes), 32);
  }
}

template <bool signs, bool uniform>
void pack_as(BitWriter &to, const i16 *line, const u8 *counts, int groups, int t) {
  // In registers: what is written to bytes could be anything, the writer itself too.
  BitWriter out = to;
  for (int first = 0; first < groups; first += kBytes) {
    for (u32 left = coded_groups(counts, first, groups, t); left != 0; left &= left - 1) {
      const int g = first + __builtin_ctz(left);
      pack_group<signs, uniform>(out, line + 4 * g, counts[g] & 15, t);
    }
  }
  to = out;
}

void pack(BitWriter &out, const i16 *line, const u8 *counts, int groups, int t, bool signs,
          bool uniform) {
  const auto as = signs ? uniform ? pack_as<true, true> : pack_as<true, false>
                        : uniform ? pack_as<false, true> : pack_as<false, false>;
  as(out, line, counts, groups, t);
}

}  // namespace
}  // namespace JXS_FAMILY
}  // namespace jxs
