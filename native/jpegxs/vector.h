// Vectors and what kernels of all kinds do with them. A part of kernels_vector.h.
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

// Stores the lanes of both in turn.
inline void store_zipped(i32 *out, V32 a, V32 b) {
#if JXS_LANES == 8
  const __m256i low = _mm256_unpacklo_epi32(__m256i(a), __m256i(b));
  const __m256i high = _mm256_unpackhi_epi32(__m256i(a), __m256i(b));
  store_to(out, _mm256_castsi256_si128(low));
  store_to(out + 4, _mm256_castsi256_si128(high));
  store_to(out + 8, _mm256_extracti128_si256(low, 1));
  store_to(out + 12, _mm256_extracti128_si256(high, 1));
#else
  store_to(out, __builtin_shufflevector(a, b, 0, 4, 1, 5));
  store_to(out + L, __builtin_shufflevector(a, b, 2, 6, 3, 7));
#endif
}

// What follows each lane of `a`, behind which is `b`.
#if JXS_LANES == 4
inline V32 one_up(V32 a, V32 b) { return __builtin_shufflevector(a, b, 1, 2, 3, 4); }
#else
inline V32 one_up(V32 a, V32 b) { return __builtin_shufflevector(a, b, 1, 2, 3, 4, 5, 6, 7, 8); }
#endif

// Shifts by the same number everywhere. AVX2 has a quick instruction for it only where the numbers are in a vector.
#if JXS_LANES == 8
typedef __m256i Shift;
inline Shift shift_by(int n) { return _mm256_set1_epi32(n); }
inline V32 shift_left(V32 v, Shift by) { return V32(_mm256_sllv_epi32(__m256i(v), by)); }
inline V32 shift_right(V32 v, Shift by) { return V32(_mm256_srav_epi32(__m256i(v), by)); }
#else
typedef int Shift;
inline Shift shift_by(int n) { return n; }
inline V32 shift_left(V32 v, Shift by) { return v << by; }
inline V32 shift_right(V32 v, Shift by) { return v >> by; }
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

#if JXS_LANES == 4
inline V32 evens(V32 a, V32 b) { return __builtin_shufflevector(a, b, 0, 2, 4, 6); }
inline V32 odds(V32 a, V32 b) { return __builtin_shufflevector(a, b, 1, 3, 5, 7); }
#else
inline V32 evens(V32 a, V32 b) { return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14); }
inline V32 odds(V32 a, V32 b) { return __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15); }
#endif

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

}  // namespace
}  // namespace JXS_FAMILY
}  // namespace jxs
