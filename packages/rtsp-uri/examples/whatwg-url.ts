// The conformance suite run on the platform's `URL`, which many clients use to resolve control attributes.
// The package's own conformance test prints the list.
import { conformanceSuite, type RtspUriImplementation } from "../src/conformance.js";

/** `URL` behind the suite's interface; it has no candidates and no retries, so those properties are not stated. */
export const whatwg: RtspUriImplementation = {
  resolveReference: (base, reference) => new URL(reference, base).href,
};

/** One line for each property that `implementation` fails, with its smallest counterexample. */
export function deviations(implementation: RtspUriImplementation): string[] {
  const lines: string[] = [];
  conformanceSuite(implementation, {
    describe: (_name, body) => body(),
    test(name, body) {
      try {
        body();
      } catch (error) {
        const reason = error instanceof Error ? String(error.cause ?? error) : String(error);
        lines.push(`${name}\n    ${reason.split("\n")[0]}`);
      }
    },
  });
  return lines;
}
