// FC_RUNS=20000 turns every property test into a long one, FC_SEED=random looks elsewhere each time. By default a run is
// repeatable: a test that fails fails again. Failures print seed and path.
import fc from "fast-check";

const { FC_RUNS = "100", FC_SEED = "291" } = process.env;

fc.configureGlobal({
  numRuns: Number(FC_RUNS),
  ...(FC_SEED === "random" ? {} : { seed: Number(FC_SEED) }),
});
