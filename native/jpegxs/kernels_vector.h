// The inner loops on vectors of JXS_LANES 32-bit lanes, in the compilers' vector extension: SSE4.1, NEON and WASM SIMD
// from one text, AVX2 from the same with twice the lanes. Included by one file for each family.
#include "kernels.h"

#if defined(__SSE4_1__)
#include <immintrin.h>
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

namespace jxs {
namespace JXS_FAMILY {
namespace {

constexpr int L = JXS_LANES;
// Lanes of 32 and of 16 bits in a full vector, and half a vector of 16-bit lanes.
typedef i32 V32 __attribute__((vector_size(4 * L)));
typedef i16 V16 __attribute__((vector_size(4 * L)));
typedef u16 U16 __attribute__((vector_size(4 * L)));
typedef i16 H16 __attribute__((vector_size(2 * L)));
typedef u16 HU16 __attribute__((vector_size(2 * L)));
typedef u8 Q8 __attribute__((vector_size(L)));
typedef u8 Q16 __attribute__((vector_size(2 * L)));

template <class V, class T>
inline V load(const T *p) {
  V v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
template <class V, class T>
inline void store_to(T *p, V v) {
  __builtin_memcpy(p, &v, sizeof v);
}
inline V32 load32(const i32 *p) { return load<V32>(p); }

// L samples or coefficients as 32-bit lanes. Without the intrinsics gcc makes two halves and puts them together.
inline V32 wide(const i16 *p) {
#if JXS_LANES == 8
  return V32(_mm256_cvtepi16_epi32(__m128i(load<H16>(p))));
#elif defined(__SSE4_1__)
  return V32(_mm_cvtepi16_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i *>(p))));
#else
  return __builtin_convertvector(load<H16>(p), V32);
#endif
}
inline V32 wide(const u16 *p) {
#if JXS_LANES == 8
  return V32(_mm256_cvtepu16_epi32(__m128i(load<HU16>(p))));
#elif defined(__SSE4_1__)
  return V32(_mm_cvtepu16_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i *>(p))));
#else
  return __builtin_convertvector(load<HU16>(p), V32);
#endif
}
inline V32 wide(const u8 *p) {
#if JXS_LANES == 8
  return V32(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i *>(p))));
#elif defined(__SSE4_1__)
  i32 four;
  __builtin_memcpy(&four, p, 4);
  return V32(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(four)));
#else
  return __builtin_convertvector(load<Q8>(p), V32);
#endif
}

#if JXS_LANES == 4
inline V32 zip_low(V32 a, V32 b) { return __builtin_shufflevector(a, b, 0, 4, 1, 5); }
inline V32 zip_high(V32 a, V32 b) { return __builtin_shufflevector(a, b, 2, 6, 3, 7); }
// What follows each lane of `a`, behind which is `b`.
inline V32 one_up(V32 a, V32 b) { return __builtin_shufflevector(a, b, 1, 2, 3, 4); }
#else
inline V32 zip_low(V32 a, V32 b) { return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11); }
inline V32 zip_high(V32 a, V32 b) {
  return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}
inline V32 one_up(V32 a, V32 b) { return __builtin_shufflevector(a, b, 1, 2, 3, 4, 5, 6, 7, 8); }
#endif

typedef u8 B8 __attribute__((vector_size(16)));
typedef u16 B16 __attribute__((vector_size(16)));
typedef u64 B64 __attribute__((vector_size(16)));
// The same in full vectors.
constexpr int kBytes = 4 * L;
typedef u8 W8 __attribute__((vector_size(kBytes)));
typedef u16 W16 __attribute__((vector_size(kBytes)));
typedef u64 W64 __attribute__((vector_size(kBytes)));

typedef i16 I16 __attribute__((vector_size(16)));

// The top bits of all lanes, that of lane 0 in bit 0.
inline u32 sign_bits(W8 v) {
#if JXS_LANES == 8
  return u32(_mm256_movemask_epi8(__m256i(v)));
#elif defined(__SSE4_1__)
  return u32(_mm_movemask_epi8(__m128i(v)));
#elif defined(__wasm_simd128__)
  return wasm_i8x16_bitmask(v128_t(v));
#else
  const W8 bits = v & W8{1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  u32 low = 0, high = 0;
  for (int i = 0; i < 8; i++) low |= bits[i], high |= bits[i + 8];
  return low | high << 8;
#endif
}

inline u32 sum_of(W16 v) {
  const u64 low = 0x0000ffff0000ffff;
  W64 pairs = (W64(v) & low) + (W64(v) >> u64(16) & low);
  pairs += pairs >> u64(32);
  u32 sum = 0;
  for (int i = 0; i < L / 2; i++) sum += u32(pairs[i]);
  return sum;
}

template <class V>
inline V larger(V a, V b) {
  return a > b ? a : b;
}

constexpr u8 kLaneIndex[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                               16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
// All ones in the first `count` lanes.
template <class V>
inline V first_lanes(int count) {
  return V(load<V>(kLaneIndex) < V{} + u8(min(count, 32)));
}

// Bits of the groups from `first` on whose counts are above T: those that fit a vector.
inline u32 coded_groups(const u8 *counts, int first, int groups, int t) {
  return sign_bits(W8(load<W8>(counts + first) > W8{} + u8(t)) & first_lanes<W8>(groups - first));
}

int predict(u8 *counts, const u8 *residuals, int groups, int t, int floor, bool vertical,
            int extra) {
  const W8 ts = W8{} + u8(t), floors = W8{} + u8(floor), one = W8{} + u8(1), none = {};
  const W16 bytes = W16{} + u16(0xff);
  W8 seen = {};
  W16 nibbles = {};
  for (int g = 0; g < groups; g += kBytes) {
    const W8 n = load<W8>(residuals + g);
    W8 m = ts + n;
    if (vertical) {
      const W8 predicted = larger(load<W8>(counts + g), floors), theta = predicted - ts;
      const W8 up = (n >> u8(1)) & (one + u8(0x7e)), odd = none - (n & one);
      // Even: n / 2 upwards; odd: (n + 1) / 2 downwards, which is the complement; beyond 2 theta: n - theta upwards.
      const W8 far = W8(n > theta + theta);
      m = predicted + ((far & (n - theta)) | (~far & (up ^ odd)));
    }
    const W8 skipped = W8(n == u8(255));
    m = (ts & skipped) | (m & ~skipped);
    const W8 inside = first_lanes<W8>(groups - g);
    m &= inside;
    seen |= m;
    // Behind the line are the counts of the next column, which it still needs.
    if (groups - g >= kBytes) store_to(counts + g, m);
    else __builtin_memcpy(counts + g, &m, size_t(groups - g));
    const W8 coded = W8(m > ts);
    const W8 size = coded & (m - ts + u8(extra));
    nibbles += (W16(size) & bytes) + (W16(size) >> u16(8));
  }
  return sign_bits(W8(seen > u8(15))) != 0 ? -1 : int(sum_of(nibbles));
}

// The residual that leads from `predicted` to `m`, both at least `t`.
inline W8 residual(W8 m, W8 predicted, W8 t) {
  const W8 one = W8{} + u8(1);
  const W8 up = m - predicted, down = predicted - m;
  const W8 rises = W8(m >= predicted), far = rises & W8(up > predicted - t);
  return (far & (m - t)) | (rises & ~far & (up + up)) | (~rises & (down + down - one));
}

void residuals(const u8 *counts, const u8 *above, u8 *out, int groups, int t, int floor,
               bool vertical) {
  const W8 ts = W8{} + u8(t), floors = W8{} + u8(floor);
  for (int g = 0; g < groups; g += kBytes) {
    const W8 m = larger(load<W8>(counts + g), ts);
    store_to(out + g, vertical ? residual(m, larger(load<W8>(above + g), floors), ts) : m - ts);
  }
}

// The upper halves of the products.
inline B16 multiply_high(B16 a, B16 b) {
#if defined(__SSE4_1__)
  return B16(_mm_mulhi_epu16(__m128i(a), __m128i(b)));
#elif defined(__wasm_simd128__)
  v128_t low = wasm_u32x4_extmul_low_u16x8(v128_t(a), v128_t(b));
  v128_t high = wasm_u32x4_extmul_high_u16x8(v128_t(a), v128_t(b));
  return B16(wasm_i16x8_shuffle(low, high, 1, 3, 5, 7, 9, 11, 13, 15));
#elif defined(__ARM_NEON)
  uint32x4_t low = vmull_u16(vget_low_u16(uint16x8_t(a)), vget_low_u16(uint16x8_t(b)));
  uint32x4_t high = vmull_u16(vget_high_u16(uint16x8_t(a)), vget_high_u16(uint16x8_t(b)));
  return B16(vcombine_u16(vshrn_n_u32(low, 16), vshrn_n_u32(high, 16)));
#else
  B16 product;
  for (int i = 0; i < 8; i++) product[i] = u16(u32(a[i]) * b[i] >> 16);
  return product;
#endif
}
#if JXS_LANES == 8
inline U16 multiply_high(U16 a, U16 b) {
  return U16(_mm256_mulhi_epu16(__m256i(a), __m256i(b)));
}
#endif

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

template <bool signs, bool uniform>
void unpack_as(Nibbles &in, const u8 *counts, int groups, int t, i16 *out) {
  const I16 half = I16{} + i16((1 << t) >> 1);
  size_t at = in.at;
  __builtin_memset(out, 0, size_t(groups) * 8);
  for (int first = 0; first < groups; first += kBytes) {
    for (u32 left = coded_groups(counts, first, groups, t); left != 0; left &= left - 1) {
      const int g = first + __builtin_ctz(left);
      const int planes = counts[g] - t;
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
      at += size_t(planes);
      if (signs) {
        I16 magnitude = I16(B64{index, 0}), sign = I16(B64{negative, 0});
        const I16 seen = magnitude != 0;
        magnitude <<= i16(t);
        if (uniform)
          magnitude += I16(multiply_high(B16(magnitude), B16(B64{kSeries.of_zeta[planes + 1], 0})));
        else magnitude += half & seen;
        index = B64((magnitude ^ sign) - sign)[0];
      }
      __builtin_memcpy(out + 4 * g, &index, 8);
    }
  }
  in.at = at;
}

void unpack(Nibbles &in, const u8 *counts, int groups, int t, bool signs, bool uniform, i16 *out) {
  const auto as = !signs ? unpack_as<false, false> : uniform ? unpack_as<true, true> : unpack_as<true, false>;
  as(in, counts, groups, t, out);
}

// `Whole`: with two or more fractional bits the quarter of two high coefficients is not rounded.
template <bool Whole, class Low>
inline void synthesise_as(Low low, const i16 *high, int fq, i32 *out, i32 *even, int n) {
  const int lows = (n + 1) >> 1;
  const auto even_at = [&](int k, V32 h) {
    const V32 sum = wide(high + k - 1) + h;
    return low(k) - (Whole ? sum << (fq - 2) : ((sum << fq) + 2) >> 2);
  };
  const auto store_pairs = [&](int k, V32 e, V32 next, V32 h) {
    const V32 o = (h << fq) + ((e + next) >> 1);
    store_to(out + 2 * k, zip_low(e, o));
    store_to(out + 2 * k + L, zip_high(e, o));
  };
  int k = 0;
  V32 h = wide(high), e = even_at(0, h);
  for (; k <= lows - 2 * L; k += L) {
    const V32 next_h = wide(high + k + L), next = even_at(k + L, next_h);
    store_pairs(k, e, one_up(e, next), h);
    h = next_h;
    e = next;
  }
  const int rest = k;
  for (; k < lows; k += L) store_to(even + k, even_at(k, wide(high + k)));
  even[lows] = even[lows - 1];
  for (k = rest; k < lows; k += L)
    store_pairs(k, load32(even + k), load32(even + k + 1), wide(high + k));
}

template <class Low>
inline void synthesise_any(Low low, const i16 *high, int fq, i32 *out, i32 *even, int n) {
  if (n == 1) out[0] = low(0)[0];
  else if (fq >= 2) synthesise_as<true>(low, high, fq, out, even, n);
  else synthesise_as<false>(low, high, fq, out, even, n);
}

void synthesise(const i32 *low, const i16 *high, int fq, i32 *out, i32 *scratch, int n) {
  synthesise_any([=](int k) { return load32(low + k); }, high, fq, out, scratch, n);
}

void synthesise_first(const i16 *low, const i16 *high, int fq, i32 *out, i32 *scratch, int n) {
  synthesise_any([=](int k) { return wide(low + k) << fq; }, high, fq, out, scratch, n);
}

void widen(const i16 *line, int fq, i32 *out, int n) {
  for (int i = 0; i < n; i += L) store_to(out + i, wide(line + i) << fq);
}

void lift_even(i32 *out, const i32 *low, const i32 *above, const i32 *below, int n) {
  for (int i = 0; i < n; i += L)
    store_to(out + i, load32(low + i) - ((load32(above + i) + load32(below + i) + 2) >> 2));
}

void lift_odd(i32 *out, const i32 *high, const i32 *above, const i32 *below, int n) {
  for (int i = 0; i < n; i += L)
    store_to(out + i, load32(high + i) + ((load32(above + i) + load32(below + i)) >> 1));
}

void inverse_rct(i32 *y, i32 *u, i32 *v, int n) {
  for (int i = 0; i < n; i += L) {
    V32 blue = load32(u + i), red = load32(v + i);
    V32 g = load32(y + i) - ((blue + red) >> 2);
    store_to(y + i, g + red);
    store_to(u + i, g);
    store_to(v + i, g + blue);
  }
}

inline V32 scaled(const i32 *x, V32 bias, int shift, V32 limit) {
  V32 v = (load32(x) + bias) >> shift;
  v = v > 0 ? v : V32{};
  return v < limit ? v : limit;
}

// Two vectors of numbers below 2^15 in one.
inline V16 narrow(V32 a, V32 b) {
#if JXS_LANES == 8
  return V16(_mm256_permute4x64_epi64(_mm256_packus_epi32(__m256i(a), __m256i(b)), 0xd8));
#elif defined(__SSE4_1__)
  return V16(_mm_packus_epi32(__m128i(a), __m128i(b)));
#else
  return __builtin_shufflevector(V16(a), V16(b), 0, 2, 4, 6, 8, 10, 12, 14);
#endif
}
// The same with numbers below 2^8.
inline Q16 narrow(V16 v) {
#if JXS_LANES == 8
  return Q16(_mm_packus_epi16(_mm256_castsi256_si128(__m256i(v)), _mm256_extracti128_si256(__m256i(v), 1)));
#else
  return __builtin_convertvector(v, Q16);
#endif
}

inline void store_samples(V16 v, u16 *out) { store_to(out, v); }
inline void store_samples(V16 v, u8 *out) { store_to(out, narrow(v)); }

template <class Sample>
void store(const i32 *x, Sample *out, int n, int bias, int shift, int limit) {
  const V32 biases = V32{} + bias, limits = V32{} + limit;
  int i = 0;
  for (; i <= n - 2 * L; i += 2 * L)
    store_samples(narrow(scaled(x + i, biases, shift, limits),
                         scaled(x + i + L, biases, shift, limits)), out + i);
  for (; i < n; i++) out[i] = Sample(clamp((x[i] + bias) >> shift, 0, limit));
}

template <class Sample>
void load_samples(const Sample *x, i32 *out, int n, int bias, int shift, int mask) {
  const V32 biases = V32{} + bias, masks = V32{} + mask;
  int i = 0;
  for (; i <= n - L; i += L) {
    store_to(out + i, ((wide(x + i) & masks) << shift) - biases);
  }
  for (; i < n; i++) out[i] = ((x[i] & mask) << shift) - bias;
}
void rct_luma(i32 *red, const i32 *green, const i32 *blue, int n) {
  for (int i = 0; i < n; i += L)
    store_to(red + i, (load32(red + i) + 2 * load32(green + i) + load32(blue + i)) >> 2);
}

void rct_chroma(i32 *other, const i32 *green, int n) {
  for (int i = 0; i < n; i += L) store_to(other + i, load32(other + i) - load32(green + i));
}

void lift_high(i32 *out, const i32 *x, const i32 *above, const i32 *below, int n) {
  for (int i = 0; i < n; i += L)
    store_to(out + i, load32(x + i) - ((load32(above + i) + load32(below + i)) >> 1));
}

void lift_low(i32 *out, const i32 *x, const i32 *above, const i32 *below, int n) {
  for (int i = 0; i < n; i += L)
    store_to(out + i, load32(x + i) + ((load32(above + i) + load32(below + i) + 2) >> 2));
}

#if JXS_LANES == 4
inline V32 evens(V32 a, V32 b) { return __builtin_shufflevector(a, b, 0, 2, 4, 6); }
inline V32 odds(V32 a, V32 b) { return __builtin_shufflevector(a, b, 1, 3, 5, 7); }
#else
inline V32 evens(V32 a, V32 b) { return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14); }
inline V32 odds(V32 a, V32 b) { return __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15); }
#endif

void analyse(i32 *x, i32 *low, i32 *high, int n) {
  const int lows = (n + 1) >> 1, highs = n >> 1;
  if (highs == 0) {
    low[0] = x[0];
    return;
  }
  if (n % 2 == 0) x[n] = x[n - 2];
  for (int k = 0; k < highs; k += L) {
    const i32 *p = x + 2 * k;
    V32 a = load32(p), b = load32(p + L);
    V32 next = evens(load32(p + 2), load32(p + L + 2));
    V32 even = evens(a, b);
    store_to(low + k, even);
    store_to(high + k, odds(a, b) - ((even + next) >> 1));
  }
  low[lows - 1] = x[2 * (lows - 1)];
  high[-1] = high[0];
  high[highs] = high[highs - 1];
  for (int k = 0; k < lows; k += L)
    store_to(low + k, load32(low + k) + ((load32(high + k - 1) + load32(high + k) + 2) >> 2));
}

// Two vectors in one, with what does not fit clamped, so that signs stay.
inline V16 narrow_signed(V32 a, V32 b) {
#if JXS_LANES == 8
  return V16(_mm256_permute4x64_epi64(_mm256_packs_epi32(__m256i(a), __m256i(b)), 0xd8));
#elif defined(__SSE4_1__)
  return V16(_mm_packs_epi32(__m128i(a), __m128i(b)));
#elif defined(__wasm_simd128__)
  return V16(wasm_i16x8_narrow_i32x4(v128_t(a), v128_t(b)));
#elif defined(__ARM_NEON)
  return V16(vcombine_s16(vqmovn_s32(int32x4_t(a)), vqmovn_s32(int32x4_t(b))));
#else
  const auto clamped = [](V32 v) {
    v = v < 0x7fff ? v : V32{} + 0x7fff;
    return v > -0x8000 ? v : V32{} - 0x8000;
  };
  return narrow(clamped(a), clamped(b));
#endif
}

// Bit lengths of numbers below 2^24: the exponents of the same numbers as floats.
inline V32 bit_lengths(V32 v) {
  typedef float F32 __attribute__((vector_size(4 * L)));
  const V32 length = (V32(__builtin_convertvector(v, F32)) >> 23) - 126;
  return length > 0 ? length : V32{};
}

u32 round(const i32 *x, int fq, i16 *out, u8 *counts, int n) {
  typedef u64 V64 __attribute__((vector_size(4 * L)));
  const V32 half = V32{} + i32((1u << fq) >> 1);
  V32 all = {};
  auto step = [&](const i32 *p, i16 *to, u8 *m) {
    V64 groups[2];
    for (int i = 0; i < 2; i++) {
      V32 v[2], magnitude[2];
      for (int k = 0; k < 2; k++) {
        v[k] = load32(p + (2 * i + k) * L);
        const V32 sign = v[k] >> 31;
        magnitude[k] = (((v[k] ^ sign) - sign) + half) >> fq;
        all |= magnitude[k];
      }
      const V16 packed = narrow_signed(magnitude[0], magnitude[1]);
      store_to(to + 2 * i * L, packed | (narrow_signed(v[0], v[1]) & i16(-0x8000)));
      const V64 pairs = V64(packed) | V64(packed) >> u64(32);
      groups[i] = (pairs | pairs >> u64(16)) & u64(0xffff);
    }
    store_to(m, __builtin_convertvector(bit_lengths(evens(V32(groups[0]), V32(groups[1]))), Q8));
  };
  const int whole = n & ~(4 * L - 1);
  for (int i = 0; i < whole; i += 4 * L) step(x + i, out + i, counts + (i >> 2));
  if (whole < n) {
    i32 rest[4 * L] = {};
    __builtin_memcpy(rest, x + whole, size_t(n - whole) * sizeof(i32));
    step(rest, out + whole, counts + (whole >> 2));
  }
  u32 seen = 0;
  for (int i = 0; i < L; i++) seen |= u32(all[i]);
  return seen;
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
    if (uniform) {
      u64 align[L / 2], factor[L / 2];
      for (int g = 0; g < L / 2; g++) {
        const int m = counts[i / 4 + g] & 15;
        align[g] = kFactors.bit[15 - m];
        factor[g] = kFactors.of_planes[max(m - t, 0)];
      }
      // Magnitudes above their count are at most twice as large: they still fit and are clipped.
      const U16 limit = U16{} + u16(0x7fff);
      U16 aligned = U16(magnitude) * load<U16>(align), f = load<U16>(factor);
      aligned = aligned < limit ? aligned : limit;
      index = V16(multiply_high(aligned, f) + ((aligned * f) >> u16(15)));
    } else {
      index = magnitude >> i16(t);
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

template <bool signs, bool uniform>
void pack_as(BitWriter &to, const i16 *line, const u8 *counts, int groups, int t) {
  const I16 mask = I16{} + i16(0x7fff);
  // In registers: what is written to bytes could be anything, the writer itself too.
  BitWriter out = to;
  for (int first = 0; first < groups; first += kBytes) {
    for (u32 left = coded_groups(counts, first, groups, t); left != 0; left &= left - 1) {
      const int g = first + __builtin_ctz(left);
      const int m = counts[g] & 15, planes = m - t;
      u64 four;
      __builtin_memcpy(&four, line + 4 * g, 8);
      const I16 x = I16(B64{four, 0});
      I16 index = x & mask;
      if (uniform) {
        const B16 limit = B16{} + u16(0x7fff);
        B16 aligned = B16(index) * B16(B64{kFactors.bit[15 - m], 0});
        aligned = aligned < limit ? aligned : limit;
        const B16 f = B16(B64{kFactors.of_planes[planes], 0});
        index = I16(multiply_high(aligned, f) + ((aligned * f) >> u16(15)));
      } else {
        index >>= i16(t);
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
  }
  to = out;
}

void pack(BitWriter &out, const i16 *line, const u8 *counts, int groups, int t, bool signs,
          bool uniform) {
  const auto as = signs ? uniform ? pack_as<true, true> : pack_as<true, false>
                        : uniform ? pack_as<false, true> : pack_as<false, false>;
  as(out, line, counts, groups, t);
}

void vertical_cost(const u8 *counts, const u8 *above, int groups, int t, int floor, bool rm,
                   u32 *plain, u32 *flagged) {
  const W8 ts = W8{} + u8(t), floors = W8{} + u8(floor), one = W8{} + u8(1);
  const W16 bytes = W16{} + u16(0xff);
  W16 all = {}, coded = {};
  for (int g = 0; g < groups; g += kBytes) {
    W8 m = larger(load<W8>(counts + g), ts), predicted = larger(load<W8>(above + g), floors);
    if (groups - g < kBytes) {
      // Lanes behind the line cost nothing and leave their flag alone.
      const W8 inside = first_lanes<W8>(groups - g);
      m = (m & inside) | (ts & ~inside);
      predicted = (predicted & inside) | (ts & ~inside);
    }
    const W8 length = residual(m, predicted, ts) + one;
    W64 kept = W64(W64(rm ? m ^ ts : m ^ predicted) != W64{});
    all += (W16(length) & bytes) + (W16(length) >> u16(8));
    W8 left = length & W8(kept);
    coded += (W16(left) & bytes) + (W16(left) >> u16(8));
  }
  // The lanes behind the line counted one bit each; behind a whole significance group, none of the coded ones.
  const int spare = -groups & (kBytes - 1);
  *plain = sum_of(all) - u32(spare);
  const int last = groups & ~7, tail = -groups & 7;
  bool last_kept = false;
  for (int g = last; g < groups; g++)
    last_kept |= rm ? counts[g] > t : max<int>(counts[g], t) != max<int>(above[g], floor);
  *flagged = sum_of(coded) - (last_kept ? u32(tail) : 0);
}

// Bytes of a table of 16.
inline B8 look_up(B8 table, B8 index) {
#if defined(__SSE4_1__)
  return B8(_mm_shuffle_epi8(__m128i(table), __m128i(index)));
#elif defined(__wasm_simd128__)
  return B8(wasm_i8x16_swizzle(v128_t(table), v128_t(index)));
#elif defined(__ARM_NEON)
  return B8(vqtbl1q_u8(uint8x16_t(table), uint8x16_t(index)));
#else
  B8 v;
  for (int i = 0; i < 16; i++) v[i] = table[index[i] & 15];
  return v;
#endif
}

typedef u32 B32 __attribute__((vector_size(16)));

inline B8 above(B8 x, int start) {
  const B8 starts = B8{} + u8(start);
  return larger(x, starts) - starts;
}
inline B8 add_saturated(B8 a, B8 b) {
  const B8 room = ~b;
  return (a < room ? a : room) + b;
}

// Magnitudes of two groups, eight bits below 2^M, in lanes of 16: `align` has 2^(15 - M) in lanes A and B.
template <int A, int B>
inline B16 scaled_pair(const i16 *line, B16 align) {
  const B16 magnitude = load<B16>(line) & u16(0x7fff);
  return (magnitude * __builtin_shufflevector(align, align, A, A, A, A, B, B, B, B)) >> u16(7);
}
// The same of four groups in bytes, first coefficients first.
template <int A>
inline B32 scaled_four(const i16 *line, B16 align) {
  const B8 x = B8(scaled_pair<A, A + 1>(line, align));
  const B8 y = B8(scaled_pair<A + 2, A + 3>(line + 8, align));
  return B32(
      __builtin_shufflevector(x, y, 0, 8, 16, 24, 2, 10, 18, 26, 4, 12, 20, 28, 6, 14, 22, 30));
}

// Where a count is the only one of its size in its significance group, and none is larger.
inline B8 lone(B8 m) {
  const auto swapped = [](B8 v, int shift) { return B8(B64(v) >> shift | B64(v) << (64 - shift)); };
  B8 top = larger(m, swapped(m, 8));
  top = larger(top, swapped(top, 16));
  top = larger(top, swapped(top, 32));
  const B64 tops = B64(m == top), lowest = tops & -tops;
  return B8(tops & B64(tops == (lowest << 8) - lowest));
}

void grade(const i16 *line, u8 *counts, int groups) {
  constexpr B8 kLow = {0, 0, 0, 0, 0, 0, 0, 0, 128, 64, 32, 16, 8, 4, 2, 1};
  constexpr B8 kHigh = {128, 64, 32, 16, 8, 4, 2, 1};
  for (int g = 0; g < groups; g += 16) {
    const B8 m = load<B8>(counts + g) & first_lanes<B8>(groups - g);
    const B8 low = look_up(kLow, m), high = look_up(kHigh, m);
    const B16 first = B16(
        __builtin_shufflevector(low, high, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
    const B16 second = B16(
        __builtin_shufflevector(low, high, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31));
    const i16 *p = line + 4 * g;
    const B32 a = scaled_four<0>(p, first), b = scaled_four<4>(p + 16, first);
    const B32 c = scaled_four<0>(p + 32, second), d = scaled_four<4>(p + 48, second);
    const B32 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    const B32 cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    const B32 ef = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const B32 gh = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    // First coefficients of all groups, second ones, and so on.
    const B8 x[4] = {B8(__builtin_shufflevector(ab, cd, 0, 1, 4, 5)),
                     B8(__builtin_shufflevector(ab, cd, 2, 3, 6, 7)),
                     B8(__builtin_shufflevector(ef, gh, 0, 1, 4, 5)),
                     B8(__builtin_shufflevector(ef, gh, 2, 3, 6, 7))};
    B8 one = {}, two = {};
    for (int i = 0; i < 4; i++) {
      one = add_saturated(one, above(x[i], kFirstRamp));
      const B8 steeper = above(x[i], kSteeperRamp), quarter = (steeper >> u8(2)) & u8(63);
      two = add_saturated(two, above(x[i], kSecondRamp) + steeper + quarter);
    }
    const B8 only = lone(m);
    B8 reached_one = {}, reached_two = {};
    for (int i = 0; i < 3; i++) {
      const B8 price = (only & u8(kLonePrice[i])) | (~only & u8(kFirstPrice[i]));
      reached_one -= B8(one >= price);
      reached_two -= B8(two >= B8{} + u8(kSecondPrice[i]));
    }
    const B8 grades = (m << u8(4)) | (reached_one << u8(2)) | reached_two;
    if (groups - g >= 16) store_to(counts + g, grades);
    else __builtin_memcpy(counts + g, &grades, size_t(groups - g));
  }
}

void trim(const u8 *grades, u8 *counts, int groups, int t, int thrift) {
  const W8 ts = W8{} + u8(t), low = W8{} + u8(3), thrifts = W8{} + u8(thrift + 1);
  for (int g = 0; g < groups; g += kBytes) {
    const W8 grade = load<W8>(grades + g), m = (grade >> u8(4)) & u8(15);
    const W8 first = W8(m == ts + u8(1)) & W8(((grade >> u8(2)) & low) < thrifts);
    const W8 second = W8(m == ts + u8(2)) & W8((grade & low) < thrifts);
    store_to(counts + g, m + (first | second));
  }
}

}  // namespace
}  // namespace JXS_FAMILY

extern const Kernels JXS_TABLE;
const Kernels JXS_TABLE = {
    JXS_FAMILY::predict,    JXS_FAMILY::residuals,  JXS_FAMILY::unpack, JXS_FAMILY::dequantise, JXS_FAMILY::synthesise, JXS_FAMILY::synthesise_first, JXS_FAMILY::widen,
    JXS_FAMILY::lift_even,  JXS_FAMILY::lift_odd,   JXS_FAMILY::inverse_rct,      JXS_FAMILY::store<u8>,
    JXS_FAMILY::store<u16>,    JXS_FAMILY::load_samples<u8>,      JXS_FAMILY::load_samples<u16>,           JXS_FAMILY::rct_luma,
    JXS_FAMILY::rct_chroma, JXS_FAMILY::lift_high,  JXS_FAMILY::lift_low,         JXS_FAMILY::analyse,
    JXS_FAMILY::round,      JXS_FAMILY::quantise, JXS_FAMILY::pack,  JXS_FAMILY::vertical_cost, JXS_FAMILY::grade, JXS_FAMILY::trim,
};

}  // namespace jxs
