// Wavelet, colour and samples. A part of kernels_vector.h.

namespace jxs {
namespace JXS_FAMILY {
namespace {

// High coefficients in steps of 2^fq. `Whole`: with two or more fractional bits the quarter of two is not rounded.
template <bool Whole>
struct Stepped {
  const i16 *p;
  int fq;

  Stepped(const i16 *line, int bits) : p(line), fq(bits) {}
  V32 at(int k) const { return wide(p + k); }
  V32 full(V32 h) const { return h << fq; }
  V32 quarter(V32 sum) const { return Whole ? sum << (fq - 2) : ((sum << fq) + 2) >> 2; }
};
// The same at full scale.
struct Full {
  const i32 *p;

  V32 at(int k) const { return load32(p + k); }
  V32 full(V32 h) const { return h; }
  V32 quarter(V32 sum) const { return (sum + 2) >> 2; }
};

template <class Low, class High>
inline void synthesise_as(Low low, High high, i32 *out, i32 *even, int n) {
  const int lows = (n + 1) >> 1;
  const auto even_at = [&](int k, V32 h) { return low(k) - high.quarter(high.at(k - 1) + h); };
  const auto store_pairs = [&](int k, V32 e, V32 next, V32 h) {
    store_zipped(out + 2 * k, e, high.full(h) + ((e + next) >> 1));
  };
  int k = 0;
  V32 h = high.at(0), e = even_at(0, h);
  for (; k <= lows - 2 * L; k += L) {
    const V32 next_h = high.at(k + L), next = even_at(k + L, next_h);
    store_pairs(k, e, one_up(e, next), h);
    h = next_h;
    e = next;
  }
  const int rest = k;
  for (; k < lows; k += L) store_to(even + k, even_at(k, high.at(k)));
  even[lows] = even[lows - 1];
  for (k = rest; k < lows; k += L)
    store_pairs(k, load32(even + k), load32(even + k + 1), high.at(k));
}

template <template <bool> class High, class Low>
inline void synthesise_any(Low low, const i16 *high, int fq, i32 *out, i32 *even, int n) {
  if (n == 1) out[0] = low(0)[0];
  else if (fq >= 2) synthesise_as(low, High<true>(high, fq), out, even, n);
  else synthesise_as(low, High<false>(high, fq), out, even, n);
}

void synthesise(const i32 *low, const i16 *high, int fq, i32 *out, i32 *scratch, int n) {
  synthesise_any<Stepped>([=](int k) { return load32(low + k); }, high, fq, out, scratch, n);
}

void synthesise_first(const i16 *low, const i16 *high, int fq, i32 *out, i32 *scratch, int n) {
  synthesise_any<Stepped>([=](int k) { return wide(low + k) << fq; }, high, fq, out, scratch, n);
}

void synthesise_wide(const i32 *low, const i32 *high, i32 *out, i32 *scratch, int n) {
  if (n == 1) out[0] = low[0];
  else synthesise_as([=](int k) { return load32(low + k); }, Full{high}, out, scratch, n);
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

void lift_cross(i32 *x, const i32 *const p[4], int first, int second, int shift, bool subtract,
                int n) {
  const i32 sign = subtract ? -1 : 0;
  for (int i = 0; i < n; i += L) {
    const V32 sum = ((load32(p[0] + i) + load32(p[1] + i)) << first) +
                    ((load32(p[2] + i) + load32(p[3] + i)) << second);
    store_to(x + i, load32(x + i) + (((sum >> shift) ^ sign) - sign));
  }
}

inline V32 scaled(V32 x, const Scale &s, Shift shift) {
  const V32 v = shift_right(x + s.bias, shift), limit = V32{} + s.limit, positive = v > 0 ? v : V32{};
  return positive < limit ? positive : limit;
}

inline void store_samples(V16 v, u16 *out) { store_to(out, v); }
inline void store_samples(V16 v, u8 *out) { store_to(out, narrow(v)); }

template <class Sample>
inline Sample sample(i32 x, const Scale &s) {
  return Sample(clamp((x + s.bias) >> s.shift, 0, s.limit));
}

template <class Sample>
void store(const i32 *x, Sample *out, int n, const Scale &scale) {
  const Scale s = scale;
  const Shift by = shift_by(s.shift);
  int i = 0;
  for (; i <= n - 2 * L; i += 2 * L)
    store_samples(narrow(scaled(load32(x + i), s, by), scaled(load32(x + i + L), s, by)), out + i);
  for (; i < n; i++) out[i] = sample<Sample>(x[i], s);
}

// An even row and the odd one above it, L samples at `i`.
struct Lifted {
  V32 even, odd;
};
inline Lifted lift_at(const LiftRows &r, int i) {
  const V32 above = load32(r.high_above + i);
  const V32 even = load32(r.low + i) - ((above + load32(r.high + i) + 2) >> 2);
  store_to(r.even + i, even);
  return {even, above + ((load32(r.even_above + i) + even) >> 1)};
}

void lift_pair(const LiftRows &rows, i32 *odd, int n) {
  const LiftRows r = rows;
  for (int i = 0; i < n; i += L) store_to(odd + i, lift_at(r, i).odd);
}

template <class Sample>
void lift_store(const LiftRows &rows, Sample *odd, Sample *even, int n, const Scale &scale) {
  const LiftRows r = rows;
  const Scale s = scale;
  const Shift by = shift_by(s.shift);
  // Where the next two rows will be: a row is too short for the machine to see it coming.
  const auto ahead = 2 * (even - odd);
  int i = 0;
  for (; i <= n - 2 * L; i += 2 * L) {
    const Lifted a = lift_at(r, i), b = lift_at(r, i + L);
    __builtin_prefetch(odd + i + ahead, 1);
    __builtin_prefetch(even + i + ahead, 1);
    store_samples(narrow(scaled(a.odd, s, by), scaled(b.odd, s, by)), odd + i);
    store_samples(narrow(scaled(a.even, s, by), scaled(b.even, s, by)), even + i);
  }
  for (; i < n; i += L) {
    const Lifted a = lift_at(r, i);
    for (int k = 0; k < L && i + k < n; k++) {
      odd[i + k] = sample<Sample>(a.odd[k], s);
      even[i + k] = sample<Sample>(a.even[k], s);
    }
  }
}

template <class Sample>
void load_samples(const Sample *x, i32 *out, int n, int bias, int shift, int mask) {
  const V32 biases = V32{} + bias, masks = V32{} + mask;
  const Shift by = shift_by(shift);
  int i = 0;
  for (; i <= n - L; i += L) {
    store_to(out + i, shift_left(wide(x + i) & masks, by) - biases);
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

}  // namespace
}  // namespace JXS_FAMILY
}  // namespace jxs
