// FC_RUNS=20000 turns every property test into a long one; failures print seed and path.
import fc from "fast-check";

fc.configureGlobal({ numRuns: Number(process.env.FC_RUNS ?? 100) });
