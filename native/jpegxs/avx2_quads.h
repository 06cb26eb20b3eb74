// Four code groups at a time, of which most have few bit-planes. The files avx2_*.h are parts of kernels_avx2.cc and need
// each other in the order in which that includes them.

namespace jxs {
namespace avx2 {
namespace {

// A quad: four groups with three planes at most, or four other numbers as small. Two bits for each, the first ones lowest,
// are its key.
struct QuadTable {
  // Where the nibbles of a group lie: those of a 16-bit number with the signs on top and the planes at the bottom, a byte
  // for each, lowest first. The other way round, which of the nibbles of four such numbers make up the quad.
  u8 spread[256][16], gather[256][16];
  // The groups' factors of dequantisation.
  u16 series[256][4];
  // Nibbles of the quad, signs included.
  u8 nibbles[256];
  // The same numbers as unary codes.
  struct {
    u16 bits, size;
  } codes[256];
};
constexpr QuadTable make_quads() {
  QuadTable t = {};
  for (int key = 0; key < 256; key++) {
    int at = 0;
    u32 bits = 0, size = 0;
    for (int g = 0; g < 4; g++) {
      const int n = key >> 2 * g & 3;
      for (int i = 0; i < 4; i++) {
        const int nibble = i < 3 ? n - i : 0;
        t.spread[key][4 * g + i] = u8(n > 0 && nibble >= 0 && (i == 3 || nibble > 0) ? at + nibble : 0x80);
      }
      for (int i = n; n > 0 && i >= 0; i--) t.gather[key][at++] = u8(4 * g + i);
      t.series[key][g] = u16(kSeries.of_zeta[n + 1]);
      bits = bits << (n + 1) | ((1u << (n + 1)) - 2);
      size += u32(n) + 1;
    }
    t.nibbles[key] = u8(at);
    for (int i = at; i < 16; i++) t.gather[key][i] = 0x80;
    t.codes[key] = {u16(bits), u16(size)};
  }
  return t;
}
alignas(64) constexpr QuadTable kQuads = make_quads();

// Keys of eight quads; which of them are quads at all, which at least have no number above 7, and which only zeros.
struct Keys {
  u32 key[8];
  u32 plain, deep, empty;
};
inline u32 zero_lanes(__m256i v) {
  return u32(_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(v, __m256i{}))));
}
inline Keys make_keys(W8 numbers) {
  const __m256i pairs = _mm256_maddubs_epi16(__m256i(numbers), _mm256_set1_epi16(0x0401));
  const __m256i keys = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00100001));
  // Four times three planes are sixteen nibbles: where they begin in the middle of a byte, they do not fit eight bytes.
  const __m256i full = _mm256_cmpeq_epi32(keys, _mm256_set1_epi32(255));
  Keys k;
  store_to(k.key, keys);
  k.plain = zero_lanes(_mm256_or_si256(__m256i(numbers > u8(3)), full));
  k.deep = zero_lanes(__m256i(numbers > u8(7)));
  k.empty = zero_lanes(__m256i(numbers));
  return k;
}

// A table of sixteen bytes, looked up in both halves.
inline __m256i look_up(B8 table, __m256i index) {
  return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(__m128i(table)), index);
}

constexpr B8 kPowersLow = {0, 0, 0, 0, 0, 0, 0, 0, 128, 64, 32, 16, 8, 4, 2, 1};
constexpr B8 kPowersHigh = {128, 64, 32, 16, 8, 4, 2, 1};

}  // namespace
}  // namespace avx2
}  // namespace jxs
