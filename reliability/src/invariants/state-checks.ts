import { DELIVERY_CHECKS } from "./delivery-checks.ts";
import { FACT_CHECKS } from "./fact-checks.ts";
import { LIMIT_CHECKS } from "./limit-checks.ts";
import { PARTITION_CHECKS } from "./partition-checks.ts";
import { REST_CHECKS } from "./rest-checks.ts";
import { RUN_CHECKS } from "./run-checks.ts";
import type { StateCheck } from "./state-check.ts";
import { TASK_CHECKS } from "./task-checks.ts";
import { WAIT_CHECKS } from "./wait-checks.ts";

/** Every law about the tables. */
export const STATE_CHECKS: readonly StateCheck[] = [
  ...TASK_CHECKS,
  ...RUN_CHECKS,
  ...DELIVERY_CHECKS,
  ...FACT_CHECKS,
  ...WAIT_CHECKS,
  ...LIMIT_CHECKS,
  ...PARTITION_CHECKS,
  ...REST_CHECKS,
];
