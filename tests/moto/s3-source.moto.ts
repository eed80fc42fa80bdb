/** The cases of sources of objects on another server than ours: `npm run test:moto`. */
import { afterAll, beforeAll, describe } from "vitest";
import { describeEvents, describeListings, type S3Place } from "../sensors/s3-source-cases.ts";
import { type Moto, startMoto } from "./moto.ts";

let moto: Moto;
beforeAll(async () => {
  moto = await startMoto();
});
afterAll(() => moto.stop());

const PLACE: S3Place = {
  start: () => moto.start(),
  // Amazon writes keys in events as in URLs, moto as they are: those that look the same either way.
  keys: ["files/.hidden", "files/a//b", "files/[x]!#", "files/é=1.csv"],
};

describe("events from a queue", () => {
  describeEvents(PLACE);
});
describe("listings", () => {
  describeListings(PLACE);
});
