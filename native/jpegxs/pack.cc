#include "pack.h"

namespace jxs {
namespace {

void put_be(u8 *out, u64 value, int bytes) {
  for (int i = bytes - 1; i >= 0; i--, value >>= 8) out[i] = u8(value);
}

// Bits, first in the top. Writes nothing at `end` or behind.
class BitWriter {
 public:
  BitWriter(u8 *out, u8 *end) : out_(out), end_(end) {}

  // 0 to 56 bits.
  void put(u64 bits, int count) {
    window_ = window_ << count | bits;
    held_ += count;
    if (end_ - out_ >= 8) {
      // Whole bytes stay, the bits behind them are written again.
      store_be64(out_, window_ << 1 << (63 - held_));
      out_ += held_ >> 3;
      held_ &= 7;
    } else {
      for (; held_ >= 8; held_ -= 8) *out_++ = u8(window_ >> (held_ - 8));
    }
  }

  // Numbers below 32 as ones, each ended by a zero; eight or fewer.
  void put_unary(const u8 *n, int count) {
    int i = 0;
    for (; i + 4 <= count; i += 4) {
      // Almost always four together are short enough.
      if (n[i] + n[i + 1] + n[i + 2] + n[i + 3] > 52) break;
      u64 bits = 0;
      for (int k = i; k < i + 4; k++) bits = ((bits + 1) << (n[k] + 1)) - 2;
      put(bits, n[i] + n[i + 1] + n[i + 2] + n[i + 3] + 4);
    }
    for (; i < count; i++) put((u64(1) << (n[i] + 1)) - 2, n[i] + 1);
  }

  // Fills the last byte up with zeros.
  u8 *finish() {
    if (held_ > 0) *out_++ = u8(window_ << (8 - held_));
    held_ = 0;
    return out_;
  }

 private:
  u8 *out_, *end_;
  u64 window_ = 0;
  int held_ = 0;
};

// Bit j of a byte at bit 4j: what a coefficient contributes to the nibbles of eight bit-planes.
struct NibbleTable {
  u32 of_byte[256];
};
constexpr NibbleTable make_nibbles() {
  NibbleTable t = {};
  for (int i = 0; i < 256; i++)
    for (int j = 0; j < 8; j++) t.of_byte[i] |= u32(i >> j & 1) << (4 * j);
  return t;
}
constexpr NibbleTable kNibbles = make_nibbles();

// The nibbles of eight bit-planes of four coefficients, the first coefficient in the top bits; `lanes` from bit 0 on.
inline u64 eight_planes(u64 lanes) {
  const u32 *t = kNibbles.of_byte;
  return u64(t[lanes & 0xff]) << 3 | u64(t[lanes >> 16 & 0xff]) << 2 |
         u64(t[lanes >> 32 & 0xff]) << 1 | t[lanes >> 48 & 0xff];
}

constexpr u64 kLanes = 0x0001000100010001;
// Moves bits 0, 16, 32, 48 to bits 51, 50, 49, 48.
constexpr u64 kGather = u64(1) << 51 | u64(1) << 34 | u64(1) << 17 | 1;

inline u32 gather(u64 lanes) { return u32((lanes & kLanes) * kGather >> 48) & 15; }

void pack_data(BitWriter &out, const i16 *indexes, const u8 *counts, int groups, int t, bool signs) {
  for (int g = 0; g < groups; g++) {
    // Groups without planes have indexes of zero: no bits, and no branch.
    const int planes = max(counts[g] - t, 0);
    u64 lanes;
    __builtin_memcpy(&lanes, indexes + 4 * g, 8);
    const u64 sign = signs ? gather(lanes >> 15) : 0;
    const int sign_bits = signs && planes > 0 ? 4 : 0;
    if (planes <= 8) {
      out.put(sign << 4 * planes | (eight_planes(lanes) & ((u64(1) << 4 * planes) - 1)),
              4 * planes + sign_bits);
    } else {
      // Bit 15 is the sign.
      const u64 upper = eight_planes(lanes >> 8 & 0x007f007f007f007f);
      out.put(sign << 4 * (planes - 8) | upper, 4 * (planes - 8) + sign_bits);
      out.put(eight_planes(lanes), 32);
    }
  }
}

void pack_signs(BitWriter &out, const i16 *indexes, int n) {
  for (int i = 0; i < n; i++)
    if (indexes[i] & 0x7fff) out.put(indexes[i] < 0, 1);
}

// Whether nothing is coded for a significance group: no residual, or with `zeros` no count above T.
bool skipped(const u8 *counts, const u8 *residuals, int groups, int t, bool zeros) {
  for (int g = 0; g < groups; g++)
    if (zeros ? counts[g] > t : residuals[g] != 0) return false;
  return true;
}

}  // namespace

void set_length(const Geometry &geometry, u8 *out, u32 size) {
  put_be(out, size - u32(geometry.precinct_header), 3);
}

u32 pack_precinct(const RateModel &model, const PrecinctView &precinct, const Choice &choice,
                  const u8 *above, u8 *start) {
  const JxsHeader &h = model.header;
  const Geometry &geometry = model.geometry;
  const PrecinctPlan &plan = *precinct.plan;
  start[3] = u8(choice.q);
  start[4] = u8(choice.r);
  BitWriter modes(start + 5, start + geometry.precinct_header);
  for (int b = 0; b < geometry.bands; b++) modes.put(choice.mode[b], 2);
  u8 *out = modes.finish();

  for (int p = 0; p < plan.packets; p++) {
    const Choice::Packet &sizes = choice.packet[p];
    const int first = plan.packet[p].first, end = first + plan.packet[p].lines;
    u8 *const header = out;
    out += geometry.long_packets ? 7 : 5;
    auto each = [&](auto body) {
      for (int i = first; i < end; i++) {
        const Line &line = plan.line[i];
        const int b = line.band, t = choice.t[b];
        const u8 *counts = model.counts(precinct.index, line);
        const u8 *top = counts - model.rows[b].counts_stride;
        const bool vertical = choice.mode[b] & 1;
        const int floor = vertical && line.row == 0 ? max<int>(t, above[b]) : t;
        body(line, counts, top, groups_of(geometry, b), t, floor, vertical,
             bool(choice.mode[b] & 2));
      }
    };
    if (sizes.raw) {
      BitWriter raw(out, out + sizes.counts);
      each([&](const Line &, const u8 *counts, const u8 *, int groups, int, int, bool, bool) {
        for (int g = 0; g < groups; g++) raw.put(counts[g], 4);
      });
      out = raw.finish();
    } else {
      BitWriter flags(out, out + sizes.significance);
      out += sizes.significance;
      BitWriter residuals(out, out + sizes.counts);
      each([&](const Line &, const u8 *counts, const u8 *top, int groups, int t, int floor,
               bool vertical, bool flagged) {
        u8 *n = model.residuals;
        model.kernels.residuals(counts, top, n, groups, t, floor, vertical);
        for (int first = 0; first < groups; first += 8) {
          const int size = min(8, groups - first);
          if (flagged) {
            const bool skip = skipped(counts + first, n + first, size, t, vertical && h.rm);
            flags.put(skip, 1);
            if (skip) continue;
          }
          residuals.put_unary(n + first, size);
        }
      });
      flags.finish();
      out = residuals.finish();
    }
    BitWriter data(out, out + sizes.data);
    BitWriter signs(out + sizes.data, out + sizes.data + sizes.signs);
    each([&](const Line &line, const u8 *counts, const u8 *, int groups, int t, int, bool, bool) {
      const int n = geometry.band[line.band].width;
      model.kernels.quantise(model.coefficients(precinct.index, line), counts, model.scratch, n, t,
                             h.qpih);
      // The padding of the last code group.
      for (int i = n; i < 4 * groups; i++) model.scratch[i] = 0;
      pack_data(data, model.scratch, counts, groups, t, h.fs == 0);
      if (h.fs) pack_signs(signs, model.scratch, n);
    });
    data.finish();
    u8 *const end_of_data = out + sizes.data;
    out = signs.finish();
    const u64 sign_bytes = u64(out - end_of_data);
    if (geometry.long_packets)
      put_be(header, u64(sizes.raw) << 55 | u64(sizes.data) << 35 | u64(sizes.counts) << 15 | sign_bytes, 7);
    else
      put_be(header, u64(sizes.raw) << 39 | u64(sizes.data) << 24 | u64(sizes.counts) << 11 | sign_bytes, 5);
  }
  return u32(out - start);
}

}  // namespace jxs
