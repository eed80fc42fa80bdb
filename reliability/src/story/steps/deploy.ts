import { definitionOf, type HasDefinition } from "@millrace/core/internal";
import type { Client, Step } from "../../sim/plan.ts";
import { ask, insist } from "./asking.ts";
import type { StepKit } from "./step-kit.ts";

export const DEPLOYMENT = "story";

/** The first build is registered before anything else is told. No story can go without it. */
export const FIRST_DEPLOY = "deploy build 1";

export function deployFirst(kit: StepKit, pipelines: readonly HasDefinition[]): Step {
  return {
    atMs: 0,
    label: FIRST_DEPLOY,
    async act(client) {
      await deploy(kit, client, 1, pipelines);
      kit.ledger.registeredAt = client.now();
    },
  };
}

/** The next build; some time later somebody starts the old one once more, which is refused. */
export function deployNext(
  kit: StepKit,
  atMs: number,
  builds: readonly (readonly HasDefinition[])[],
): Step {
  const [first = [], second = []] = builds;
  return {
    atMs,
    label: "deploy build 2",
    async act(client) {
      kit.ledger.build = 2;
      if (!(await deploy(kit, client, 2, second))) return;
      client.count("deployed");
      await client.sleep(2_000);
      await register(kit, client, 1, first);
    },
  };
}

function deploy(
  kit: StepKit,
  client: Client,
  build: number,
  pipelines: readonly HasDefinition[],
): Promise<boolean> {
  return insist(client, async () => {
    const answer = await register(kit, client, build, pipelines);
    return answer !== null;
  });
}

function register(
  { ledger }: StepKit,
  client: Client,
  build: number,
  pipelines: readonly HasDefinition[],
): Promise<unknown> {
  const specs = pipelines.map((each) => definitionOf(each).spec);
  return ask<unknown>(ledger, client, {
    kind: "deploy",
    mark: ledger.nextMark(),
    detail: { build },
    by: () => client.store.register({ name: DEPLOYMENT, build, pipelines: specs }),
  });
}
