export * from "./check-state.ts";
export * from "./invariants.ts";
export type { Violation } from "./violation.ts";
export * from "./witness.ts";
