// Coefficients to bit-planes and back by quads.

namespace jxs {
namespace avx2 {
namespace {

// Keeps a factor a factor: gcc would make shifts and additions of it.
inline __m256i opaque(__m256i v) {
  __asm__("" : "+x"(v));
  return v;
}

// Each of four numbers in four lanes.
inline __m256i four_times_each(const u16 *numbers) {
  u64 four;
  __builtin_memcpy(&four, numbers, 8);
  constexpr i64 a = 0x0100010001000100, step = 0x0202020202020202;
  return _mm256_shuffle_epi8(_mm256_set1_epi64x(i64(four)),
                             _mm256_setr_epi64x(a, a + step, a + 2 * step, a + 3 * step));
}

// Factors of dequantisation for up to seven planes.
constexpr u16 deep_series(int planes) { return u16(kSeries.of_zeta[planes + 1]); }
constexpr B16 kDeepSeries = {deep_series(0), deep_series(1), deep_series(2), deep_series(3),
                             deep_series(4), deep_series(5), deep_series(6), deep_series(7)};

// Bytes that four groups of up to seven planes may lie in or be read with.
constexpr int kDeepBytes = 24;

// What has more planes than that, and what lies at the end of the packet. Returns the nibble behind.
template <bool uniform>
[[gnu::noinline]] size_t unpack_singly(const Nibbles &in, size_t at, const u8 *counts, int groups, int t, i16 *out) {
  for (int g = 0; g < groups; g++) {
    const int planes = counts[g] - t;
    const u64 lanes = planes <= 0 ? 0 : unpack_group<true, uniform>(in, at, planes, t);
    __builtin_memcpy(out + 4 * g, &lanes, 8);
    if (planes > 0) at += size_t(planes + 1);
  }
  return at;
}

// The 16-bit numbers of a quad that begins at nibble `odd` of `p`, each in a lane of 32 bits.
inline __m128i load_quad(const u8 *p, bool odd, u32 key) {
  const __m128i low = _mm_set1_epi8(15), bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i *>(p));
  const __m128i nibbles =
      _mm_unpacklo_epi8(_mm_and_si128(_mm_srli_epi16(bytes, 4), low), _mm_and_si128(bytes, low));
  const __m128i order = _mm_load_si128(reinterpret_cast<const __m128i *>(kQuads.spread[key]));
  const __m128i spread = _mm_shuffle_epi8(nibbles, _mm_add_epi8(order, _mm_set1_epi8(odd)));
  return _mm_madd_epi16(_mm_maddubs_epi16(spread, _mm_set1_epi16(0x1001)), _mm_set1_epi32(0x01000001));
}

// Four groups in four lanes each, shifted so that every lane has the bits of one coefficient in front of its nibbles. Their
// numbers begin at byte `first` and four, eight and twelve bytes on.
template <int first>
inline __m256i coefficient_lanes(__m128i numbers) {
  constexpr i64 a = 0x0100010001000100 + first * 0x0101010101010101, step = 0x0404040404040404;
  const __m256i groups = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(numbers),
                                             _mm256_setr_epi64x(a, a + step, a + 2 * step, a + 3 * step));
  return _mm256_mullo_epi16(groups, _mm256_set1_epi64x(0x0008000400020001));
}

// Coefficients of indexes: `scale` is 2^T, `half` its half, `series` the groups' factors.
template <bool uniform>
inline __m256i dequantised(__m256i index, __m256i sign, __m256i scale, __m256i half, __m256i series) {
  __m256i magnitude = _mm256_mullo_epi16(index, scale);
  if (uniform) {
    magnitude = _mm256_add_epi16(magnitude, _mm256_mulhi_epu16(magnitude, series));
  } else {
    const __m256i none = _mm256_cmpeq_epi16(index, __m256i{});
    magnitude = _mm256_add_epi16(magnitude, _mm256_andnot_si256(none, half));
  }
  return _mm256_sub_epi16(_mm256_xor_si256(magnitude, sign), sign);
}

// Four groups of up to seven planes: eight nibbles each, of which the last may be the next group's. Returns the nibble
// behind.
template <bool uniform>
inline size_t unpack_deep(const u8 *data, size_t at, u32 planes, __m256i scale, __m256i half, i16 *out) {
  u32 numbers[4];
  for (int g = 0; g < 4; g++) {
    const u32 n = planes >> 8 * g & 255;
    numbers[g] = u32(load_be64(data + (at >> 1)) << 4 * (at & 1) >> 32);
    at += n + (n > 0);
  }
  const __m256i upper = coefficient_lanes<2>(load<__m128i>(numbers));
  const __m256i lower = coefficient_lanes<0>(load<__m128i>(numbers));
  // Bits 15, 11, 7 and 3 become the top ones.
  const __m256i bits = _mm256_set1_epi16(i16(0x8888)), collect = _mm256_set1_epi16(0x0249);
  const __m256i first = _mm256_mullo_epi16(_mm256_and_si256(upper, bits), collect);
  const __m256i second = _mm256_srli_epi16(_mm256_mullo_epi16(_mm256_and_si256(lower, bits), collect), 4);
  const __m256i eight = _mm256_or_si256(_mm256_and_si256(first, _mm256_set1_epi16(i16(0xf000))),
                                        _mm256_and_si256(second, _mm256_set1_epi16(0x0f00)));
  // Planes of its group in both bytes of each lane.
  constexpr i64 step = 0x0101010101010101;
  const __m256i n = _mm256_shuffle_epi8(_mm256_set1_epi32(i32(planes)), _mm256_setr_epi64x(0, step, 2 * step, 3 * step));
  const __m256i power = _mm256_and_si256(look_up(B8{1, 2, 4, 8, 16, 32, 64, 128}, n), _mm256_set1_epi16(255));
  const __m256i index = _mm256_mulhi_epu16(_mm256_slli_epi16(eight, 1), power);
  const __m256i entry = _mm256_add_epi8(_mm256_add_epi8(n, n), _mm256_set1_epi16(0x0100));
  const __m256i series = look_up(B8(kDeepSeries), entry);
  store_to(out, dequantised<uniform>(index, _mm256_srai_epi16(upper, 15), scale, half, series));
  return at;
}

template <bool uniform>
void unpack_signed(Nibbles &in, const u8 *counts, int groups, int t, i16 *out) {
  const __m256i collect = opaque(_mm256_set1_epi16(0x0490));
  const __m256i scale = _mm256_set1_epi16(i16(1 << t)), half = _mm256_set1_epi16(i16((1 << t) >> 1));
  size_t at = in.at;
  for (int first = 0; first < groups; first += kBytes) {
    const W8 ts = W8{} + u8(t);
    const W8 planes = (larger(load<W8>(counts + first), ts) - ts) & first_lanes<W8>(groups - first);
    const int quads = min(8, ceil_div(groups - first, 4));
    i16 *to = out + 4 * first;
    if (_mm256_testz_si256(__m256i(planes), __m256i(planes))) {
      __builtin_memset(to, 0, size_t(quads) * 32);
      continue;
    }
    const Keys keys = make_keys(planes);
    for (int i = 0; i < quads; i++, to += 16) {
      const u8 *const p = in.data + (at >> 1);
      if (!(keys.plain >> i & 1) || in.end - p < 8) {
        const int g = first + 4 * i;
        if ((keys.deep >> i & 1) && in.end - p >= kDeepBytes)
          at = unpack_deep<uniform>(in.data, at, u32(V32(planes)[i]), scale, half, to);
        else
          at = unpack_singly<uniform>(in, at, counts + g, min(4, groups - g), t, to);
        continue;
      }
      const u32 key = keys.key[i];
      const __m256i lanes = coefficient_lanes<0>(load_quad(p, at & 1, key));
      at += kQuads.nibbles[key];
      // Bits 11, 7 and 3 become the top ones.
      const __m256i bits = _mm256_and_si256(lanes, _mm256_set1_epi16(0x0888));
      const __m256i index = _mm256_srli_epi16(_mm256_mullo_epi16(bits, collect), 13);
      const __m256i sign = _mm256_srai_epi16(lanes, 15);
      store_to(to, dequantised<uniform>(index, sign, scale, half, four_times_each(kQuads.series[key])));
    }
  }
  in.at = at;
}

void unpack_quads(Nibbles &in, const u8 *counts, int groups, int t, bool signs, bool uniform, i16 *out) {
  if (!signs) return unpack(in, counts, groups, t, signs, uniform, out);
  (uniform ? unpack_signed<true> : unpack_signed<false>)(in, counts, groups, t, out);
}

// What 32 numbers stand for in two tables of bytes, as 16-bit numbers.
inline void store_words(W8 index, B8 low, B8 high, u16 *out) {
  const __m256i l = look_up(low, __m256i(index)), h = look_up(high, __m256i(index));
  const __m256i a = _mm256_unpacklo_epi8(l, h), b = _mm256_unpackhi_epi8(l, h);
  store_to(out, _mm256_permute2x128_si256(a, b, 0x20));
  store_to(out + 16, _mm256_permute2x128_si256(a, b, 0x31));
}

// What quantisation needs to know about 32 groups: 2^(15 - M), 2^(planes + 1) - 1 and 2^planes, the sign's bit.
struct Factors {
  u16 align[32], steps[32], top[32];
};

// Indexes of a quad's coefficients with their signs, the plane above the highest; a zero has none.
template <bool uniform>
inline __m256i quantise_quad(const i16 *line, const Factors &f, int g, __m128i t) {
  const __m256i x = load<__m256i>(line), limit = _mm256_set1_epi16(0x7fff);
  const __m256i magnitude = _mm256_and_si256(x, limit);
  __m256i index;
  if (uniform) {
    const __m256i aligned = _mm256_mullo_epi16(magnitude, four_times_each(f.align + g));
    const __m256i clipped = _mm256_min_epu16(aligned, limit), steps = four_times_each(f.steps + g);
    index = _mm256_add_epi16(_mm256_mulhi_epu16(clipped, steps),
                             _mm256_srli_epi16(_mm256_mullo_epi16(clipped, steps), 15));
  } else {
    // As many planes as there are hold no more.
    const __m256i most = _mm256_add_epi16(four_times_each(f.top + g), _mm256_set1_epi16(-1));
    index = _mm256_min_epu16(_mm256_srl_epi16(magnitude, t), most);
  }
  const __m256i none = _mm256_cmpeq_epi16(index, __m256i{});
  const __m256i sign = _mm256_andnot_si256(none, _mm256_srai_epi16(x, 15));
  return _mm256_or_si256(index, _mm256_and_si256(sign, four_times_each(f.top + g)));
}

// The 16-bit numbers of four groups, each in a lane of 64 bits, from the lower four bits of their coefficients.
inline __m256i collect_nibbles(__m256i index) {
  // The four bits of each coefficient apart, then those of a group's four coefficients together.
  const __m256i low = look_up(B8{0, 1, 16, 17, 0, 1, 16, 17, 0, 1, 16, 17, 0, 1, 16, 17}, index);
  const __m256i high = look_up(B8{0, 0, 0, 0, 1, 1, 1, 1, 16, 16, 16, 16, 17, 17, 17, 17}, index);
  const __m256i apart = _mm256_or_si256(low, _mm256_slli_epi16(high, 8));
  const __m256i pairs = _mm256_madd_epi16(apart, _mm256_set1_epi64x(0x0001000200040008));
  return _mm256_add_epi32(pairs, _mm256_srli_epi64(pairs, 32));
}

// The bytes of a quad, its first nibble in front; behind its last are zeros.
inline u64 pack_quad(__m256i index, u32 key) {
  const __m256i two = _mm256_shuffle_epi8(collect_nibbles(index), _mm256_set1_epi64x(0x0000000009080100));
  const __m128i four = _mm_unpacklo_epi32(_mm256_castsi256_si128(two), _mm256_extracti128_si256(two, 1));
  const __m128i mask = _mm_set1_epi8(15);
  const __m128i nibbles =
      _mm_unpacklo_epi8(_mm_and_si128(four, mask), _mm_and_si128(_mm_srli_epi16(four, 4), mask));
  const __m128i order = _mm_load_si128(reinterpret_cast<const __m128i *>(kQuads.gather[key]));
  const __m128i bytes = _mm_maddubs_epi16(_mm_shuffle_epi8(nibbles, order), _mm_set1_epi16(0x0110));
  return __builtin_bswap64(u64(_mm_cvtsi128_si64(_mm_packus_epi16(bytes, bytes))));
}

// The nibbles of four groups of up to seven planes, the last one lowest.
inline void pack_deep(__m256i index, u64 *out) {
  const __m256i low = collect_nibbles(_mm256_and_si256(index, _mm256_set1_epi16(15)));
  const __m256i high = collect_nibbles(_mm256_srli_epi16(index, 4));
  // Above the sums of all four are those of two.
  const __m256i eight = _mm256_blend_epi16(low, _mm256_slli_epi32(high, 16), 0xaa);
  store_to(out, _mm256_blend_epi32(eight, __m256i{}, 0xaa));
}

template <bool uniform>
void pack_signed(BitWriter &to, const i16 *line, const u8 *counts, int groups, int t) {
  BitWriter out = to;
  const __m128i shift = _mm_cvtsi32_si128(t);
  for (int first = 0; first < groups; first += kBytes) {
    const W8 ts = W8{} + u8(t), m = load<W8>(counts + first) & u8(15);
    const W8 planes = (larger(m, ts) - ts) & first_lanes<W8>(groups - first);
    const Keys keys = make_keys(planes);
    u32 left = ~keys.empty & 255;
    if (left == 0) continue;
    Factors factors;
    if (uniform) {
      store_words(m, kPowersLow, kPowersHigh, factors.align);
      store_words(planes, B8{0, 3, 7, 15, 31, 63, 127, 255}, B8{}, factors.steps);
    }
    store_words(planes, B8{0, 2, 4, 8, 16, 32, 64, 128}, B8{}, factors.top);
    // The vectors first, so that their constants stay where they are.
    u64 packed[8][4];
    for (u32 deep = left & keys.deep; deep != 0; deep &= deep - 1) {
      const int i = __builtin_ctz(deep);
      const __m256i index = quantise_quad<uniform>(line + 4 * first + 16 * i, factors, 4 * i, shift);
      if (keys.plain >> i & 1) packed[i][0] = pack_quad(index, keys.key[i]);
      else pack_deep(index, packed[i]);
    }
    for (; left != 0; left &= left - 1) {
      const int i = __builtin_ctz(left);
      if (keys.plain >> i & 1) {
        u64 bits = packed[i][0];
        int size = 4 * kQuads.nibbles[keys.key[i]];
        if (size > 56) {
          out.put(bits >> 60, 4);
          bits <<= 4;
          size -= 4;
        }
        out.put(bits >> (64 - size), size);
        continue;
      }
      for (int k = 0; k < 4; k++) {
        const int g = 4 * i + k, n = planes[g];
        if (n == 0) continue;
        if (keys.deep >> i & 1) out.put(packed[i][k], 4 * n + 4);
        else pack_group<true, uniform>(out, line + 4 * (first + g), m[g], t);
      }
    }
  }
  to = out;
}

void pack_quads(BitWriter &out, const i16 *line, const u8 *counts, int groups, int t, bool signs, bool uniform) {
  if (!signs) return pack(out, line, counts, groups, t, signs, uniform);
  (uniform ? pack_signed<true> : pack_signed<false>)(out, line, counts, groups, t);
}

}  // namespace
}  // namespace avx2
}  // namespace jxs
