import { describe, expect, test } from "vitest";
import {
  cloudEventsHook,
  eventBridgeHook,
  hookDefinitionProblems,
  isHook,
  jsonHook,
  minioHook,
  snsHook,
} from "./define-hook.ts";
import { type SecretsSource, readHookSecrets } from "./read-hook-secrets.ts";

const TOPIC = "arn:aws:sns:eu-central-1:111122223333:landing";
const EVENT = { type: "event", name: "orders.changed" } as const;
const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const TOKEN = "a-token-made-by-chance";
const orders = jsonHook({ name: "orders", secrets: ["A_SECRET", "B_SECRET"], becomes: EVENT });

test("every kind can be declared, and is known as a hook that nobody changes", () => {
  const tokens = ["A_TOKEN"];
  const hooks = [
    snsHook({ name: "landing", topics: [TOPIC], becomes: "objects" }),
    eventBridgeHook({ name: "bus", tokens, tokenHeader: "x-api-key", becomes: "objects" }),
    minioHook({ name: "lake", tokens }),
    cloudEventsHook({ name: "events", tokens, rules: [{ type: "*", becomes: EVENT }] }),
    orders,
  ];
  expect(hooks.map(({ kind }) => kind)).toEqual([
    "sns",
    "eventbridge",
    "minio",
    "cloudevents",
    "json",
  ]);
  expect(hooks.every((hook) => isHook(hook) && Object.isFrozen(hook))).toBe(true);
  expect([isHook(null), isHook({ ...orders, name: "copy" }), isHook({ kind: "json" })]).toEqual([
    false,
    true,
    false,
  ]);
  expect(hookDefinitionProblems(hooks)).toEqual([]);
});

test.each([
  [() => jsonHook({ name: "Orders", secrets: ["A"], becomes: EVENT }), /its name must be/],
  [() => jsonHook({ name: "orders", secrets: [], becomes: EVENT }), /it has no secret/],
  [() => jsonHook({ name: "orders", secrets: [SECRET], becomes: EVENT }), /names of environment/],
  [() => minioHook({ name: "lake", tokens: [] }), /it needs a token/],
  [() => minioHook({ name: "lake", tokens: ["lower"] }), /names of environment variables/],
  [() => minioHook({ name: "lake", tokens: ["A"], tokenHeader: "x key" }), /no name of a header/],
  [() => minioHook({ name: "lake", tokens: ["A"], user: "a:b" }), /has a colon/],
  [() => snsHook({ name: "s", topics: ["landing"], becomes: "objects" }), /no ARN/],
  [
    () => jsonHook({ name: "o", secrets: ["A"], becomes: { ...EVENT, data: "day" } }),
    /must begin with \//,
  ],
])("a mistake is refused where it is written: %s", (declare, problem) => {
  expect(declare).toThrow(problem);
});

test("a secret that was written down instead of its variable is not repeated", () => {
  expect(() => jsonHook({ name: "orders", secrets: [SECRET], becomes: EVENT })).not.toThrow(SECRET);
});

test("two hooks of one name are refused", () => {
  expect(hookDefinitionProblems([orders, orders])).toEqual([
    "There are two hooks orders; rename one.",
  ]);
});

describe("secrets", () => {
  const source = (
    environment: Record<string, string>,
    files: Record<string, string> = {},
  ): SecretsSource => ({
    environment,
    readFile: (path) =>
      Object.hasOwn(files, path)
        ? Promise.resolve(files[path] ?? "")
        : Promise.reject(new Error("ENOENT")),
  });

  test("come from the environment, or from the file that it names", async () => {
    const environment = { A_SECRET: SECRET, B_SECRET: "", B_SECRET_FILE: "/run/b" };
    const read = await readHookSecrets([orders], source(environment, { "/run/b": `${SECRET}\n` }));
    expect(read).toMatchObject([{ name: "orders", secrets: [SECRET, SECRET] }]);
  });

  test.each([
    [{ A_SECRET: SECRET }, /B_SECRET is not set; set it or B_SECRET_FILE/],
    [{ A_SECRET: SECRET, B_SECRET_FILE: "/gone" }, /B_SECRET_FILE names no readable file/],
    [{ A_SECRET: "whsec_c2hvcnQ=", B_SECRET: SECRET }, /A_SECRET has 5 bytes and needs 24 to 64/],
    [{}, /- Hook orders: A_SECRET is not set.*\n- Hook orders: B_SECRET is not set/],
  ])("that are missing or unfit are all named: %j", async (environment, issue) => {
    await expect(readHookSecrets([orders], source(environment))).rejects.toThrow(issue);
  });

  test.each(["short", " spaces-around-a-token ", "ünverständlicher-token"])(
    "that no header could carry, or that are guessed, are no tokens: %s",
    async (token) => {
      const lake = minioHook({ name: "lake", tokens: ["LAKE"] });
      const reading = readHookSecrets([lake], source({ LAKE: token }));
      await expect(reading).rejects.toThrow(/Hook lake: LAKE (has less|must be visible)/);
      await expect(reading).rejects.not.toThrow(token);
      const read = await readHookSecrets([lake], source({ LAKE: TOKEN }));
      expect(read).toMatchObject([{ tokens: [TOKEN] }]);
    },
  );
});
