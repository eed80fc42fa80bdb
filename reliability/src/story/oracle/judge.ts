import { definitionOf, pipelineId, type PipelineSpec } from "@millrace/core/internal";
import type { Violation } from "../../invariants/violation.ts";
import type { Rest } from "../../sim/plan.ts";
import { NOWHERE, type Story } from "../story.ts";
import { completedOnce } from "./completed-once.ts";
import { consumedOnce } from "./consumed-once.ts";
import { find } from "./found.ts";
import { objectsKept } from "./objects-kept.ts";
import { receivedOnce } from "./received-once.ts";
import { slotsFired } from "./slots-fired.ts";
import { stepsKept } from "./steps-kept.ts";
import { tellCounts } from "./tell-counts.ts";
import { toldOnce } from "./told-once.ts";

/** What was intended against what is there, by rules that know nothing of the engine's own. */
export async function judge(story: Story, rest: Rest): Promise<readonly Violation[]> {
  const { ledger } = story;
  const found = await find(rest.database);
  tellCounts(ledger, found, rest.count);
  const [first = [], second = []] = [1, 2].map((build) => specsOf(story, build));
  const later = new Set(second.map(pipelineId));
  const staying = first.filter((spec) => ledger.build === 1 || later.has(pipelineId(spec)));
  return [
    ...toldOnce(ledger, found),
    ...consumedOnce(staying, found),
    ...receivedOnce(ledger, found),
    ...completedOnce(ledger, [...first, ...second], found),
    ...stepsKept(ledger, found),
    ...objectsKept(ledger, story, found),
    ...(story.cast.families.has("timed") ? slotsFired(ledger, found, rest.now) : []),
  ];
}

function specsOf(story: Story, build: number): readonly PipelineSpec[] {
  return story.pipelines(build, NOWHERE).map((each) => definitionOf(each).spec);
}
