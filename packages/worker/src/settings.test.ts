import { namespace, pipeline } from "@millrace/core";
import { definitionOf, type PipelineDefinition } from "@millrace/core/internal";
import * as v from "valibot";
import { expect, test } from "vitest";
import { z } from "zod";
import { readSettings } from "./settings.ts";

type Schema = NonNullable<PipelineDefinition["variables"]>;

/** A pipeline of namespace `flight-ops`, with these variables and the secret `faaKey`. */
function definitionWith(variables?: Schema): PipelineDefinition {
  const options = { secrets: ["faaKey"], ...(variables === undefined ? {} : { variables }) };
  const ops = namespace("flight-ops", options);
  const built = pipeline("p", { namespace: ops }, ({ task }) => void task("t", () => null));
  return definitionOf(built);
}

async function read(
  definition: PipelineDefinition,
  environment: Record<string, string>,
  files: Record<string, string> = {},
) {
  return readSettings([definition], {
    environment,
    readFile: async (path) => {
      const text = files[path];
      if (text === undefined) throw new Error("no such file");
      return text;
    },
  });
}

const shape = {
  zod: z.object({ airport: z.string(), maxRows: z.number(), dry: z.boolean().default(false) }),
  // offers no JSON Schema, so its names come from the environment and its own complaints
  valibot: v.object({
    airport: v.string(),
    maxRows: v.number(),
    dry: v.optional(v.boolean(), false),
  }),
};

test.each(Object.entries(shape))(
  "variables are read as the schema wants them: %s",
  async (_, schema) => {
    const definition = definitionWith(schema);
    const settings = await read(definition, {
      MILLRACE_VAR_FLIGHT_OPS_AIRPORT: "007",
      MILLRACE_VAR_FLIGHT_OPS_MAX_ROWS: "500",
      MILLRACE_VAR_FLIGHT_OPS_DRY: "true",
      MILLRACE_VAR_OTHER_DRY: "nobody asked",
    });
    expect(settings.variablesOf(definition)).toEqual({ airport: "007", maxRows: 500, dry: true });
  },
);

test("what is missing or wrong is named, with the variable that mends it", async () => {
  const reading = read(definitionWith(shape.zod), { MILLRACE_VAR_FLIGHT_OPS_MAX_ROWS: "many" });
  await expect(reading).rejects.toMatchObject({ code: "INPUT_INVALID" });
  await expect(reading).rejects.toThrow("set MILLRACE_VAR_FLIGHT_OPS_AIRPORT");
  await expect(reading).rejects.toThrow("set MILLRACE_VAR_FLIGHT_OPS_MAX_ROWS");
});

test("a variable can lie in a file, whose last line end does not count", async () => {
  const definition = definitionWith(z.object({ airport: z.string() }));
  const environment = { MILLRACE_VAR_FLIGHT_OPS_AIRPORT_FILE: "/run/airport" };
  const settings = await read(definition, environment, { "/run/airport": "JFK\n" });
  expect(settings.variablesOf(definition)).toEqual({ airport: "JFK" });
  await expect(read(definition, environment)).rejects.toThrow("/run/airport, which cannot be read");
});

test("a namespace without variables has none", async () => {
  const definition = definitionWith();
  const settings = await read(definition, { MILLRACE_VAR_FLIGHT_OPS_X: "1" });
  expect(settings.variablesOf(definition)).toEqual({});
});

test("secrets come from the environment or a file, and only declared ones", async () => {
  const definition = definitionWith();
  const direct = await read(definition, { MILLRACE_SECRET_FLIGHT_OPS_FAA_KEY: "s3cret" });
  expect(direct.secretOf(definition, "faaKey")).toBe("s3cret");
  const environment = { MILLRACE_SECRET_FLIGHT_OPS_FAA_KEY_FILE: "/run/faa" };
  const filed = await read(definition, environment, { "/run/faa": "from a file\n" });
  expect(filed.secretOf(definition, "faaKey")).toBe("from a file");
  expect(() => filed.secretOf(definition, "other")).toThrow("is not declared");
});

test("a secret that is not set is an error for who asks for it, and for nobody else", async () => {
  const definition = definitionWith();
  const settings = await read(definition, {});
  expect(() => settings.secretOf(definition, "faaKey")).toThrow(
    "set MILLRACE_SECRET_FLIGHT_OPS_FAA_KEY or MILLRACE_SECRET_FLIGHT_OPS_FAA_KEY_FILE",
  );
});
