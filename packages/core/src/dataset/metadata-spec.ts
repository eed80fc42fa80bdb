import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { MetadataSpec } from "../spec/dataset-spec.ts";
import { accepts, isStandardSchema, jsonSchemaOf } from "./json-schema.ts";

const NOT_A_SCHEMA = "its metadata is no Standard Schema; use e.g. z.object({ … })";
const ASYNC =
  "its metadata schema validates asynchronously, which a commit cannot wait for; " +
  "make it synchronous";

/** The metadata schema as data. An update that says nothing of its metadata has `{}`. */
export function toMetadataSpec(schema: StandardSchemaV1, problems: string[]): MetadataSpec {
  if (!isStandardSchema(schema)) {
    problems.push(NOT_A_SCHEMA);
    return { schema: null, required: false };
  }
  const answer = accepts(schema, {});
  if (answer === "async") problems.push(ASYNC);
  return { schema: jsonSchemaOf(schema, "output"), required: answer !== true };
}
