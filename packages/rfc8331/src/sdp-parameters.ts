import type { FormatIssue } from "@x/bits";
import { type AncPacket, did, packetType, sdid } from "@x/st291";
import type { FrameRate } from "./timestamp.js";

/** What can be wrong with the media type parameters, for programs. All are warnings. */
export type SdpDiagnosticCode =
  | "bad-did-sdid"
  | "bad-exactframerate"
  | "bad-ssn"
  | "bad-tm"
  | "bad-troff"
  | "bad-tsdelay"
  | "bad-tsmode"
  | "bad-vpid-code"
  | "missing-exactframerate"
  | "ssn-tm-mismatch";

/** A deviation in SDP. `offset` counts characters from the start of the parameters (the text after `a=fmtp:96 `). */
export type SdpDiagnostic = FormatIssue<SdpDiagnosticCode>;

/** A pair of identifiers that a sender announces. Type 1 packets are announced with `sdid` 0. */
export interface DidSdid {
  /** 8 bits. */
  readonly did: number;
  /** 8 bits. */
  readonly sdid: number;
}

/** Media type parameters of `video/smpte291` (RFC 8331 3.1) with those of ST 2110-40:2023. */
export interface AncMediaParameters {
  /** Kinds of packets that may occur; empty: any. */
  readonly didSdid: readonly DidSdid[];
  /** VPID_Code: byte 1 of the payload identifier (ST 352) of the video, 0 to 255. */
  readonly vpidCode?: number;
  /** As written, even when not in lowest terms. */
  readonly exactFrameRate?: FrameRate;
  /** Transmission model; absent means `CTM`. */
  readonly tm?: "CTM" | "LLTM";
  /** `ST2110-40:2021` goes with `tm`, `ST2110-40:2018` without. */
  readonly ssn?: "ST2110-40:2018" | "ST2110-40:2021";
  /** Microseconds. */
  readonly troff?: number;
  /** Absent means `NEW`. */
  readonly tsMode?: "NEW" | "SAMP" | "PRES";
  /** Microseconds. */
  readonly tsDelay?: number;
  /** Parameters of other standards, verbatim, in their order; `undefined`: the name stands alone. */
  readonly other: readonly (readonly [name: string, value: string | undefined])[];
}

/** What {@link parseFmtp} found. */
export interface ParsedFmtp {
  readonly parameters: AncMediaParameters;
  /** Sorted by code. */
  readonly diagnostics: readonly SdpDiagnostic[];
}

/**
 * Parse the format-specific parameters of `smpte291`: the text after `a=fmtp:96 `. Never throws: a parameter with a
 * bad value is left out and reported. Names compare without regard to case, values exactly; blanks around `;` and a
 * trailing `;` do no harm.
 */
export function parseFmtp(text: string): ParsedFmtp {
  const found: Found = { didSdid: [], other: [] };
  const diagnostics: SdpDiagnostic[] = [];
  let offset = 0;
  for (const part of text.split(";")) {
    const parameter = part.trim();
    if (parameter !== "") {
      const at = offset + part.indexOf(parameter);
      const equals = parameter.indexOf("=");
      const name = equals < 0 ? parameter : parameter.slice(0, equals).trimEnd();
      const value = equals < 0 ? undefined : parameter.slice(equals + 1).trimStart();
      const read = READERS.get(name.toLowerCase());
      if (read === undefined) found.other.push([name, value]);
      else if (!read.into(found, value ?? "")) diagnostics.push(bad(read.code, at, name, value));
    }
    offset += part.length + 1;
  }
  const { ssn, tm, exactFrameRate } = found;
  if (ssn !== undefined && (ssn === "ST2110-40:2021") !== (tm !== undefined)) {
    const message = `SSN ${ssn} does not go ${tm === undefined ? "without" : "with"} TM`;
    diagnostics.push(warning("ssn-tm-mismatch", 0, "SSN", message));
  }
  if (ssn === "ST2110-40:2021" && exactFrameRate === undefined) {
    const message = `SSN ${ssn} needs exactframerate`;
    diagnostics.push(warning("missing-exactframerate", 0, "exactframerate", message));
  }
  diagnostics.sort((a, b) => (a.code < b.code ? -1 : a.code > b.code ? 1 : a.offset - b.offset));
  return { parameters: found, diagnostics };
}

/**
 * The text after `a=fmtp:96 `, empty when there are no parameters.
 * @throws {RangeError} when a value has no spelling in the standard
 */
export function formatFmtp(parameters: AncMediaParameters): string {
  const { didSdid, vpidCode, exactFrameRate, tm, ssn, troff, tsMode, tsDelay } = parameters;
  const parts: string[] = [];
  for (const { did, sdid } of didSdid) {
    parts.push(`DID_SDID={${octet("did", did)},${octet("sdid", sdid)}}`);
  }
  if (vpidCode !== undefined) parts.push(`VPID_Code=${natural("vpidCode", vpidCode, 255)}`);
  if (exactFrameRate !== undefined) parts.push(`exactframerate=${rate(exactFrameRate)}`);
  if (tm !== undefined) parts.push(`TM=${oneOf("tm", tm, TM)}`);
  if (ssn !== undefined) parts.push(`SSN=${oneOf("ssn", ssn, SSN)}`);
  if (troff !== undefined) parts.push(`TROFF=${natural("troff", troff)}`);
  if (tsMode !== undefined) parts.push(`TSMODE=${oneOf("tsMode", tsMode, TSMODE)}`);
  if (tsDelay !== undefined) parts.push(`TSDELAY=${natural("tsDelay", tsDelay)}`);
  for (const [name, value] of parameters.other) {
    const part = value === undefined ? name : `${name}=${value}`;
    if (!/^[^;=\r\n]+(=[^;\r\n]*)?$/.test(part) || READERS.has(name.toLowerCase())) {
      throw new RangeError(`other: ${JSON.stringify(part)} is not a parameter of another standard`);
    }
    parts.push(part);
  }
  return parts.join(";");
}

/** True when the announced pairs allow `packet`, or none is announced (RFC 8331 3.1). */
export function acceptsPacket(parameters: AncMediaParameters, packet: AncPacket): boolean {
  const { didSdid } = parameters;
  if (didSdid.length === 0) return true;
  const id = did(packet);
  const second = packetType(packet) === 1 ? undefined : sdid(packet);
  return didSdid.some((pair) => pair.did === id && (second === undefined || pair.sdid === second));
}

const TM = ["CTM", "LLTM"] as const;
const SSN = ["ST2110-40:2018", "ST2110-40:2021"] as const;
const TSMODE = ["NEW", "SAMP", "PRES"] as const;

type Found = { -readonly [Key in keyof AncMediaParameters]: AncMediaParameters[Key] } & {
  didSdid: DidSdid[];
  other: (readonly [string, string | undefined])[];
};

interface Reader {
  readonly code: SdpDiagnosticCode;
  /** False: the value is bad, and left out unless it could be kept as written. */
  into(found: Found, value: string): boolean;
}

const READERS: ReadonlyMap<string, Reader> = /* @__PURE__ */ new Map<string, Reader>([
  [
    "did_sdid",
    {
      code: "bad-did-sdid",
      into(found, value) {
        const match = /^\{0x([0-9a-f]{1,2}),0x([0-9a-f]{1,2})\}$/i.exec(value);
        if (match === null) return false;
        found.didSdid.push({
          did: Number.parseInt(match[1] as string, 16),
          sdid: Number.parseInt(match[2] as string, 16),
        });
        return true;
      },
    },
  ],
  [
    "vpid_code",
    {
      code: "bad-vpid-code",
      into(found, value) {
        const code = decimal(value);
        if (code === undefined || code > 255 || found.vpidCode !== undefined) return false;
        found.vpidCode = code;
        return true;
      },
    },
  ],
  [
    "exactframerate",
    {
      code: "bad-exactframerate",
      into(found, value) {
        const match = /^(\d+)(?:\/(\d+))?$/.exec(value);
        const numerator = decimal(match?.[1] ?? "");
        const denominator = decimal(match?.[2] ?? "1");
        if (!numerator || !denominator || found.exactFrameRate !== undefined) return false;
        found.exactFrameRate = { numerator, denominator };
        return match?.[2] === undefined || (denominator !== 1 && gcd(numerator, denominator) === 1);
      },
    },
  ],
  [
    "tm",
    {
      code: "bad-tm",
      into(found, value) {
        const tm = TM.find((known) => known === value);
        if (tm === undefined || found.tm !== undefined) return false;
        found.tm = tm;
        return true;
      },
    },
  ],
  [
    "ssn",
    {
      code: "bad-ssn",
      into(found, value) {
        const ssn = SSN.find((known) => known === value);
        if (ssn === undefined || found.ssn !== undefined) return false;
        found.ssn = ssn;
        return true;
      },
    },
  ],
  [
    "troff",
    {
      code: "bad-troff",
      into(found, value) {
        const troff = decimal(value);
        if (troff === undefined || found.troff !== undefined) return false;
        found.troff = troff;
        return true;
      },
    },
  ],
  [
    "tsmode",
    {
      code: "bad-tsmode",
      into(found, value) {
        const tsMode = TSMODE.find((known) => known === value);
        if (tsMode === undefined || found.tsMode !== undefined) return false;
        found.tsMode = tsMode;
        return true;
      },
    },
  ],
  [
    "tsdelay",
    {
      code: "bad-tsdelay",
      into(found, value) {
        const tsDelay = decimal(value);
        if (tsDelay === undefined || found.tsDelay !== undefined) return false;
        found.tsDelay = tsDelay;
        return true;
      },
    },
  ],
]);

function decimal(text: string): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

function bad(
  code: SdpDiagnosticCode,
  offset: number,
  name: string,
  value: string | undefined,
): SdpDiagnostic {
  return warning(code, offset, name, `${name} is bad or repeated: ${JSON.stringify(value ?? "")}`);
}

function warning(
  code: SdpDiagnosticCode,
  offset: number,
  field: string,
  message: string,
): SdpDiagnostic {
  return { code, severity: "warning", offset, field, message };
}

function octet(field: string, value: number): string {
  return `0x${natural(field, value, 255).toString(16).toUpperCase().padStart(2, "0")}`;
}

function natural(field: string, value: number, max: number = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isSafeInteger(value) || value < 0 || value > max) {
    throw new RangeError(`${field}: ${value} is not an integer from 0 to ${max}`);
  }
  return value;
}

function rate({ numerator, denominator }: FrameRate): string {
  if (natural("numerator", numerator) === 0 || natural("denominator", denominator) === 0) {
    throw new RangeError(`exactFrameRate: ${numerator}/${denominator} is no rate`);
  }
  const divisor = gcd(numerator, denominator);
  const [n, d] = [numerator / divisor, denominator / divisor];
  return d === 1 ? `${n}` : `${n}/${d}`;
}

function oneOf<T extends string>(field: string, value: T, known: readonly T[]): T {
  if (!known.includes(value)) throw new RangeError(`${field}: ${value} is not one of ${known}`);
  return value;
}
