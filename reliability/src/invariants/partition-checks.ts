import type { StateCheck } from "./state-check.ts";

/** The objects of a partition, counted anew. */
const OBJECTS = `
  select count(*) as objects, coalesce(sum((s.state ->> 'bytes')::float8), 0) as bytes,
    count(*) filter (where s.state ->> 'bytes' is null) as size_unknown
  from millrace.object_state s
  where s.dataset_id = p.dataset_id and s.partition = p.partition
    and s.ready_era = p.ready_era and s.state ->> 'kind' = 'changed'`;

/** Partitions of several objects: what is counted as objects come is what is there. */
export const PARTITION_CHECKS: readonly StateCheck[] = [
  {
    invariant: "I1",
    name: "partitions-count-their-objects",
    of: "other",
    phase: "always",
    broken: () => `
      select format('partition %s of dataset %s counts %s objects of %s bytes, and has %s of %s',
          p.partition, p.dataset_id, p.objects, p.bytes, n.objects, n.bytes),
        jsonb_build_object('dataset', p.dataset_id, 'partition', p.partition)
      from millrace.partition_ready p cross join lateral (${OBJECTS}) n
      where (p.objects, p.bytes, p.size_unknown) is distinct from
        (n.objects, n.bytes, n.size_unknown)`,
  },
  {
    invariant: "I1",
    name: "manifests-know-what-is-there",
    of: "other",
    phase: "always",
    broken: () => `
      select format('the manifest of partition %s of dataset %s misses %s of %s keys, and not %s of %s',
          p.partition, p.dataset_id, p.absent_count, p.listed_count, n.absent, n.keys),
        jsonb_build_object('dataset', p.dataset_id, 'partition', p.partition)
      from millrace.partition_ready p cross join lateral (
        select count(*) as keys, count(*) filter (where not o.is_there) as absent,
          count(*) filter (where l.is_there <> o.is_there) as wrong
        from millrace.partition_listed l cross join lateral (
          select exists (
            select from millrace.object_state s
            where s.dataset_id = p.dataset_id and s.partition = p.partition and s.key = l.key
              and s.ready_era = p.ready_era and s.state ->> 'kind' = 'changed'
          ) as is_there
        ) o where l.partition_id = p.id
      ) n
      where p.listed_count is not null
        and (n.wrong > 0 or (p.listed_count, p.absent_count) <> (n.keys, n.absent))`,
  },
];
