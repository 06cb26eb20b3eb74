import { TR_101_290_NAMES, type Tr101290Indicator } from "@x/mpegts";
import { formatByte, type ProbeReport } from "./report.js";

/** Everything in a report that is not as the standards want it, a few words each, besides its problems. */
export function warningsOf(report: ProbeReport): string[] {
  const { transportStreams, rtp, ancillary, pictures, flv, movies, elementary } = report;
  return [
    ...transportStreams.flatMap(({ tr101290, issues }) => [
      ...verdicts(tr101290.counts),
      ...counts(issues),
    ]),
    ...rtp.flatMap(({ issues }) => counts(issues)),
    ...ancillary.flatMap(({ kinds, issues }) => [...counts(issues), ...kinds.flatMap(damaged)]),
    ...pictures.flatMap(({ violations }) => violations),
    ...[...flv, ...movies, ...elementary].flatMap(({ issues }) =>
      issues.map(({ code, count }) => `issue ${code}: ${count}`),
    ),
  ];
}

function verdicts(all: Readonly<Record<Tr101290Indicator, number>>): string[] {
  const found = Object.entries(all).filter(([, count]) => count > 0);
  return found.map(
    ([key, count]) => `TR 101 290 ${key} ${TR_101_290_NAMES[key as Tr101290Indicator]}: ${count}`,
  );
}

function counts(issues: Readonly<Record<string, number>>): string[] {
  return Object.entries(issues).map(([code, count]) => `issue ${code}: ${count}`);
}

function damaged(kind: ProbeReport["ancillary"][number]["kinds"][number]): string[] {
  const { did, sdid, parityErrors, checksumErrors } = kind;
  const name = sdid === undefined ? formatByte(did) : `${formatByte(did)}/${formatByte(sdid)}`;
  return [
    ...(parityErrors > 0 ? [`wrong parity in ${name}: ${parityErrors}`] : []),
    ...(checksumErrors > 0 ? [`wrong checksum in ${name}: ${checksumErrors}`] : []),
  ];
}
