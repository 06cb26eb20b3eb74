#include "entropy.h"

namespace jxs {
namespace {

// Eight bytes from `p` on, with zeros for those at `end` and behind.
inline u64 load_within(const u8 *p, const u8 *end) {
  if (end - p >= 8) return load_be64(p);
  u64 v = 0;
  for (int i = 0; i < 8; i++) v = v << 8 | (p + i < end ? p[i] : 0);
  return v;
}

// The unary numbers (ones, ended by a zero) that are complete in eight bits.
struct UnaryTable {
  struct Entry {
    u8 number[8];
    u8 count, bits;
  } of_byte[256];
};
constexpr UnaryTable make_unary() {
  UnaryTable t = {};
  for (int byte = 0; byte < 256; byte++) {
    UnaryTable::Entry &e = t.of_byte[byte];
    int ones = 0;
    for (int i = 7; i >= 0; i--) {
      if (byte >> i & 1) {
        ones++;
        continue;
      }
      e.number[e.count++] = u8(ones);
      e.bits = u8(8 - i);
      ones = 0;
    }
  }
  return t;
}
constexpr UnaryTable kUnary = make_unary();

// Reads unary numbers.
class UnaryReader {
 public:
  // Bytes from `end` to `readable` may be looked at; using them is what `within` reports.
  UnaryReader(const u8 *begin, const u8 *end, const u8 *readable)
      : begin_(begin), next_(begin), end_(end), readable_(readable) {}

  // Reads `count` numbers; eight bytes behind the last may be written. False: a run that no code has.
  bool read(u8 *out, int count) {
    u8 *const end = out + count;
    while (end - out >= 8) {
      if (held_ < 8) refill();
      const UnaryTable::Entry &e = kUnary.of_byte[window_ >> 56];
      if (e.count == 0) {
        if (!one(out++)) return false;
        continue;
      }
      __builtin_memcpy(out, e.number, 8);
      out += e.count;
      window_ <<= e.bits;
      held_ -= e.bits;
    }
    while (out < end)
      if (!one(out++)) return false;
    return true;
  }

  // True when no more bits were used than there are.
  bool within() const { return (next_ - begin_) * 8 - held_ <= (end_ - begin_) * 8; }

 private:
  bool one(u8 *out) {
    if (held_ < 33) refill();
    const int ones = __builtin_clzll(~window_ | 1);
    if (ones > 31) return false;
    window_ <<= ones + 1;
    held_ -= ones + 1;
    *out = u8(ones);
    return true;
  }

  void refill() {
    window_ |= (next_ < readable_ ? load_within(next_, readable_) : 0) >> held_;
    int bytes = (63 - held_) >> 3;
    next_ += bytes;
    held_ += 8 * bytes;
  }

  const u8 *begin_, *next_, *end_, *readable_;
  u64 window_ = 0;
  int held_ = 0;
};

// 64-bit words with bit 0 of each 16-bit lane set from four bits, coefficient 0 (the top bit) in lane 0; for a byte bits 1
// and 0 of each lane from its two halves.
struct PlaneTable {
  u64 of_byte[256];
};
constexpr u64 spread(unsigned nibble) {
  return u64(nibble >> 3 & 1) | u64(nibble >> 2 & 1) << 16 | u64(nibble >> 1 & 1) << 32 |
         u64(nibble & 1) << 48;
}
constexpr PlaneTable make_planes() {
  PlaneTable t = {};
  for (unsigned i = 0; i < 256; i++) t.of_byte[i] = spread(i >> 4) << 1 | spread(i & 15);
  return t;
}
constexpr PlaneTable kPlanes = make_planes();

// One band line of the packet at hand.
struct Task {
  int band, row, width, groups;
  int t;
  bool vertical, significance;
  u8 *counts;
  i16 *out;
};

// Decodes magnitudes and, without a sign sub-packet, signs of a line whose counts are known; `at` in nibbles.
// Sign and magnitude stay apart: bit 15 and the index below.
size_t decode_data(const Task &task, const u8 *data, const u8 *end, size_t at, bool signs) {
  u64 *out = reinterpret_cast<u64 *>(task.out);
  const int t = task.t;
  for (int g = 0; g < task.groups; g++) {
    // No branch on whether the group is coded: that is what cannot be predicted.
    const int planes = max(task.counts[g] - t, 0);
    const size_t coded = planes > 0;
    u64 bits = load_within(data + (at >> 1), end) << (at & 1) * 4;
    u64 lanes = 0;
    if (signs) {
      lanes = kPlanes.of_byte[bits >> 60 & (0 - coded)] << 15;
      at += coded;
      bits <<= 4;
    }
    at += size_t(planes);
    if (planes <= 4) {
      bits = bits >> 1 >> (63 - 4 * planes);
      lanes |= kPlanes.of_byte[bits >> 8] << 2 | kPlanes.of_byte[bits & 0xff];
    } else if (planes <= 12) {
      bits >>= 64 - 4 * planes;
      u64 magnitude = 0;
      for (int shift = 40; shift >= 0; shift -= 8)
        magnitude = magnitude << 2 | kPlanes.of_byte[bits >> shift & 0xff];
      lanes |= magnitude;
    } else {
      u64 magnitude = 0;
      for (size_t i = at - size_t(planes); i < at; i++) {
        unsigned nibble = data[i >> 1] >> (i & 1 ? 0 : 4) & 15;
        magnitude = magnitude << 1 | kPlanes.of_byte[nibble];
      }
      lanes |= magnitude;
    }
    __builtin_memcpy(out + g, &lanes, 8);
  }
  return at;
}

// Puts the signs of the sign sub-packet on every index that is not zero, those of the padding included. False: too few.
bool decode_signs(const Task *task, int tasks, const u8 *p, size_t length) {
  size_t at = 0;
  const size_t bits = length * 8;
  for (int k = 0; k < tasks; k++) {
    for (int g = 0; g < task[k].groups; g++) {
      if (task[k].counts[g] <= task[k].t) continue;
      i16 *c = task[k].out + 4 * g;
      for (int i = 0; i < 4; i++) {
        if (c[i] == 0) continue;
        if (at == bits) return false;
        if (p[at >> 3] >> (7 - (at & 7)) & 1) c[i] = i16(c[i] | 0x8000);
        at++;
      }
    }
  }
  return true;
}

// Counts of one line from its residuals. Nibbles of data that they stand for, or -1 for damage. `residuals` has room for
// two lines.
i64 decode_counts(const Task &task, int above, bool rm, int per_group, UnaryReader &in,
                  const u8 *flags, size_t flag, u8 *residuals, const Kernels &kernels) {
  const int t = task.t, groups = task.groups;
  const int floor = max(above, t);
  if (!task.significance) {
    if (!in.read(residuals, groups)) return -1;
    return kernels.predict(task.counts, residuals, groups, t, floor, task.vertical, per_group);
  }
  // The codes of all significance groups lie together; skipped groups get residual zero.
  const auto skipped = [&](int s) { return flags[(flag + s) >> 3] >> (7 - ((flag + s) & 7)) & 1; };
  const int significance_groups = ceil_div(groups, 8);
  int coded = 0;
  for (int s = 0; s < significance_groups; s++)
    coded += skipped(s) ? 0 : min(8, groups - 8 * s);
  u8 *packed = residuals + 8 * significance_groups + 8;
  if (!in.read(packed, coded)) return -1;
  for (int s = 0; s < significance_groups; s++) {
    const bool skip = skipped(s);
    u64 eight;
    __builtin_memcpy(&eight, packed, 8);
    if (skip) eight = 0;
    __builtin_memcpy(residuals + 8 * s, &eight, 8);
    packed += skip ? 0 : 8;
  }
  // With Rm 1 a skipped group has a count of T, whatever was predicted: the prediction is made to say so.
  if (task.vertical && rm) {
    for (int s = 0; s < significance_groups; s++) {
      if (!skipped(s)) continue;
      for (int g = 8 * s; g < min(8 * s + 8, groups); g++) {
        const int theta = max<int>(task.counts[g], floor) - t;
        residuals[g] = u8(max(2 * theta - 1, 0));
      }
    }
  }
  return kernels.predict(task.counts, residuals, groups, t, floor, task.vertical, per_group);
}

}  // namespace

int decode_precinct(const EntropyContext &context, EntropyState &state, int px, int py,
                    bool slice_top, const u8 *bytes, size_t left, size_t *used, JxsError *error) {
  const JxsHeader &h = *context.header;
  const Geometry &g = *context.geometry;
  if (left < size_t(g.precinct_header))
    return fail(error, JXS_TRUNCATED, JXS_AT_PRECINCT, left);
  const size_t size = size_t(g.precinct_header) + be24(bytes);
  if (left < size) return fail(error, JXS_TRUNCATED, JXS_AT_PRECINCT, 0);
  const int q = bytes[3], r = bytes[4];
  if (q > 31) return fail(error, JXS_MALFORMED, JXS_AT_PRECINCT, 3);

  u8 t[JXS_MAX_BANDS], above[JXS_MAX_BANDS], mode[JXS_MAX_BANDS];
  for (int b = 0; b < g.bands; b++) {
    t[b] = u8(truncation(h, b, q, r));
    mode[b] = bytes[5 + (b >> 2)] >> (6 - 2 * (b & 3)) & 3;
    above[b] = state.truncation[b][px];
    state.truncation[b][px] = t[b];
    if ((mode[b] & 1) && slice_top) return fail(error, JXS_MALFORMED, JXS_AT_PREDICTION, 5);
  }

  const int grid = px == g.columns - 1 ? h.wf - px * g.column_width : g.column_width;
  const size_t packet_header = g.long_packets ? 7 : 5;
  size_t at = size_t(g.precinct_header);
  for (int i = 0; i < g.lines;) {
    // The lines of one packet that are there in this row of precincts.
    Task task[JXS_MAX_BANDS];
    int tasks = 0;
    bool wanted = false;
    size_t significance_groups = 0, groups = 0;
    for (const int packet = g.line[i].packet; i < g.lines && g.line[i].packet == packet; i++) {
      const int b = g.line[i].band, row = g.line[i].row;
      const Band &band = g.band[b];
      const int y = py * band.rows + row;
      if (y >= band.height) continue;
      Task &k = task[tasks++];
      k.band = b;
      k.row = row;
      k.width = band_width(h, band, grid);
      k.groups = ceil_div(k.width, 4);
      k.t = t[b];
      k.vertical = mode[b] & 1;
      k.significance = mode[b] & 2;
      k.counts = state.counts[b] + px * (band.column >> 2);
      k.out = context.store[b].rows == nullptr
                  ? nullptr
                  : coefficient_row(context.store[b], y) + px * band.column;
      wanted |= k.out != nullptr;
      groups += size_t(k.groups);
      if (k.significance) significance_groups += size_t(ceil_div(k.groups, 8));
    }
    if (tasks == 0) continue;

    const u8 *p = bytes + at;
    if (size - at < packet_header) return fail(error, JXS_MALFORMED, JXS_AT_PACKET, at);
    const u64 fields = g.long_packets ? u64(be32(p)) << 24 | be24(p + 4) : u64(be32(p)) << 8 | p[4];
    const bool raw = fields >> (g.long_packets ? 55 : 39);
    const size_t data_size = g.long_packets ? fields >> 35 & 0xfffff : fields >> 24 & 0x7fff;
    const size_t count_size = g.long_packets ? fields >> 15 & 0xfffff : fields >> 11 & 0x1fff;
    const size_t sign_size = h.fs == 0 ? 0 : g.long_packets ? fields & 0x7fff : fields & 0x7ff;
    const size_t significance_size = raw ? 0 : (significance_groups + 7) >> 3;
    at += packet_header;
    if (significance_size + count_size + data_size + sign_size > size - at)
      return fail(error, JXS_MALFORMED, JXS_AT_PACKET, at - packet_header);
    const u8 *flags = bytes + at;
    const u8 *counts = flags + significance_size;
    const u8 *data = counts + count_size;
    const u8 *signs = data + data_size;
    const size_t start = at;
    at += significance_size + count_size + data_size + sign_size;
    if (!wanted) continue;

    const int per_group = h.fs == 0;
    i64 nibbles = 0;
    if (raw) {
      if ((groups + 1) >> 1 > count_size) return fail(error, JXS_MALFORMED, JXS_AT_COUNTS, start);
      size_t next = 0;
      for (int k = 0; k < tasks; k++) {
        for (int c = 0; c < task[k].groups; c++, next++) {
          int m = counts[next >> 1] >> (next & 1 ? 0 : 4) & 15;
          task[k].counts[c] = u8(m);
          if (m > task[k].t) nibbles += m - task[k].t + per_group;
        }
      }
    } else {
      UnaryReader in(counts, data, bytes + size);
      size_t flag = 0;
      for (int k = 0; k < tasks; k++) {
        const Task &line = task[k];
        const int t_above = line.row == 0 ? above[line.band] : line.t;
        const i64 more = decode_counts(line, t_above, h.rm, per_group, in, flags, flag,
                                       state.residuals, *context.kernels);
        if (more < 0) return fail(error, JXS_MALFORMED, JXS_AT_COUNTS, start);
        nibbles += more;
        if (line.significance) flag += size_t(ceil_div(line.groups, 8));
      }
      if (!in.within()) return fail(error, JXS_MALFORMED, JXS_AT_COUNTS, start);
    }
    if (u64(nibbles) > 2 * u64(data_size)) return fail(error, JXS_MALFORMED, JXS_AT_PACKET, start);

    size_t nibble = 0;
    for (int k = 0; k < tasks; k++)
      nibble = decode_data(task[k], data, bytes + size, nibble, h.fs == 0);
    if (h.fs == 1 && !decode_signs(task, tasks, signs, sign_size))
      return fail(error, JXS_MALFORMED, JXS_AT_SIGNS, start);
    for (int k = 0; k < tasks; k++) {
      const Task &line = task[k];
      context.kernels->dequantise(line.out, line.counts, line.width, line.t, h.qpih);
      // The mirrored neighbours that the synthesis reads.
      i16 *row = line.out - px * g.band[line.band].column;
      if (px == 0) row[-1] = row[0];
      if (px == g.columns - 1) line.out[line.width] = line.out[line.width - 1];
    }
  }
  *used = size;
  return JXS_OK;
}

void clear_precinct(const EntropyContext &context, int px, int py) {
  const JxsHeader &h = *context.header;
  const Geometry &g = *context.geometry;
  const int grid = px == g.columns - 1 ? h.wf - px * g.column_width : g.column_width;
  for (int b = 0; b < g.bands; b++) {
    if (context.store[b].rows == nullptr) continue;
    const Band &band = g.band[b];
    const int width = band_width(h, band, grid);
    for (int y = py * band.rows; y < min((py + 1) * band.rows, band.height); y++) {
      i16 *out = coefficient_row(context.store[b], y) + px * band.column;
      __builtin_memset(out, 0, size_t(width) * sizeof(i16));
      if (px == 0) out[-1] = 0;
      if (px == g.columns - 1) out[width] = 0;
    }
  }
}

}  // namespace jxs
