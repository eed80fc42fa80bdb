export { closeSimulator, play } from "./play.ts";
export type * from "./plan.ts";
