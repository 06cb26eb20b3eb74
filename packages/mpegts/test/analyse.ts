/** What a monitor would say of a transport stream: written from the packets alone, with none of the package's code. */
export interface Report {
  /** TR 101 290 priority 1 and 2, in words. */
  errors: string[];
  /** Packets by PID. */
  packets: Record<number, number>;
  pcrPids: number[];
  /** 27 MHz, the greatest of all PCR PIDs. */
  maxPcrInterval: number;
  /** 27 MHz of the first PCR PID's clock. */
  maxPatInterval: number;
  /** Flagged PCRs. */
  discontinuities: number;
  /** PES packets whose last byte came behind their DTS. */
  lateUnits: number;
  /** Most bytes by PID that were there and not decoded, headers included. */
  occupancy: Record<number, number>;
  /** Most bytes by PID in a transport buffer that empties at 2 Mbit/s. */
  transportBuffer: Record<number, number>;
}

const MODULUS = 2 ** 33 * 300;

/** Look at packets of 188 bytes. */
export function analyse(bytes: Uint8Array): Report {
  const report: Report = {
    errors: [],
    packets: {},
    pcrPids: [],
    maxPcrInterval: 0,
    maxPatInterval: 0,
    discontinuities: 0,
    lateUnits: 0,
    occupancy: {},
    transportBuffer: {},
  };
  const counters = new Map<number, number>();
  const clocks = new Map<number, { pcr: number; packet: number }>();
  const samples: { packet: number; time: number; flagged: boolean }[] = [];
  const patPackets: number[] = [];
  const count = bytes.length / 188;
  if (!Number.isInteger(count)) report.errors.push("not whole packets");
  let elapsed = 0;
  for (let packet = 0; packet < count; packet++) {
    const p = bytes.subarray(packet * 188, packet * 188 + 188);
    const b = (i: number): number => p[i] as number;
    if (b(0) !== 0x47) report.errors.push(`1.2 sync byte of packet ${packet}`);
    const pid = ((b(1) & 0x1f) << 8) | b(2);
    report.packets[pid] = (report.packets[pid] ?? 0) + 1;
    if (pid === 0x1fff) continue;
    if (pid === 0 && (b(1) & 0x40) !== 0) patPackets.push(packet);
    const length = (b(3) & 0x20) !== 0 ? b(4) : -1;
    if (length > ((b(3) & 0x10) !== 0 ? 182 : 183))
      report.errors.push(`adaptation field ${packet}`);
    const flags = length > 0 ? b(5) : 0;
    const last = counters.get(pid);
    if ((b(3) & 0x10) !== 0) {
      if (last !== undefined && (last + 1) % 16 !== b(3) % 16 && (flags & 0x80) === 0) {
        report.errors.push(`1.4 continuity of PID ${pid} in packet ${packet}`);
      }
      counters.set(pid, b(3) % 16);
    } else if (last !== undefined && last !== b(3) % 16) {
      report.errors.push(`1.4 continuity without payload of PID ${pid} in packet ${packet}`);
    }
    if ((flags & 0x10) === 0) continue;
    const base = b(6) * 2 ** 25 + b(7) * 2 ** 17 + b(8) * 2 ** 9 + b(9) * 2 + (b(10) >> 7);
    const pcr = base * 300 + (b(10) & 1) * 256 + b(11);
    const before = clocks.get(pid);
    const flagged = (flags & 0x80) !== 0;
    if (flagged) report.discontinuities++;
    if (before === undefined) report.pcrPids.push(pid);
    else if (!flagged) {
      const step = (pcr - before.pcr + MODULUS) % MODULUS;
      if (step === 0 || step > 100 * 27_000)
        report.errors.push(`2.3 PCR step ${step} at ${packet}`);
      report.maxPcrInterval = Math.max(report.maxPcrInterval, step);
      if (pid === report.pcrPids[0]) elapsed += step;
    }
    clocks.set(pid, { pcr, packet });
    if (pid === report.pcrPids[0]) samples.push({ packet, time: elapsed, flagged });
  }
  const timeOf = (packet: number): number => {
    const after = samples.find((sample) => sample.packet >= packet) ?? samples.at(-1);
    return after?.time ?? 0;
  };
  patPackets.forEach((packet, i) => {
    if (i === 0) return;
    const step = timeOf(packet) - timeOf(patPackets[i - 1] as number);
    report.maxPatInterval = Math.max(report.maxPatInterval, step);
    if (step > 0.5 * 27e6) report.errors.push(`1.3 PAT interval ${step}`);
  });
  if (report.discontinuities === 0) buffers(bytes, report);
  return report;
}

/** Replay the T-STD with the PCR of each programme's packets: here all PIDs share the first PCR PID's clock. */
function buffers(bytes: Uint8Array, report: Report): void {
  const pcrs: { packet: number; time: number }[] = [];
  const units = new Map<number, { dts: number; bytes: number; end: number }[]>();
  const arrivals = new Map<number, { packet: number; payload: number; unit: number }[]>();
  for (let packet = 0; packet * 188 < bytes.length; packet++) {
    const p = bytes.subarray(packet * 188, packet * 188 + 188);
    const b = (i: number): number => p[i] as number;
    const pid = ((b(1) & 0x1f) << 8) | b(2);
    const adaptation = (b(3) & 0x20) !== 0 ? 1 + b(4) : 0;
    if (adaptation > 7 && (b(5) & 0x10) !== 0 && pid === report.pcrPids[0]) {
      const base = b(6) * 2 ** 25 + b(7) * 2 ** 17 + b(8) * 2 ** 9 + b(9) * 2 + (b(10) >> 7);
      pcrs.push({ packet, time: base * 300 + (b(10) & 1) * 256 + b(11) });
    }
    if (pid < 0x20 || pid === 0x1fff || (b(3) & 0x10) === 0) continue;
    const at = 4 + adaptation;
    const list = units.get(pid) ?? [];
    units.set(pid, list);
    if ((b(1) & 0x40) !== 0) {
      if (b(at) !== 0 || b(at + 1) !== 0 || b(at + 2) !== 1) continue;
      const time = at + ((b(at + 7) & 0x40) !== 0 ? 14 : 9);
      const dts =
        ((b(time) >> 1) & 7) * 2 ** 30 +
        (b(time + 1) * 128 + (b(time + 2) >> 1)) * 2 ** 15 +
        b(time + 3) * 128 +
        (b(time + 4) >> 1);
      list.push({ dts: (b(at + 7) & 0x80) === 0 ? Number.NaN : dts * 300, bytes: 0, end: packet });
    }
    const unit = list.at(-1);
    if (unit === undefined) continue;
    unit.bytes += 188 - at;
    unit.end = packet;
    const arrived = arrivals.get(pid) ?? [];
    arrivals.set(pid, arrived);
    arrived.push({ packet, payload: 188 - at, unit: list.length - 1 });
  }
  const first = pcrs[0];
  const final = pcrs.at(-1);
  if (first === undefined || final === undefined) return;
  let near = 0;
  const clockAt = (packet: number): number => {
    if (near > 0 && (pcrs[near - 1] as { packet: number }).packet > packet) near = 0;
    while (near < pcrs.length && (pcrs[near] as { packet: number }).packet < packet) near++;
    const after = pcrs[near] ?? final;
    const before = pcrs[Math.max(0, near - 1)] ?? first;
    if (after.packet <= before.packet) return after.time;
    const span = (after.time - before.time + MODULUS) % MODULUS;
    return before.time + (span * (packet - before.packet)) / (after.packet - before.packet);
  };
  const ahead = (dts: number, time: number): number =>
    ((dts - time + 1.5 * MODULUS) % MODULUS) - MODULUS / 2;
  for (const [pid, list] of units) {
    // Behind the last PCR there is no clock to judge by.
    const judged = list.filter((unit) => !Number.isNaN(unit.dts) && unit.end <= final.packet);
    for (const unit of judged) if (ahead(unit.dts, clockAt(unit.end)) < 0) report.lateUnits++;
    let occupancy = 0;
    let decoded = 0;
    let level = 0;
    let levelTime = Number.NaN;
    for (const { packet, payload } of arrivals.get(pid) ?? []) {
      if (packet > final.packet) break;
      const time = clockAt(packet);
      while (decoded < list.length && ahead((list[decoded] as { dts: number }).dts, time) <= 0) {
        occupancy -= (list[decoded++] as { bytes: number }).bytes;
      }
      occupancy += payload;
      report.occupancy[pid] = Math.max(report.occupancy[pid] ?? 0, occupancy);
      const passed = Number.isNaN(levelTime) ? 0 : (time - levelTime + MODULUS) % MODULUS;
      level = Math.max(0, level - (passed * 2e6) / (8 * 27e6)) + 188;
      levelTime = time;
      report.transportBuffer[pid] = Math.max(report.transportBuffer[pid] ?? 0, level);
    }
  }
}
