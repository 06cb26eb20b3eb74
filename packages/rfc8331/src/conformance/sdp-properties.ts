import fc from "fast-check";
import type {
  ConformanceParameters,
  PropertyRunner,
  Rfc8331Implementation,
} from "./implementation.js";
import { equal } from "./verdict.js";

/** Media type parameters. */
export function sdpProperties(
  { parseFmtp }: Rfc8331Implementation,
  { describe, test, property }: PropertyRunner,
): void {
  if (parseFmtp === undefined) return;
  const byte = fc.integer({ min: 0, max: 0xff });
  const pairs = fc.array(fc.record({ did: byte, sdid: byte }), { maxLength: 6 });
  const blanks = fc.constantFrom("", " ", "  ");

  describe("media type parameters", () => {
    property(
      "RFC 8331 3.1: DID_SDID may repeat, with hex digits of either case and blanks around the semicolons",
      fc.tuple(pairs, blanks, fc.boolean(), fc.boolean()),
      ([didSdid, blank, upper, trailing]) => {
        const text = didSdid
          .map(({ did, sdid }) => `DID_SDID={${hex(did, upper)},${hex(sdid, !upper)}}`)
          .join(`${blank};${blank}`);
        const { parameters, diagnostics } = parseFmtp(trailing && text !== "" ? `${text};` : text);
        equal(
          parameters.didSdid.map(({ did, sdid }) => [did, sdid]),
          didSdid.map(({ did, sdid }) => [did, sdid]),
        );
        equal(diagnostics.length, 0);
      },
    );
    property(
      "RFC 8331 3.1, ST 2110-40: names of parameters have no case, and all values are read",
      fc.tuple(byte, fc.nat(), fc.constantFrom("NEW", "SAMP", "PRES"), fc.nat(), fc.boolean()),
      ([vpid, troff, mode, delay, lower]) => {
        const name = (text: string): string => (lower ? text.toLowerCase() : text.toUpperCase());
        const text = [
          `${name("VPID_Code")}=${vpid}`,
          `${name("exactframerate")}=60000/1001`,
          `${name("TM")}=LLTM`,
          `${name("SSN")}=ST2110-40:2021`,
          `${name("TROFF")}=${troff}`,
          `${name("TSMODE")}=${mode}`,
          `${name("TSDELAY")}=${delay}`,
        ].join(";");
        const { parameters, diagnostics } = parseFmtp(text);
        equal(values(parameters), [
          vpid,
          60000,
          1001,
          "LLTM",
          "ST2110-40:2021",
          troff,
          mode,
          delay,
        ]);
        equal(diagnostics.length, 0);
      },
    );
    property(
      "a bad value is left out and named, and the others stay",
      fc.tuple(
        fc.constantFrom(
          ["DID_SDID={0x161,0x02}", "bad-did-sdid"],
          ["DID_SDID={0x61}", "bad-did-sdid"],
          ["DID_SDID={61,02}", "bad-did-sdid"],
          ["exactframerate=25.0", "bad-exactframerate"],
          ["exactframerate=0", "bad-exactframerate"],
          ["TM=ctm", "bad-tm"],
          ["SSN=ST2110-40:2023", "bad-ssn"],
          ["TROFF=-1", "bad-troff"],
          ["TSMODE=new", "bad-tsmode"],
          ["TSDELAY=", "bad-tsdelay"],
        ),
        byte,
        fc.boolean(),
      ),
      ([[bad = "", code = ""], vpid, first]) => {
        const good = `VPID_Code=${vpid}`;
        const { parameters, diagnostics } = parseFmtp(first ? `${bad};${good}` : `${good};${bad}`);
        equal(values(parameters), [vpid, null, null, null, null, null, null, null]);
        equal([parameters.didSdid.length, diagnostics.map((one) => one.code)], [0, [code]]);
      },
    );
    test("ST 2110-40: SSN goes with TM, and its later form with exactframerate", () => {
      const codes = (text: string): string[] => parseFmtp(text).diagnostics.map(({ code }) => code);
      equal(codes("SSN=ST2110-40:2018"), []);
      equal(codes("SSN=ST2110-40:2021;TM=CTM;exactframerate=25"), []);
      equal(codes("SSN=ST2110-40:2018;TM=CTM"), ["ssn-tm-mismatch"]);
      equal(codes("SSN=ST2110-40:2021"), ["missing-exactframerate", "ssn-tm-mismatch"]);
    });
    property("any text gives a result", fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      parseFmtp(text);
      parseFmtp(`DID_SDID={0x61,${text}};constructor=1;__proto__=2;${text}`);
    });
  });
}

function hex(value: number, upper: boolean): string {
  const text = value.toString(16);
  return `0x${upper ? text.toUpperCase().padStart(2, "0") : text}`;
}

function values(parameters: ConformanceParameters): unknown[] {
  const { vpidCode, exactFrameRate, tm, ssn, troff, tsMode, tsDelay } = parameters;
  const { numerator, denominator } = exactFrameRate ?? {};
  return [vpidCode, numerator, denominator, tm, ssn, troff, tsMode, tsDelay].map((v) => v ?? null);
}
