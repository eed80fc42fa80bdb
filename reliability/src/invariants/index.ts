export * from "./check-state.ts";
export * from "./invariants.ts";
export * from "./witness.ts";
