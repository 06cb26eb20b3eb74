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

typedef u8 B8 __attribute__((vector_size(16)));
typedef u16 B16 __attribute__((vector_size(16)));
typedef u64 B64 __attribute__((vector_size(16)));

inline B8 larger(B8 a, B8 b) { return a > b ? a : b; }

constexpr B8 kLaneIndex = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
// All ones in the first `count` lanes.
inline B8 first_lanes(int count) { return B8(kLaneIndex < B8{} + u8(min(count, 16))); }

int predict(u8 *counts, const u8 *residuals, int groups, int t, int floor, bool vertical,
            int extra) {
  const B8 ts = B8{} + u8(t), floors = B8{} + u8(floor), one = B8{} + u8(1), none = {};
  const B16 bytes = B16{} + u16(0xff);
  B8 seen = {};
  B16 nibbles = {};
  for (int g = 0; g < groups; g += 16) {
    const B8 n = load<B8>(residuals + g);
    B8 m = ts + n;
    if (vertical) {
      const B8 predicted = larger(load<B8>(counts + g), floors), theta = predicted - ts;
      const B8 up = (n >> u8(1)) & (one + u8(0x7e)), odd = none - (n & one);
      // Even: n / 2 upwards; odd: (n + 1) / 2 downwards, which is the complement; beyond 2 theta: n - theta upwards.
      const B8 far = B8(n > theta + theta);
      m = predicted + ((far & (n - theta)) | (~far & (up ^ odd)));
    }
    const B8 inside = first_lanes(groups - g);
    m &= inside;
    seen |= m;
    // Behind the line are the counts of the next column, which it still needs.
    if (groups - g >= 16) store_to(counts + g, m);
    else __builtin_memcpy(counts + g, &m, size_t(groups - g));
    const B8 coded = B8(m > ts);
    const B8 size = coded & (m - ts + u8(extra));
    nibbles += (B16(size) & bytes) + (B16(size) >> u16(8));
  }
  u32 sum = 0, all = 0;
  for (int i = 0; i < 8; i++) sum += nibbles[i];
  for (int i = 0; i < 16; i++) all |= seen[i];
  return all > 15 ? -1 : int(sum);
}

// The residual that leads from `predicted` to `m`, both at least `t`.
inline B8 residual(B8 m, B8 predicted, B8 t) {
  const B8 one = B8{} + u8(1);
  const B8 up = m - predicted, down = predicted - m;
  const B8 rises = B8(m >= predicted), far = rises & B8(up > predicted - t);
  return (far & (m - t)) | (rises & ~far & (up + up)) | (~rises & (down + down - one));
}

void residuals(const u8 *counts, const u8 *above, u8 *out, int groups, int t, int floor,
               bool vertical) {
  const B8 ts = B8{} + u8(t), floors = B8{} + u8(floor);
  for (int g = 0; g < groups; g += 16) {
    const B8 m = larger(load<B8>(counts + g), ts);
    store_to(out + g, vertical ? residual(m, larger(load<B8>(above + g), floors), ts) : m - ts);
  }
}

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

template <class Vector, class Sample>
inline void load_any(const Sample *x, i32 *out, int n, int bias, int shift, int mask) {
  const V32 biases = V32{} + bias, masks = V32{} + mask;
  int i = 0;
  for (; i <= n - L; i += L) {
    V32 v = __builtin_convertvector(load<Vector>(x + i), V32);
    store_to(out + i, ((v & masks) << shift) - biases);
  }
  for (; i < n; i++) out[i] = ((x[i] & mask) << shift) - bias;
}
void load8(const u8 *x, i32 *out, int n, int bias, int shift, int mask) {
  load_any<Q8>(x, out, n, bias, shift, mask);
}
void load16(const u16 *x, i32 *out, int n, int bias, int shift, int mask) {
  load_any<HU16>(x, out, n, bias, shift, mask);
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

// Narrows two vectors of magnitudes below 2^16.
inline V16 narrow(V32 a, V32 b) {
#if JXS_LANES == 4
  return __builtin_shufflevector(V16(a), V16(b), 0, 2, 4, 6, 8, 10, 12, 14);
#else
  return __builtin_shufflevector(V16(a), V16(b), 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26,
                                 28, 30);
#endif
}

u32 round(const i32 *x, int fq, i16 *out, u8 *counts, int n) {
  const V32 half = V32{} + i32((1u << fq) >> 1), limit = V32{} + 0x7fff;
  V32 all = {};
  const int whole = n & ~(2 * L - 1);
  auto step = [&](const i32 *p, i16 *to, u8 *m) {
    V32 magnitude[2], sign[2];
    for (int i = 0; i < 2; i++) {
      V32 v = load32(p + i * L);
      sign[i] = v >> 31;
      magnitude[i] = (((v ^ sign[i]) - sign[i]) + half) >> fq;
      all |= magnitude[i];
      magnitude[i] = magnitude[i] < limit ? magnitude[i] : limit;
    }
    V16 packed = narrow(magnitude[0], magnitude[1]);
    V16 signs = narrow(sign[0], sign[1]) & i16(-0x8000);
    store_to(to, packed | signs);
    for (int g = 0; g < L / 2; g++) {
      u64 lanes;
      __builtin_memcpy(&lanes, reinterpret_cast<const char *>(&packed) + 8 * g, 8);
      lanes |= lanes >> 32;
      u32 group = u32(lanes | lanes >> 16) & 0xffff;
      m[g] = u8(31 - __builtin_clz(group << 1 | 1));
    }
  };
  for (int i = 0; i < whole; i += 2 * L) step(x + i, out + i, counts + (i >> 2));
  if (whole < n) {
    i32 rest[2 * L] = {};
    for (int i = whole; i < n; i++) rest[i - whole] = x[i];
    step(rest, out + whole, counts + (whole >> 2));
  }
  u32 seen = 0;
  for (int i = 0; i < L; i++) seen |= u32(all[i]);
  return seen;
}

// Factors for one truncation position and every count: the index is the rounded upper half of
// (magnitude · 2^(15 − M)) · (2^ζ − 1), which is the standard's quotient with both sides scaled to a division by 2^16.
struct QuantiserTable {
  u64 align[16], factor[16];
};
inline void make_quantiser(QuantiserTable &table, int t) {
  for (int m = 0; m < 16; m++) {
    table.align[m] = (u64(1) << (15 - m)) * 0x0001000100010001;
    table.factor[m] = m <= t ? 0 : ((u64(1) << (m - t + 1)) - 1) * 0x0001000100010001;
  }
}

void quantise(const i16 *line, const u8 *counts, i16 *out, int n, int t, bool uniform) {
  const V16 mask = V16{} + i16(0x7fff);
  QuantiserTable table;
  if (uniform) make_quantiser(table, t);
  for (int i = 0; i < n; i += 2 * L) {
    V16 x = load<V16>(line + i);
    V16 magnitude = x & mask;
    V16 index;
    if (uniform) {
      u64 align[L / 2], factor[L / 2];
      for (int g = 0; g < L / 2; g++) {
        const int m = counts[i / 4 + g] & 15;
        align[g] = table.align[m];
        factor[g] = table.factor[m];
      }
      U16 aligned = U16(magnitude) * load<U16>(align), f = load<U16>(factor);
      index = V16(multiply_high(aligned, f) + ((aligned * f) >> u16(15)));
    } else {
      index = magnitude >> i16(t);
    }
    V16 sign = (x & ~mask) & V16(index != 0);
    store_to(out + i, index | sign);
  }
}

void vertical_cost(const u8 *counts, const u8 *above, int groups, int t, int floor, bool rm,
                   u32 *plain, u32 *flagged) {
  const B8 ts = B8{} + u8(t), floors = B8{} + u8(floor), one = B8{} + u8(1);
  const B16 bytes = B16{} + u16(0xff);
  B16 all = {}, coded = {};
  for (int g = 0; g < groups; g += 16) {
    B8 m = larger(load<B8>(counts + g), ts), predicted = larger(load<B8>(above + g), floors);
    if (groups - g < 16) {
      // Lanes behind the line cost nothing and leave their flag alone.
      const B8 inside = first_lanes(groups - g);
      m = (m & inside) | (ts & ~inside);
      predicted = (predicted & inside) | (ts & ~inside);
    }
    const B8 length = residual(m, predicted, ts) + one;
    B64 kept = B64(B64(rm ? m ^ ts : m ^ predicted) != B64{});
    all += (B16(length) & bytes) + (B16(length) >> u16(8));
    B8 left = length & B8(kept);
    coded += (B16(left) & bytes) + (B16(left) >> u16(8));
  }
  u32 sum = 0, sum_coded = 0;
  for (int i = 0; i < 8; i++) sum += all[i], sum_coded += coded[i];
  // The lanes behind the line counted one bit each; behind a whole significance group, none of the coded ones.
  const int spare = -groups & 15;
  *plain = sum - u32(spare);
  const int last = groups & ~7, tail = -groups & 7;
  bool last_kept = false;
  for (int g = last; g < groups; g++)
    last_kept |= rm ? counts[g] > t : max<int>(counts[g], t) != max<int>(above[g], floor);
  *flagged = sum_coded - (last_kept ? u32(tail) : 0);
}

}  // namespace
}  // namespace JXS_FAMILY

extern const Kernels JXS_TABLE;
const Kernels JXS_TABLE = {
    JXS_FAMILY::predict,    JXS_FAMILY::residuals,  JXS_FAMILY::dequantise, JXS_FAMILY::synthesise, JXS_FAMILY::synthesise_first, JXS_FAMILY::widen,
    JXS_FAMILY::lift_even,  JXS_FAMILY::lift_odd,   JXS_FAMILY::inverse_rct,      JXS_FAMILY::store8,
    JXS_FAMILY::store16,    JXS_FAMILY::load8,      JXS_FAMILY::load16,           JXS_FAMILY::rct_luma,
    JXS_FAMILY::rct_chroma, JXS_FAMILY::lift_high,  JXS_FAMILY::lift_low,         JXS_FAMILY::analyse,
    JXS_FAMILY::round,      JXS_FAMILY::quantise,   JXS_FAMILY::vertical_cost,
};

}  // namespace jxs
