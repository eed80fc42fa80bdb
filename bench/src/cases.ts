import type { BenchCase } from "./harness.ts";
import { resolverCase } from "./resolver-case.ts";

/** Everything that is measured; add a case here. */
export const CASES: readonly BenchCase[] = [resolverCase];
