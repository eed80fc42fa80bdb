import {
  type ObjectState,
  type ObservedObject,
  present,
  type ReadySpec,
} from "@millrace/core/internal";
import { sql } from "kysely";
import { isNamed } from "./is-named.ts";
import { lockNames } from "./lock-names.ts";
import { records } from "./records.ts";
import type { Tx } from "./transact.ts";

/** What is known of an object, under the lock of its key. */
export interface KnownObject {
  readonly datasetId: number | null;
  readonly state: ObjectState | null;
  /** When a partition of its dataset is complete; null: each object is an update. */
  readonly rule: ReadySpec | null;
  /** Which of the dataset's rules that is, counted from when there was none. */
  readonly era: number;
  /** The partition that it has been counted to by that rule. */
  readonly partition: string | null;
}

/** Of a dataset that is not registered. */
export const UNKNOWN_OBJECT: KnownObject = {
  datasetId: null,
  state: null,
  rule: null,
  era: 0,
  partition: null,
};

const COLUMNS = "dataset text, bucket text, key text";

/** The locks also cover keys that have no state yet. */
export async function lockStates(
  tx: Tx,
  items: readonly ObservedObject[],
): Promise<Map<string, KnownObject>> {
  const keys = new Map(items.map((item) => [stateKey(item), item]));
  const wanted = [...keys.values()].map(({ dataset, bucket, key }) => ({ dataset, bucket, key }));
  await lockNames(tx, "object", [...keys.keys()]);
  const { rows } = await sql<{
    dataset: string;
    bucket: string;
    key: string;
    id: number;
    rule: ReadySpec | null;
    era: number;
    partition: string | null;
    state: ObjectState | null;
  }>`select x.dataset, x.bucket, x.key, d.id, d.spec -> 'ready' as rule, d.ready_era as era,
       case when s.ready_era = d.ready_era then s.partition end as partition, s.state
     from ${records(wanted, COLUMNS)}
     join millrace.dataset d on ${isNamed("d", sql`x.dataset`)}
     left join millrace.object_state s
       on s.dataset_id = d.id and s.bucket = x.bucket and s.key = x.key`.execute(tx);
  return new Map(
    rows.map((row) => {
      const { id: datasetId, rule, era, partition, state } = row;
      return [stateKey(row), { datasetId, rule, era, partition, state }];
    }),
  );
}

export async function saveStates(
  tx: Tx,
  states: ReadonlyMap<string, KnownObject>,
  changed: ReadonlySet<string>,
): Promise<void> {
  if (changed.size === 0) return;
  const rows = [...changed].toSorted().map((text) => {
    const [dataset, bucket, key] = JSON.parse(text) as string[];
    const { state, partition, era } = present(states.get(text));
    const ready_era = partition === null ? null : era;
    return { dataset, bucket, key, state: present(state), partition, ready_era };
  });
  const columns = `${COLUMNS}, state jsonb, partition text, ready_era int`;
  await sql`
    insert into millrace.object_state (dataset_id, bucket, key, state, partition, ready_era)
    select d.id, x.bucket, x.key, x.state, x.partition, x.ready_era
    from ${records(rows, columns)}
    join millrace.dataset d on ${isNamed("d", sql`x.dataset`)}
    on conflict (dataset_id, bucket, key) do update set state = excluded.state,
      partition = excluded.partition, ready_era = excluded.ready_era`.execute(tx);
}

export function stateKey(of: { dataset: string; bucket: string; key: string }): string {
  return JSON.stringify([of.dataset, of.bucket, of.key]);
}
