// Bit-plane counts: prediction, residuals, costs and trimming. A part of kernels_vector.h.

namespace jxs {
namespace JXS_FAMILY {
namespace {

int predict(u8 *counts, const u8 *residuals, int groups, int t, int floor, bool vertical,
            int extra, int most) {
  const W8 ts = W8{} + u8(t), floors = W8{} + u8(floor), one = W8{} + u8(1), none = {};
  const W16 bytes = W16{} + u16(0xff);
  W8 seen = {};
  // Apart, because a line of the widest picture fills sixteen bits.
  W16 sums = {}, upper_sums = {};
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
    sums += W16(size) & bytes;
    upper_sums += W16(size) >> u16(8);
  }
  return sign_bits(W8(seen > u8(most))) != 0 ? -1 : int(sum_of(sums) + sum_of(upper_sums));
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
template <class Bytes, class Eights>
inline Bytes lone(Bytes m) {
  const auto swapped = [](Bytes v, int shift) { return Bytes(Eights(v) >> shift | Eights(v) << (64 - shift)); };
  Bytes top = larger(m, swapped(m, 8));
  top = larger(top, swapped(top, 16));
  top = larger(top, swapped(top, 32));
  const Eights tops = Eights(m == top), lowest = tops & -tops;
  return Bytes(tops & Eights(tops == (lowest << 8) - lowest));
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
    const B8 only = lone<B8, B64>(m);
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
}  // namespace jxs
