#include "rate.h"

namespace jxs {
namespace {

// Bytes of raw counts, four bits each.
u32 raw_size(u32 code_groups) { return (code_groups + 1) >> 1; }

}  // namespace

void make_plan(const JxsHeader &h, const Geometry &g, int row, PrecinctPlan &plan) {
  plan.lines = plan.packets = plan.groups = 0;
  for (int &n : plan.band_lines) n = 0;
  int type_of_group[kMaxPackets];
  int last_packet = -1;
  for (int i = 0; i < g.lines; i++) {
    const Line &line = g.line[i];
    const Band &band = g.band[line.band];
    if (row * band.rows + line.row >= band.height) continue;
    if (line.packet != last_packet) {
      last_packet = line.packet;
      // The horizontal-only types lie together in the first packet.
      const int type = max<int>(band.beta, h.nlx - h.nly);
      int group = 0;
      while (group < plan.groups && type_of_group[group] != type) group++;
      if (group == plan.groups) type_of_group[plan.groups++] = type;
      plan.packet[plan.packets++] = {plan.lines, 0, group, 0};
    }
    PrecinctPlan::Packet &packet = plan.packet[plan.packets - 1];
    packet.lines++;
    packet.code_groups += u32(groups_of(g, line.band));
    plan.band_line[line.band][plan.band_lines[line.band]++] = plan.lines;
    plan.line[plan.lines++] = line;
  }
}

const i16 *RateModel::coefficients(int precinct, const Line &line) const {
  const BandRows &r = rows[line.band];
  return r.coefficients + size_t(precinct * geometry.band[line.band].rows + line.row) * r.stride;
}

const u8 *RateModel::counts(int precinct, const Line &line) const {
  const BandRows &r = rows[line.band];
  return r.counts + i64(precinct * geometry.band[line.band].rows + line.row) * i64(r.counts_stride);
}

void RateModel::collect(PrecinctView &precinct) const {
  const PrecinctPlan &plan = *precinct.plan;
  for (int i = 0; i < plan.lines; i++) {
    const u8 *m = counts(precinct.index, plan.line[i]);
    const int groups = groups_of(geometry, plan.line[i].band);
    // Two histograms of counts, so that equal neighbours do not wait for each other.
    u32 histogram[2][16] = {}, flagged[16] = {};
    int g = 0;
    for (; g + 8 <= groups; g += 8) {
      u8 top = 0;
      for (int k = 0; k < 8; k += 2) {
        histogram[0][m[g + k]]++;
        histogram[1][m[g + k + 1]]++;
        top = max(top, max(m[g + k], m[g + k + 1]));
      }
      flagged[top] += 8;
    }
    if (g < groups) {
      u8 top = 0;
      for (int k = g; k < groups; k++) {
        histogram[0][m[k]]++;
        top = max(top, m[k]);
      }
      flagged[top] += u32(groups - g);
    }
    LineStats &s = precinct.stats[i];
    u32 above = 0, planes = 0, above_flagged = 0;
    for (int t = 15; t >= 0; t--) {
      s.planes[t] = planes;
      s.coded[t] = above;
      s.flagged[t] = above_flagged;
      above += histogram[0][t] + histogram[1][t];
      above_flagged += flagged[t];
      planes += above;
    }
    for (int t = 0; t < 16; t++) s.vertical[t] = s.vertical_flagged[t] = s.signs[t] = kNoCost;
  }
}

u32 RateModel::count_signs(const PrecinctView &precinct, int line, int t) const {
  u32 &known = precinct.stats[line].signs[t];
  if (known != kNoCost) return known;
  const Line &l = precinct.plan->line[line];
  const int n = geometry.band[l.band].width;
  kernels.quantise(coefficients(precinct.index, l), counts(precinct.index, l), scratch, n, t,
                   header.qpih);
  known = 0;
  for (int i = 0; i < n; i++) known += scratch[i] != 0;
  return known;
}

u32 RateModel::cost(const PrecinctView &precinct, int q, int r, const CostOptions &options,
                    const u8 *above, Choice &choice) const {
  const PrecinctPlan &plan = *precinct.plan;
  const bool vertical = options.vertical && above != nullptr;
  choice.q = q;
  choice.r = r;
  // Count bits of each line as it will be coded, and its flags.
  u32 bits[kMaxLines], flags[kMaxLines];
  for (int b = 0; b < geometry.bands; b++) {
    const int t = choice.t[b] = u8(truncation(header, b, q, r));
    choice.mode[b] = 0;
    const int lines = plan.band_lines[b];
    if (lines == 0) continue;
    const int *line = plan.band_line[b];
    const u32 groups = u32(groups_of(geometry, b)), significance = (groups + 7) >> 3;
    u32 plain = 0, flagged = 0;
    for (int n = 0; n < lines; n++) {
      const LineStats &s = precinct.stats[line[n]];
      bits[line[n]] = s.planes[t] + groups;
      flags[line[n]] = 0;
      plain += s.planes[t] + groups;
      flagged += significance + s.planes[t] + s.flagged[t];
    }
    u32 best = plain;
    int mode = 0;
    if (options.significance && flagged < best) best = flagged, mode = 2;
    u32 predicted[1 << kMaxLevelsY], predicted_flagged[1 << kMaxLevelsY];
    if (vertical) {
      u32 sum = 0, sum_flagged = 0;
      for (int n = 0; n < lines; n++) {
        const Line &l = plan.line[line[n]];
        LineStats &s = precinct.stats[line[n]];
        const int floor = l.row == 0 ? max<int>(t, above[b]) : t;
        u32 own, own_flagged;
        if (floor == t && s.vertical[t] != kNoCost) {
          own = s.vertical[t];
          own_flagged = s.vertical_flagged[t];
        } else {
          const u8 *m = counts(precinct.index, l);
          kernels.vertical_cost(m, m - rows[b].counts_stride, int(groups), t, floor, header.rm,
                                &own, &own_flagged);
          if (floor == t) s.vertical[t] = own, s.vertical_flagged[t] = own_flagged;
        }
        sum += predicted[n] = own;
        sum_flagged += predicted_flagged[n] = own_flagged;
      }
      sum_flagged += significance * u32(lines);
      if (sum < best) best = sum, mode = 1;
      if (options.significance && sum_flagged < best) best = sum_flagged, mode = 3;
    }
    choice.mode[b] = u8(mode);
    for (int n = 0; n < lines; n++) {
      const LineStats &s = precinct.stats[line[n]];
      if (mode == 1) bits[line[n]] = predicted[n];
      if (mode == 2) bits[line[n]] = s.planes[t] + s.flagged[t];
      if (mode == 3) bits[line[n]] = predicted_flagged[n];
      if (mode & 2) flags[line[n]] = significance;
    }
  }

  u32 total = u32(geometry.precinct_header);
  u32 group_bytes[kMaxPackets] = {}, group_code_groups[kMaxPackets] = {};
  for (int p = 0; p < plan.packets; p++) {
    const PrecinctPlan::Packet &packet = plan.packet[p];
    Choice::Packet &out = choice.packet[p];
    u32 count_bits = 0, flag_bits = 0, data_bits = 0, sign_bits = 0;
    for (int i = packet.first; i < packet.first + packet.lines; i++) {
      const int t = choice.t[plan.line[i].band];
      const LineStats &s = precinct.stats[i];
      count_bits += bits[i];
      flag_bits += flags[i];
      data_bits += 4 * (header.fs ? s.planes[t] : s.planes[t] + s.coded[t]);
      if (header.fs) sign_bits += options.fast_signs ? 4 * s.coded[t] : count_signs(precinct, i, t);
    }
    out.significance = (flag_bits + 7) >> 3;
    out.counts = (count_bits + 7) >> 3;
    out.data = (data_bits + 7) >> 3;
    out.signs = (sign_bits + 7) >> 3;
    group_bytes[packet.group] += out.significance + out.counts;
    group_code_groups[packet.group] += packet.code_groups;
  }
  const u32 max_counts = geometry.long_packets ? 0xfffff : 0x1fff;
  const u32 max_data = geometry.long_packets ? 0xfffff : 0x7fff;
  const u32 max_signs = geometry.long_packets ? 0x7fff : 0x7ff;
  bool fits = true;
  for (int p = 0; p < plan.packets; p++) {
    const PrecinctPlan::Packet &packet = plan.packet[p];
    Choice::Packet &out = choice.packet[p];
    const u32 raw_bytes = raw_size(packet.code_groups);
    out.raw = header.rl ? out.significance + out.counts > raw_bytes
                        : group_bytes[packet.group] > raw_size(group_code_groups[packet.group]);
    if (out.raw) out.significance = 0, out.counts = raw_bytes;
    fits = fits && out.counts <= max_counts && out.data <= max_data && out.signs <= max_signs;
    total += (geometry.long_packets ? 7 : 5) + out.significance + out.counts + out.data + out.signs;
  }
  choice.bytes = fits && total < (1u << 24) ? total : kNoCost;
  return choice.bytes;
}

}  // namespace jxs
