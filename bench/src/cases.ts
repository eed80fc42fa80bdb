import type { BenchCase } from "./harness.ts";
import { mapCase } from "./maps/map-case.ts";
import { resolverCase } from "./resolver-case.ts";
import { bulkCase } from "./triggers/bulk-case.ts";
import { historyCase } from "./triggers/history-case.ts";
import { latencyCase } from "./triggers/latency-case.ts";
import { patternsCase, registeredCase } from "./triggers/registered-case.ts";

/** Everything that is measured; add a case here. */
export const CASES: readonly BenchCase[] = [
  resolverCase,
  mapCase,
  bulkCase,
  registeredCase,
  patternsCase,
  historyCase,
  latencyCase,
];
