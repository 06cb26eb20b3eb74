#include "pack.h"

#include "wide.h"

namespace jxs {
namespace {

void put_be(u8 *out, u64 value, int bytes) {
  for (int i = bytes - 1; i >= 0; i--, value >>= 8) out[i] = u8(value);
}

// Of both sizes of index; a zero has no sign.
template <class Index>
void pack_signs(BitWriter &out, const Index *indexes, int n) {
  for (int i = 0; i < n; i++)
    if (indexes[i] != 0) out.put(indexes[i] < 0, 1);
}

}  // namespace

void set_length(const Geometry &geometry, u8 *out, u32 size) {
  put_be(out, size - u32(geometry.precinct_header), 3);
}

u32 pack_precinct(const RateModel &model, const PrecinctView &precinct, const Choice &choice,
                  const Choice *above, u8 *start) {
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
        const bool vertical = choice.mode[b] & 1;
        const int floor = vertical && line.row == 0 ? max<int>(t, above->t[b]) : t;
        model.trim(precinct, line, choice, above, vertical);
        body(line, model.counts[0], model.counts[1], plan.groups_of(b), t, floor, vertical,
             bool(choice.mode[b] & 2));
      }
    };
    if (sizes.raw) {
      BitWriter raw(out, out + sizes.counts);
      each([&](const Line &, const u8 *counts, const u8 *, int groups, int, int, bool, bool) {
        for (int g = 0; g < groups; g++) raw.put(counts[g], h.br);
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
        model.kernels.put_codes(flags, residuals, counts, n, groups, t, flagged, vertical && h.rm);
      });
      flags.finish();
      out = residuals.finish();
    }
    BitWriter data(out, out + sizes.data);
    BitWriter signs(out + sizes.data, out + sizes.data + sizes.signs);
    each([&](const Line &line, const u8 *counts, const u8 *, int groups, int t, int, bool, bool) {
      const int n = plan.width[line.band];
      if (is_wide(h)) {
        const i32 *coefficients = model.coefficients<i32>(precinct, line);
        pack_wide(data, coefficients, counts, groups, h.fs == 0);
        if (h.fs != 0) pack_signs(signs, coefficients, n);
        return;
      }
      const i16 *coefficients = model.coefficients<i16>(precinct, line);
      model.kernels.pack(data, coefficients, counts, groups, t, h.fs == 0, h.qpih);
      if (h.fs == 0) return;
      model.kernels.quantise(coefficients, counts, model.scratch, n, t, h.qpih);
      pack_signs(signs, model.scratch, n);
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
