// Horizontal synthesis and rounding with as few as possible of the instructions that move lanes between the halves of a
// vector: those, and shifts by a number in a register, all wait for one port.

namespace jxs {
namespace avx2 {
namespace {

// Coefficients at full scale: in the upper halves of their lanes, then moved down by `down` = 16 - fq bits.
inline V32 scaled_up(const i16 *p, __m256i down) {
  const __m256i both = _mm256_broadcastsi128_si256(load<__m128i>(p));
  constexpr i64 a = 0x0302808001008080, step = 0x0404000004040000;
  const __m256i order = _mm256_setr_epi64x(a, a + step, a + 2 * step, a + 3 * step);
  return V32(_mm256_srav_epi32(_mm256_shuffle_epi8(both, order), down));
}

// As `Stepped`, scaled up when they are loaded.
template <bool Whole>
struct ScaledUp {
  const i16 *p;
  __m256i down;

  ScaledUp(const i16 *line, int fq) : p(line), down(_mm256_set1_epi32(16 - fq)) {}
  V32 at(int k) const { return scaled_up(p + k, down); }
  V32 full(V32 h) const { return h; }
  V32 quarter(V32 sum) const { return (Whole ? sum : sum + 2) >> 2; }
};

void synthesise_apart(const i32 *low, const i16 *high, int fq, i32 *out, i32 *scratch, int n) {
  synthesise_any<ScaledUp>([=](int k) { return load32(low + k); }, high, fq, out, scratch, n);
}

void synthesise_first_apart(const i16 *low, const i16 *high, int fq, i32 *out, i32 *scratch, int n) {
  const __m256i down = _mm256_set1_epi32(16 - fq);
  synthesise_any<ScaledUp>([=](int k) { return scaled_up(low + k, down); }, high, fq, out, scratch, n);
}

// Four lanes at `p` and the four from `p` + 8 on, so that what is packed from two such is in order.
inline __m256i load_apart(const i32 *p) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(load<__m128i>(p)), load<__m128i>(p + 8), 1);
}

// Rounds eight groups and returns their counts in the lower half. All magnitudes are added to the union `all`.
inline __m128i round_groups(const i32 *x, __m256i half, __m256i fq, i16 *out, __m256i &all) {
  __m256i ored[2];
  for (int i = 0; i < 2; i++) {
    const __m256i a = load_apart(x + 16 * i), b = load_apart(x + 16 * i + 4);
    const __m256i p = _mm256_srlv_epi32(_mm256_add_epi32(_mm256_abs_epi32(a), half), fq);
    const __m256i q = _mm256_srlv_epi32(_mm256_add_epi32(_mm256_abs_epi32(b), half), fq);
    all = _mm256_or_si256(all, _mm256_or_si256(p, q));
    const __m256i magnitude = _mm256_packs_epi32(p, q);
    const __m256i sign = _mm256_and_si256(_mm256_packs_epi32(a, b), _mm256_set1_epi16(-0x8000));
    store_to(out + 16 * i, _mm256_or_si256(magnitude, sign));
    const __m256i pairs = _mm256_or_si256(magnitude, _mm256_srli_epi64(magnitude, 32));
    ored[i] = _mm256_or_si256(pairs, _mm256_srli_epi32(pairs, 16));
  }
  const __m256i groups = _mm256_castps_si256(
      _mm256_shuffle_ps(_mm256_castsi256_ps(ored[0]), _mm256_castsi256_ps(ored[1]), 0x88));
  // Bit lengths are the exponents of the same numbers as floats.
  const __m256 floats = _mm256_cvtepi32_ps(_mm256_and_si256(groups, _mm256_set1_epi32(0xffff)));
  const __m256i exponents = _mm256_srli_epi32(_mm256_castps_si256(floats), 23);
  const __m256i lengths = _mm256_subs_epu16(exponents, _mm256_set1_epi32(126));
  // 0, 1, 4, 5 and 2, 3, 6, 7.
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(lengths), _mm256_extracti128_si256(lengths, 1));
  return _mm_shufflelo_epi16(_mm_packus_epi16(words, words), 0xd8);
}

u32 round_apart(const i32 *x, int fq, i16 *out, u8 *counts, int n) {
  const __m256i half = _mm256_set1_epi32(i32((1u << fq) >> 1)), shift = _mm256_set1_epi32(fq);
  __m256i all = {};
  int i = 0;
  for (; i + 32 <= n; i += 32)
    _mm_storel_epi64(reinterpret_cast<__m128i *>(counts + i / 4), round_groups(x + i, half, shift, out + i, all));
  if (i < n) {
    i32 rest[32] = {};
    __builtin_memcpy(rest, x + i, size_t(n - i) * sizeof(i32));
    _mm_storel_epi64(reinterpret_cast<__m128i *>(counts + i / 4), round_groups(rest, half, shift, out + i, all));
  }
  u32 seen = 0;
  for (int k = 0; k < L; k++) seen |= u32(V32(all)[k]);
  return seen;
}

}  // namespace
}  // namespace avx2
}  // namespace jxs
