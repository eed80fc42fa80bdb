import { type Asked } from "@millrace/postgres";
import { inputInvalid } from "../input/input-invalid.ts";
import { nameNotFound } from "./find-name.ts";

/** Everything that has a name. */
export interface KnownNames {
  readonly pipelines: readonly string[];
  readonly datasets: readonly string[];
  readonly triggers: readonly { readonly pipeline: string; readonly name: string }[];
}

const ID = /^(run|update|event)_([1-9]\d{0,15})$/;
const KIND = /^(pipeline|dataset|trigger):(.*)$/s;

/**
 * What a person means by `run_7`, `update_3`, `event_2`, the name of a pipeline or dataset, or
 * `pipeline/trigger`. Where a name is several of them, `dataset:orders` tells which.
 *
 * @throws {NOT_FOUND} With names that are near, when nothing answers to it.
 * @throws {INPUT_INVALID} When several do.
 */
export function findAsked(typed: string, names: KnownNames): Asked {
  const [, type, id] = ID.exec(typed) ?? [];
  if (type === "run" || type === "update" || type === "event") return { type, id: Number(id) };
  const [, kind = null, bare = typed] = KIND.exec(typed) ?? [];
  const found = candidates(bare, names).filter(({ kind: of }) => kind === null || of === kind);
  const [only] = found;
  if (only === undefined) {
    const all = [...names.pipelines, ...names.datasets];
    throw nameNotFound(kind ?? "pipeline, dataset or trigger", bare, all);
  }
  if (found.length > 1) {
    const texts = found.map(({ text }) => text).join(", ");
    throw inputInvalid("name", [
      `${typed} may be several things: ${texts}. Write the one you mean.`,
    ]);
  }
  return only.asked;
}

interface Candidate {
  readonly kind: "pipeline" | "dataset" | "trigger";
  /** How to write it so that it means nothing else. */
  readonly text: string;
  readonly asked: Asked;
}

function candidates(typed: string, names: KnownNames): readonly Candidate[] {
  const triggers = new Map(names.triggers.map((each) => [`${each.pipeline}/${each.name}`, each]));
  return [
    ...matching(typed, names.pipelines).map((pipeline): Candidate => {
      const asked = { type: "pipeline", pipeline, trigger: null } as const;
      return { kind: "pipeline", text: `pipeline:${pipeline}`, asked };
    }),
    ...matching(typed, names.datasets).map((dataset): Candidate => ({
      kind: "dataset",
      text: `dataset:${dataset}`,
      asked: { type: "dataset", dataset },
    })),
    ...(typed.includes("/") ? matching(typed, [...triggers.keys()]) : []).flatMap(
      (id): Candidate[] => {
        const trigger = triggers.get(id);
        if (trigger === undefined) return [];
        const asked = {
          type: "pipeline",
          pipeline: trigger.pipeline,
          trigger: trigger.name,
        } as const;
        return [{ kind: "trigger", text: `trigger:${id}`, asked }];
      },
    ),
  ];
}

/** The id in full; else that of `default`; else all that end so. */
function matching(typed: string, ids: readonly string[]): readonly string[] {
  if (ids.includes(typed)) return [typed];
  if (ids.includes(`default/${typed}`)) return [`default/${typed}`];
  return ids.filter((id) => id.endsWith(`/${typed}`));
}
