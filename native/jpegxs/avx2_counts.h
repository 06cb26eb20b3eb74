// Codes, grades and sums of bit-plane counts, 32 at a time.

namespace jxs {
namespace avx2 {
namespace {

void put_codes_of_quads(BitWriter &flags_to, BitWriter &to, const u8 *counts, const u8 *residuals, int groups, int t,
                        bool flagged, bool zeros) {
  constexpr u8 kReversed[16] = {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15};
  BitWriter flags = flags_to, out = to;
  for (int first = 0; first < groups; first += kBytes) {
    const int size = min(kBytes, groups - first), eights = ceil_div(size, 8);
    const W8 inside = first_lanes<W8>(size), n = load<W8>(residuals + first) & inside;
    u32 coded = (1u << eights) - 1;
    if (flagged) {
      const W8 reasons = zeros ? W8(load<W8>(counts + first) > W8{} + u8(t)) & inside : n;
      const __m256i none = _mm256_cmpeq_epi64(__m256i(reasons), __m256i{});
      const u32 skipped = u32(_mm256_movemask_pd(_mm256_castsi256_pd(none)));
      flags.put(kReversed[skipped] >> (4 - eights), eights);
      coded &= ~skipped;
    }
    const Keys keys = make_keys(n);
    for (; coded != 0; coded &= coded - 1) {
      const int i = __builtin_ctz(coded);
      if ((keys.plain >> 2 * i & 3) == 3 && 8 * i + 8 <= size) {
        const auto &upper = kQuads.codes[keys.key[2 * i]], &lower = kQuads.codes[keys.key[2 * i + 1]];
        out.put(u64(upper.bits) << lower.size | lower.bits, upper.size + lower.size);
      } else {
        put_group(out, residuals + first + 8 * i, min(8, size - 8 * i));
      }
    }
  }
  flags_to = flags;
  to = out;
}

// ---- grades (trim.h) ----

// Magnitudes of two groups and of the two that are sixteen further on, scaled to eight bits below 2^M: `powers` are the
// factors of eight groups and of the eight that are sixteen further on.
template <int pair>
inline __m256i scaled_two(const i16 *line, __m256i powers) {
  constexpr i64 a = 0x0100010001000100 + (pair & 3) * 0x0404040404040404, b = a + 0x0202020202020202;
  const i16 *p = line + 8 * pair;
  const __m256i x = _mm256_inserti128_si256(_mm256_castsi128_si256(load<__m128i>(p)), load<__m128i>(p + 64), 1);
  const __m256i power = _mm256_shuffle_epi8(powers, _mm256_setr_epi64x(a, b, a, b));
  return _mm256_srli_epi16(_mm256_mullo_epi16(_mm256_and_si256(x, _mm256_set1_epi16(0x7fff)), power), 7);
}

// What the last plane of four groups in each half is worth, where it is the only one and where it is the second.
struct Worth {
  __m256i one, two;
};
template <int pair>
inline Worth worth_of(const i16 *line, __m256i powers) {
  const __m256i x = _mm256_packus_epi16(scaled_two<pair>(line, powers), scaled_two<pair + 1>(line, powers));
  const __m256i one = _mm256_subs_epu8(x, _mm256_set1_epi8(kFirstRamp));
  const __m256i rise = _mm256_subs_epu8(x, _mm256_set1_epi8(kSecondRamp));
  const __m256i steeper = _mm256_subs_epu8(x, _mm256_set1_epi8(i8(kSteeperRamp)));
  const __m256i quarter = _mm256_and_si256(_mm256_srli_epi16(steeper, 2), _mm256_set1_epi8(63));
  const __m256i two = _mm256_add_epi8(rise, _mm256_add_epi8(steeper, quarter));
  const auto sum = [](__m256i bytes) {
    return _mm256_madd_epi16(_mm256_maddubs_epi16(bytes, _mm256_set1_epi8(1)), _mm256_set1_epi16(1));
  };
  return {sum(one), sum(two)};
}

inline W8 reaches(__m256i worth, __m256i price) {
  return W8(_mm256_cmpeq_epi8(_mm256_max_epu8(worth, price), worth));
}

inline W8 grades_of(const i16 *line, W8 m) {
  const __m256i low = look_up(kPowersLow, __m256i(m)), high = look_up(kPowersHigh, __m256i(m));
  const __m256i upper = _mm256_unpacklo_epi8(low, high), lower = _mm256_unpackhi_epi8(low, high);
  const Worth a = worth_of<0>(line, upper), b = worth_of<2>(line, upper);
  const Worth c = worth_of<4>(line, lower), d = worth_of<6>(line, lower);
  const auto together = [](__m256i a, __m256i b, __m256i c, __m256i d) {
    return _mm256_packus_epi16(_mm256_packus_epi32(a, b), _mm256_packus_epi32(c, d));
  };
  const __m256i one = together(a.one, b.one, c.one, d.one), two = together(a.two, b.two, c.two, d.two);
  const __m256i only = __m256i(lone<W8, W64>(m));
  W8 reached_one = {}, reached_two = {};
  for (int i = 0; i < 3; i++) {
    const __m256i first = _mm256_set1_epi8(i8(kFirstPrice[i])), alone = _mm256_set1_epi8(i8(kLonePrice[i]));
    reached_one -= reaches(one, _mm256_blendv_epi8(first, alone, only));
    reached_two -= reaches(two, _mm256_set1_epi8(i8(kSecondPrice[i])));
  }
  return (m << u8(4)) | (reached_one << u8(2)) | reached_two;
}

void grade_by_32(const i16 *line, u8 *counts, int groups) {
  int g = 0;
  for (; g + kBytes <= groups; g += kBytes)
    store_to(counts + g, grades_of(line + 4 * g, load<W8>(counts + g)));
  if (g == groups) return;
  i16 rest[4 * kBytes] = {};
  __builtin_memcpy(rest, line + 4 * g, size_t(groups - g) * 8);
  const W8 grades = grades_of(rest, load<W8>(counts + g) & first_lanes<W8>(groups - g));
  __builtin_memcpy(counts + g, &grades, size_t(groups - g));
}

// ---- sums of grades ----

typedef u32 S32 __attribute__((vector_size(16)));

// Each lane becomes the sum of itself and those below.
inline S32 running_sums(__m128i lanes) {
  lanes = _mm_add_epi32(lanes, _mm_slli_si128(lanes, 4));
  return S32(_mm_add_epi32(lanes, _mm_slli_si128(lanes, 8)));
}
inline S32 last_lane(S32 v) { return __builtin_shufflevector(v, v, 3, 3, 3, 3); }

// Fills the histogram and returns the highest grade.
inline int count_grades(const u8 *grades, int groups, GradeHistogram &histogram) {
  W8 highest = {};
  int best = 0;
  for (int first = 0; first < groups; first += kBytes) {
    const int size = min(kBytes, groups - first);
    u8 lanes[kBytes];
    const W8 grade = load<W8>(grades + first) & first_lanes<W8>(size);
    store_to(lanes, grade);
    W8 top = grade;
    for (int shift = 8; shift < 64; shift *= 2) top = larger(top, W8(W64(top) >> u64(shift)));
    highest = larger(highest, top);
    for (int i = 0; i < size; i += 8) {
      best = top[i] >> 2;
      histogram.best[best] += 8;
      for (int k = i; k < i + 8; k++) histogram.all[k & 3][lanes[k]]++;
    }
  }
  // The last groups of eight may have counted lanes behind the line.
  const int spare = -groups & 7;
  for (int k = 8 - spare; k < 8; k++) histogram.all[k & 3][0]--;
  histogram.best[best] -= u16(spare);
  int top = 0;
  for (int i = 0; i < kBytes; i += 8) top = max<int>(top, highest[i]);
  return top;
}

void collect_by_32(const u8 *grades, int groups, GradeHistogram &histogram, LineStats &line) {
  const int top = count_grades(grades, groups, histogram) >> 4;
  // Without trimming, nothing is.
  const S32 thrifts = {~0u, ~0u, ~0u, 0};
  S32 planes = {}, coded = {}, flagged = {}, first = {}, first_flagged = {}, second = {}, next_second = {};
  for (int t = 15; t >= 0; t--) {
    auto &at = line.at[t];
    store_to(at.planes, planes - first - second);
    store_to(at.coded, coded - first);
    store_to(at.flagged, flagged - first_flagged);
    at.vertical_thrift = at.signs_thrift = kUnknown;
    if (t > top) continue;
    __m256i row = {};
    for (auto &part : histogram.all) {
      row = _mm256_add_epi16(row, load<__m256i>(part + 16 * t));
      store_to(part + 16 * t, __m256i{});
    }
    u16 *const best = histogram.best + 4 * t;
    const __m256i pairs = _mm256_madd_epi16(row, _mm256_set1_epi16(1));
    const __m256i fours = _mm256_hadd_epi32(pairs, pairs);
    const S32 firsts = running_sums(
        _mm_unpacklo_epi64(_mm256_castsi256_si128(fours), _mm256_extracti128_si256(fours, 1)));
    const __m128i halves = _mm_add_epi16(_mm256_castsi256_si128(row), _mm256_extracti128_si256(row, 1));
    const S32 seconds =
        running_sums(_mm_cvtepu16_epi32(_mm_add_epi16(halves, _mm_srli_si128(halves, 8))));
    const S32 best_firsts =
        running_sums(_mm_cvtepu16_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i *>(best))));
    __builtin_memset(best, 0, 8);
    second = next_second;
    next_second = seconds & thrifts;
    first = firsts & thrifts;
    first_flagged = best_firsts & thrifts;
    coded += last_lane(firsts);
    flagged += last_lane(best_firsts);
    planes += coded;
  }
}

}  // namespace
}  // namespace avx2
}  // namespace jxs
