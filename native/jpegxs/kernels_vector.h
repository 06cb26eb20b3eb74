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
inline V32 load_wide(const i16 *p, int shift) {
  return __builtin_convertvector(load<H16>(p), V32) << shift;
}

#if JXS_LANES == 4
inline V32 zip_low(V32 a, V32 b) { return __builtin_shufflevector(a, b, 0, 4, 1, 5); }
inline V32 zip_high(V32 a, V32 b) { return __builtin_shufflevector(a, b, 2, 6, 3, 7); }
#else
inline V32 zip_low(V32 a, V32 b) { return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11); }
inline V32 zip_high(V32 a, V32 b) {
  return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}
#endif

// The upper halves of the products.
inline U16 multiply_high(U16 a, U16 b) {
#if defined(__SSE4_1__) && JXS_LANES == 4
  return U16(_mm_mulhi_epu16(__m128i(a), __m128i(b)));
#elif defined(__AVX2__)
  return U16(_mm256_mulhi_epu16(__m256i(a), __m256i(b)));
#elif defined(__wasm_simd128__)
  v128_t low = wasm_u32x4_extmul_low_u16x8(v128_t(a), v128_t(b));
  v128_t high = wasm_u32x4_extmul_high_u16x8(v128_t(a), v128_t(b));
  return U16(wasm_i16x8_shuffle(low, high, 1, 3, 5, 7, 9, 11, 13, 15));
#elif defined(__ARM_NEON)
  uint32x4_t low = vmull_u16(vget_low_u16(uint16x8_t(a)), vget_low_u16(uint16x8_t(b)));
  uint32x4_t high = vmull_u16(vget_high_u16(uint16x8_t(a)), vget_high_u16(uint16x8_t(b)));
  return U16(vcombine_u16(vshrn_n_u32(low, 16), vshrn_n_u32(high, 16)));
#else
  U16 product;
  for (int i = 0; i < 2 * L; i++) product[i] = u16(u32(a[i]) * b[i] >> 16);
  return product;
#endif
}

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

template <class Low>
inline void synthesise_any(Low low, const i16 *high, int fq, i32 *out, i32 *even, int n) {
  const int lows = (n + 1) >> 1, highs = n >> 1;
  if (highs == 0) {
    out[0] = low(0)[0];
    return;
  }
  for (int k = 0; k < lows; k += L) {
    V32 sum = load_wide(high + k - 1, fq) + load_wide(high + k, fq);
    store_to(even + k, low(k) - ((sum + 2) >> 2));
  }
  even[lows] = even[lows - 1];
  for (int k = 0; k < lows; k += L) {
    V32 e = load32(even + k);
    V32 o = load_wide(high + k, fq) + ((e + load32(even + k + 1)) >> 1);
    store_to(out + 2 * k, zip_low(e, o));
    store_to(out + 2 * k + L, zip_high(e, o));
  }
}

void synthesise(const i32 *low, const i16 *high, int fq, i32 *out, i32 *scratch, int n) {
  synthesise_any([=](int k) { return load32(low + k); }, high, fq, out, scratch, n);
}

void synthesise_first(const i16 *low, const i16 *high, int fq, i32 *out, i32 *scratch, int n) {
  synthesise_any([=](int k) { return load_wide(low + k, fq); }, high, fq, out, scratch, n);
}

void widen(const i16 *line, int fq, i32 *out, int n) {
  for (int i = 0; i < n; i += L) store_to(out + i, load_wide(line + i, fq));
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

void store8(const i32 *x, u8 *out, int n, int bias, int shift, int limit) {
  const V32 biases = V32{} + bias, limits = V32{} + limit;
  int i = 0;
  for (; i <= n - L; i += L)
    store_to(out + i, __builtin_convertvector(scaled(x + i, biases, shift, limits), Q8));
  for (; i < n; i++) out[i] = u8(clamp((x[i] + bias) >> shift, 0, limit));
}

void store16(const i32 *x, u16 *out, int n, int bias, int shift, int limit) {
  const V32 biases = V32{} + bias, limits = V32{} + limit;
  int i = 0;
  for (; i <= n - L; i += L)
    store_to(out + i, __builtin_convertvector(scaled(x + i, biases, shift, limits), HU16));
  for (; i < n; i++) out[i] = u16(clamp((x[i] + bias) >> shift, 0, limit));
}

}  // namespace
}  // namespace JXS_FAMILY

extern const Kernels JXS_TABLE;
const Kernels JXS_TABLE = {
    JXS_FAMILY::dequantise,  JXS_FAMILY::synthesise, JXS_FAMILY::synthesise_first,
    JXS_FAMILY::widen,       JXS_FAMILY::lift_even,  JXS_FAMILY::lift_odd,
    JXS_FAMILY::inverse_rct, JXS_FAMILY::store8,     JXS_FAMILY::store16,
};

}  // namespace jxs
