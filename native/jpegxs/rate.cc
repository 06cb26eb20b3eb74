#include "rate.h"

namespace jxs {

void make_plan(const JxsHeader &h, const Geometry &g, int row, int column, PrecinctPlan &plan) {
  const int grid = column == g.columns - 1 ? h.wf - column * g.column_width : g.column_width;
  for (int b = 0; b < g.bands; b++) plan.width[b] = band_width(h, g.band[b], grid);
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
      // The horizontal-only types lie together in the first packet, suppressed components in packets of their own.
      const bool suppressed = band.component >= h.nc - h.sd;
      const int type = suppressed ? -1 - band.component : max<int>(band.beta, h.nlx - h.nly);
      int group = 0;
      while (group < plan.groups && type_of_group[group] != type) group++;
      if (group == plan.groups) type_of_group[plan.groups++] = type;
      plan.packet[plan.packets++] = {plan.lines, 0, group, 0};
    }
    PrecinctPlan::Packet &packet = plan.packet[plan.packets - 1];
    packet.lines++;
    packet.code_groups += u32(plan.groups_of(line.band));
    plan.band_line[line.band][plan.band_lines[line.band]++] = plan.lines;
    plan.line[plan.lines++] = line;
  }
}

const u8 *RateModel::grades(const PrecinctView &precinct, const Line &line) const {
  const BandRows &r = rows[line.band];
  const Band &band = geometry.band[line.band];
  return r.grades + size_t(precinct.row * band.rows + line.row) * r.grades_stride +
         size_t(precinct.column) * size_t(band.column / 4);
}

void RateModel::trim(const PrecinctView &precinct, const Line &line, const Choice &choice, const Choice *above,
                     bool above_too) const {
  const int b = line.band, groups = precinct.plan->groups_of(b);
  const u8 *own = grades(precinct, line);
  if (is_wide(header)) {
    __builtin_memcpy(counts[0], own, size_t(groups));
    if (above_too) __builtin_memcpy(counts[1], own - rows[b].grades_stride, size_t(groups));
    return;
  }
  kernels.trim(own, counts[0], groups, choice.t[b], choice.thrift[b]);
  if (!above_too) return;
  const Choice &top = line.row == 0 ? *above : choice;
  kernels.trim(own - rows[b].grades_stride, counts[1], groups, top.t[b], top.thrift[b]);
}

// Only T 0 is ever asked for.
void RateModel::collect_wide(const PrecinctView &precinct) const {
  const PrecinctPlan &plan = *precinct.plan;
  for (int i = 0; i < plan.lines; i++) {
    const u8 *count = grades(precinct, plan.line[i]);
    const int groups = plan.groups_of(plan.line[i].band);
    u32 planes = 0, coded = 0, flagged = 0;
    for (int first = 0; first < groups; first += 8) {
      const int end = min(first + 8, groups);
      const u32 before = coded;
      for (int g = first; g < end; g++) planes += count[g], coded += count[g] > 0;
      if (coded > before) flagged += u32(end - first);
    }
    auto &at = precinct.stats[i].at[0];
    const int lane = lane_of(kNoThrift);
    at.planes[lane] = planes;
    at.coded[lane] = coded;
    at.flagged[lane] = flagged;
    at.vertical_thrift = at.signs_thrift = kUnknown;
  }
}

void RateModel::collect(PrecinctView &precinct) const {
  if (is_wide(header)) return collect_wide(precinct);
  const PrecinctPlan &plan = *precinct.plan;
  for (int i = 0; i < plan.lines; i++)
    kernels.collect(grades(precinct, plan.line[i]), plan.groups_of(plan.line[i].band), *histogram, precinct.stats[i]);
}

u32 RateModel::count_signs(const PrecinctView &precinct, int i, const Choice &choice) const {
  const Line &line = precinct.plan->line[i];
  const int t = choice.t[line.band], n = precinct.plan->width[line.band];
  auto &known = precinct.stats[i].at[t];
  if (known.signs_thrift == choice.thrift[line.band]) return known.signs;
  known.signs_thrift = choice.thrift[line.band];
  known.signs = 0;
  if (is_wide(header)) {
    const i32 *x = coefficients<i32>(precinct, line);
    for (int k = 0; k < n; k++) known.signs += x[k] != 0;
    return known.signs;
  }
  trim(precinct, line, choice, nullptr, false);
  kernels.quantise(coefficients<i16>(precinct, line), counts[0], scratch, n, t, header.qpih);
  for (int k = 0; k < n; k++) known.signs += scratch[k] != 0;
  return known.signs;
}

u32 RateModel::cost(const PrecinctView &precinct, int q, int r, const CostOptions &options,
                    const Choice *above, Choice &choice) const {
  const PrecinctPlan &plan = *precinct.plan;
  const bool vertical = options.vertical && above != nullptr;
  choice.q = q;
  choice.r = r;
  // Count bits of each line as it will be coded, and its flags.
  u32 bits[kMaxLines], flags[kMaxLines];
  for (int b = 0; b < geometry.bands; b++) {
    const int t = choice.t[b] = u8(truncation(header, b, q, r));
    // At T 0 all is exact, and the bits could not go anywhere else.
    const int thrift = choice.thrift[b] =
        i8(trim_steps > 0 && t > 1 ? thrift_of(header.priority[b], r, trim_steps) : kNoThrift);
    const int lane = lane_of(thrift);
    choice.mode[b] = 0;
    const int lines = plan.band_lines[b];
    if (lines == 0) continue;
    const int *line = plan.band_line[b];
    const u32 groups = u32(plan.groups_of(b)), significance = (groups + 7) >> 3;
    u32 plain = 0, flagged = 0;
    for (int n = 0; n < lines; n++) {
      const auto &s = precinct.stats[line[n]].at[t];
      bits[line[n]] = s.planes[lane] + groups;
      flags[line[n]] = 0;
      plain += s.planes[lane] + groups;
      flagged += significance + s.planes[lane] + s.flagged[lane];
    }
    u32 best = plain;
    int mode = 0;
    if (options.significance && flagged < best) best = flagged, mode = 2;
    u32 predicted[1 << kMaxLevelsY], predicted_flagged[1 << kMaxLevelsY];
    if (vertical) {
      u32 sum = 0, sum_flagged = 0;
      for (int n = 0; n < lines; n++) {
        const Line &l = plan.line[line[n]];
        auto &known = precinct.stats[line[n]].at[t];
        const bool usual = l.row != 0 || (above->t[b] == t && above->thrift[b] == thrift);
        if (usual && known.vertical_thrift == thrift) {
          predicted[n] = known.vertical;
          predicted_flagged[n] = known.vertical_flagged;
        } else {
          trim(precinct, l, choice, above, true);
          const int floor = l.row == 0 ? max<int>(t, above->t[b]) : t;
          kernels.vertical_cost(counts[0], counts[1], int(groups), t, floor, header.rm,
                                &predicted[n], &predicted_flagged[n]);
          if (usual) {
            known.vertical = predicted[n];
            known.vertical_flagged = predicted_flagged[n];
            known.vertical_thrift = i8(thrift);
          }
        }
        sum += predicted[n];
        sum_flagged += predicted_flagged[n];
      }
      sum_flagged += significance * u32(lines);
      if (sum < best) best = sum, mode = 1;
      if (options.significance && sum_flagged < best) best = sum_flagged, mode = 3;
    }
    choice.mode[b] = u8(mode);
    for (int n = 0; n < lines; n++) {
      const auto &s = precinct.stats[line[n]].at[t];
      if (mode == 1) bits[line[n]] = predicted[n];
      if (mode == 2) bits[line[n]] = s.planes[lane] + s.flagged[lane];
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
      const int b = plan.line[i].band, t = choice.t[b], lane = lane_of(choice.thrift[b]);
      const auto &s = precinct.stats[i].at[t];
      count_bits += bits[i];
      flag_bits += flags[i];
      data_bits += 4 * (s.planes[lane] + (header.fs ? 0 : s.coded[lane]));
      if (header.fs)
        sign_bits += options.fast_signs ? 4 * s.coded[lane] : count_signs(precinct, i, choice);
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
    const u32 raw_bytes = u32(raw_size(header, packet.code_groups));
    out.raw = header.rl ? out.significance + out.counts > raw_bytes
                        : group_bytes[packet.group] > raw_size(header, group_code_groups[packet.group]);
    if (out.raw) out.significance = 0, out.counts = raw_bytes;
    fits = fits && out.counts <= max_counts && out.data <= max_data && out.signs <= max_signs;
    total += (geometry.long_packets ? 7 : 5) + out.significance + out.counts + out.data + out.signs;
  }
  choice.bytes = fits && total < (1u << 24) ? total : kNoCost;
  return choice.bytes;
}

}  // namespace jxs
