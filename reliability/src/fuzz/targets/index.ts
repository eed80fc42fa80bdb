import type { FuzzTarget } from "../fuzz-target.ts";
import { DEFINITION_TARGETS } from "./definition-targets.ts";
import { INPUT_TARGETS } from "./input-targets.ts";
import { MESSAGE_TARGETS } from "./message-targets.ts";
import { PLACE_TARGETS } from "./place-targets.ts";
import { TIME_TARGETS } from "./time-targets.ts";

/** Everything that text or data from outside reaches first. */
export const TARGETS: readonly FuzzTarget[] = [
  ...PLACE_TARGETS,
  ...TIME_TARGETS,
  ...MESSAGE_TARGETS,
  ...INPUT_TARGETS,
  ...DEFINITION_TARGETS,
];
