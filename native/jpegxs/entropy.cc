#include "entropy.h"
#include "wide.h"

namespace jxs {
namespace {

// The unary numbers (ones, ended by a zero) that end in a byte: a byte each, the first in the lowest.
struct UnaryTable {
  struct Entry {
    u64 numbers;
    // How many; the ones behind the last; all ones where there is none, so that a run goes on.
    u32 count, tail, keep;
  } of_byte[256];
};
constexpr UnaryTable make_unary() {
  UnaryTable t = {};
  for (int byte = 0; byte < 256; byte++) {
    UnaryTable::Entry &e = t.of_byte[byte];
    for (int i = 7; i >= 0; i--) {
      if (byte >> i & 1) {
        e.tail++;
        continue;
      }
      e.numbers |= u64(e.tail) << 8 * e.count++;
      e.tail = 0;
    }
    e.keep = e.count == 0 ? ~0u : 0;
  }
  return t;
}
constexpr UnaryTable kUnary = make_unary();

// Reads `count` unary numbers; eight bytes behind the last may be written. Nothing in a step waits for the table look-up of
// the step before. False: too few, or a run of `limit` ones or more, a power of two.
bool read_unary(const u8 *p, const u8 *end, u8 *out, size_t count, u32 limit) {
  u8 *const stop = out + count;
  u32 ones = 0, seen = 0;
  while (out < stop) {
    if (p == end) return false;
    const UnaryTable::Entry &e = kUnary.of_byte[*p++];
    const u64 numbers = e.numbers + ones;
    __builtin_memcpy(out, &numbers, 8);
    out += e.count;
    ones += u32(e.numbers & 0xff);
    seen |= ones;
    ones = (ones & e.keep) + e.tail;
  }
  return seen < limit;
}

// One band line of the packet at hand.
struct Task {
  int band, row, width, groups;
  int t;
  bool vertical, significance;
  u8 *counts;
  // Coefficients of either size; null where nobody wants them.
  u8 *out;
};

// Puts the signs of the sign sub-packet on every index that is not zero, those of the padding included. False: too few.
template <class Coefficient>
bool decode_signs(const Task *task, int tasks, const u8 *p, size_t length) {
  constexpr Coefficient kSign = Coefficient(u32(1) << (8 * sizeof(Coefficient) - 1));
  size_t at = 0;
  const size_t bits = length * 8;
  for (int k = 0; k < tasks; k++) {
    for (int g = 0; g < task[k].groups; g++) {
      if (task[k].counts[g] <= task[k].t) continue;
      Coefficient *c = reinterpret_cast<Coefficient *>(task[k].out) + 4 * g;
      for (int i = 0; i < 4; i++) {
        if (c[i] == 0) continue;
        if (at == bits) return false;
        if (p[at >> 3] >> (7 - (at & 7)) & 1) c[i] |= kSign;
        at++;
      }
    }
  }
  return true;
}

// The significance flags of a packet, of which the line at hand has those from `at` on.
struct Flags {
  const u8 *bytes;
  size_t at;

  // All ones for a significance group that is coded.
  u64 coded(int s) const {
    const size_t i = at + size_t(s);
    return u64(bytes[i >> 3] >> (7 - (i & 7)) & 1) - 1;
  }
};

int significance_groups(const Task &task) { return task.significance ? ceil_div(task.groups, 8) : 0; }

// Codes that a line has: those of its significance groups that are not skipped.
int codes_of(const Task &task, const Flags &flags) {
  if (!task.significance) return task.groups;
  int codes = 0;
  for (int s = 0; s < significance_groups(task); s++) codes += int(flags.coded(s) & 8);
  // The last may be shorter.
  return codes - int(flags.coded(significance_groups(task) - 1) & u64(-task.groups & 7));
}

// Spreads the residuals of a line's significance groups, which lie together.
void spread_residuals(const Task &task, bool rm, const Flags &flags, const u8 *packed,
                      u8 *residuals) {
  const u64 skipped = task.vertical && rm ? ~u64(0) : 0;
  for (int s = 0; s < significance_groups(task); s++) {
    const u64 coded = flags.coded(s);
    u64 eight;
    __builtin_memcpy(&eight, packed, 8);
    eight = (eight & coded) | (skipped & ~coded);
    __builtin_memcpy(residuals + 8 * s, &eight, 8);
    packed += coded & 8;
  }
}

// Raw count number `i`, of `br` bits.
int raw_count(const u8 *counts, size_t i, int br) {
  const size_t bit = i * size_t(br), at = bit >> 3;
  const int behind = 16 - br - int(bit & 7);
  return (counts[at] << 8 | (behind < 8 ? counts[at + 1] : 0)) >> behind & ((1 << br) - 1);
}

// What the counts of a packet's lines stand for. False: too few signs.
template <class Coefficient>
bool read_data(const EntropyContext &context, const Task *task, int tasks, int px, Nibbles in,
               const u8 *signs, size_t sign_size) {
  const JxsHeader &h = *context.header;
  const Geometry &g = *context.geometry;
  const auto line = [&](int k) { return reinterpret_cast<Coefficient *>(task[k].out); };
  for (int k = 0; k < tasks; k++) {
    const Task &now = task[k];
    if constexpr (sizeof(Coefficient) == 2)
      context.kernels->unpack(in, now.counts, now.groups, now.t, h.fs == 0, h.qpih, line(k));
    else
      unpack_wide(in, now.counts, now.groups, now.t, h.fs == 0, h.qpih, line(k));
  }
  if (h.fs == 1 && !decode_signs<Coefficient>(task, tasks, signs, sign_size)) return false;
  for (int k = 0; k < tasks; k++) {
    const Task &now = task[k];
    if (h.fs == 1) {
      if constexpr (sizeof(Coefficient) == 2)
        context.kernels->dequantise(line(k), now.counts, now.width, now.t, h.qpih);
      else
        dequantise_wide(line(k), now.counts, now.groups, now.t, h.qpih);
    }
    // The mirrored neighbours that the synthesis reads.
    Coefficient *row = line(k) - px * g.band[now.band].column;
    if (px == 0) row[-1] = row[0];
    if (px == g.columns - 1) line(k)[now.width] = line(k)[now.width - 1];
  }
  return true;
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
  const size_t packet_header = g.long_packets ? 7 : 5, size_of_one = coefficient_size(h);
  size_t at = size_t(g.precinct_header);
  for (int i = 0; i < g.lines;) {
    // The lines of one packet that are there in this row of precincts.
    Task task[JXS_MAX_BANDS];
    int tasks = 0;
    bool wanted = false;
    size_t flag_count = 0, groups = 0;
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
                  : coefficient_row<u8>(context.store[b], y) + size_t(px * band.column) * size_of_one;
      wanted |= k.out != nullptr;
      groups += size_t(k.groups);
      flag_count += size_t(significance_groups(k));
    }
    if (tasks == 0) continue;

    const u8 *p = bytes + at;
    if (size - at < packet_header) return fail(error, JXS_MALFORMED, JXS_AT_PACKET, at);
    const u64 fields = g.long_packets ? u64(be32(p)) << 24 | be24(p + 4) : u64(be32(p)) << 8 | p[4];
    const bool raw = fields >> (g.long_packets ? 55 : 39);
    const size_t data_size = g.long_packets ? fields >> 35 & 0xfffff : fields >> 24 & 0x7fff;
    const size_t count_size = g.long_packets ? fields >> 15 & 0xfffff : fields >> 11 & 0x1fff;
    const size_t sign_size = h.fs == 0 ? 0 : g.long_packets ? fields & 0x7fff : fields & 0x7ff;
    const size_t significance_size = raw ? 0 : (flag_count + 7) >> 3;
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
      if (raw_size(h, groups) > count_size) return fail(error, JXS_MALFORMED, JXS_AT_COUNTS, start);
      size_t next = 0;
      for (int k = 0; k < tasks; k++) {
        for (int c = 0; c < task[k].groups; c++, next++) {
          const int m = raw_count(counts, next, h.br);
          task[k].counts[c] = u8(m);
          if (m > task[k].t) nibbles += m - task[k].t + per_group;
        }
      }
    } else {
      size_t codes = 0;
      Flags own = {flags, 0};
      for (int k = 0; k < tasks; k++) {
        codes += size_t(codes_of(task[k], own));
        own.at += size_t(significance_groups(task[k]));
      }
      if (!read_unary(counts, data, state.codes, codes, 2u << h.br))
        return fail(error, JXS_MALFORMED, JXS_AT_COUNTS, start);
      const u8 *next = state.codes;
      own.at = 0;
      for (int k = 0; k < tasks; k++) {
        const Task &line = task[k];
        const int floor = max<int>(line.row == 0 ? above[line.band] : line.t, line.t);
        const u8 *residuals = next;
        next += codes_of(line, own);
        if (line.significance) {
          spread_residuals(line, h.rm, own, residuals, state.residuals);
          residuals = state.residuals;
          own.at += size_t(significance_groups(line));
        }
        const int more = context.kernels->predict(line.counts, residuals, line.groups, line.t,
                                                  floor, line.vertical, per_group,
                                                  (1 << h.br) - 1);
        if (more < 0) return fail(error, JXS_MALFORMED, JXS_AT_COUNTS, start);
        nibbles += more;
      }
    }
    if (u64(nibbles) > 2 * u64(data_size)) return fail(error, JXS_MALFORMED, JXS_AT_PACKET, start);

    const auto read = is_wide(h) ? read_data<i32> : read_data<i16>;
    if (!read(context, task, tasks, px, {data, bytes + left, 0}, signs, sign_size))
      return fail(error, JXS_MALFORMED, JXS_AT_SIGNS, start);
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
      // With the mirrored neighbours.
      const size_t size = coefficient_size(h), before = px == 0, behind = px == g.columns - 1;
      u8 *out = coefficient_row<u8>(context.store[b], y) + size_t(px * band.column) * size;
      __builtin_memset(out - before * size, 0, (before + size_t(width) + behind) * size);
    }
  }
}

}  // namespace jxs
