import type { FuzzTarget } from "../fuzz-target.ts";
import { DEFINITION_TARGETS } from "./definition-targets.ts";
import { PLACE_TARGETS } from "./place-targets.ts";
import { TIME_TARGETS } from "./time-targets.ts";

/** Everything that text or data from outside reaches first. */
export const TARGETS: readonly FuzzTarget[] = [
  ...PLACE_TARGETS,
  ...TIME_TARGETS,
  ...DEFINITION_TARGETS,
];
