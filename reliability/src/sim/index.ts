export { closeSimulator, play, type PlayOptions } from "./play.ts";
export type * from "./plan.ts";
export type { Counters, Played } from "./played.ts";
export { CALM, type Weather } from "./weather.ts";
