import type { Violation } from "../../invariants/violation.ts";
import type { Bucket, BucketObject } from "../bucket.ts";
import type { Ledger } from "../ledger.ts";
import type { Found } from "./found.ts";

/** Objects end as their buckets have them, each version is one update, each poison one letter. */
export function objectsKept(
  ledger: Ledger,
  { lake, mail }: { readonly lake: Bucket; readonly mail: Bucket },
  found: Found,
): readonly Violation[] {
  return [
    ...mail.objects.flatMap((object) => asInBucket("mail", object, found)),
    ...(ledger.listedAt === null
      ? []
      : lake.objects.flatMap((object) => asInBucket("lake", object, found))),
    ...versionsOnce(found),
    ...poisonOnce(ledger, found),
  ];
}

function asInBucket(bucket: string, object: BucketObject, found: Found): readonly Violation[] {
  const { key, etag } = object;
  const known = found.objects.find((each) => each.bucket === bucket && each.key === key);
  const isRight = etag === null ? known?.kind !== "changed" : known?.etag === etag;
  if (isRight) return [];
  const invariant = known === undefined ? "I15" : "I13";
  const seen = known === undefined ? "nothing of it" : `${known.kind} ${known.etag ?? ""}`;
  const what = `s3://${bucket}/${key} is ${etag ?? "removed"}, and the store knows ${seen}`;
  return [{ invariant, what, detail: { ...object } }];
}

/** No two writes of a simulated bucket have the same bytes. */
function versionsOnce({ updates }: Found): readonly Violation[] {
  const versions = Map.groupBy(
    updates.filter((each) => each.sourceType === "s3" && each.contentVersion !== null),
    ({ of, sourceKey, contentVersion }) => `${of} ${sourceKey} ${contentVersion}`,
  );
  return [...versions]
    .filter(([, same]) => same.length > 1)
    .map(([version, same]) => ({
      invariant: "I6" as const,
      what: `${version} is ${same.length} updates`,
      detail: { ids: same.map(({ id }) => id) },
    }));
}

function poisonOnce({ poison }: Ledger, { deadLetters }: Found): readonly Violation[] {
  return poison.flatMap((body) => {
    const count = deadLetters.filter((letter) => letter === body).length;
    if (count === 1) return [];
    const what = `the message ${JSON.stringify(body)} is ${count} dead letters`;
    return [{ invariant: "I14" as const, what, detail: { count } }];
  });
}
