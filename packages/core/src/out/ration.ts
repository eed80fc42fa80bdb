import type { OutItem, OutQuota } from "../ports/outbox.ts";

type Keyed = Pick<OutItem, "key" | "message">;

/**
 * What of some items a subscriber is told, in order: those that their quotas leave room for, and
 * instead of the others, once, that there are more.
 *
 * @param told - Keys of what it was told within the last hour.
 */
export function rationed(told: readonly string[], items: readonly OutItem[]): readonly Keyed[] {
  const keys = new Set(told);
  return items.flatMap(({ key, message, quotas = [] }) => {
    const chosen = quotas.reduce<Keyed>((item, quota) => within(quota, item, keys), {
      key,
      message,
    });
    if (keys.has(chosen.key)) return [];
    keys.add(chosen.key);
    return [chosen];
  });
}

function within({ prefix, max, rest }: OutQuota, item: Keyed, keys: ReadonlySet<string>): Keyed {
  if (keys.has(item.key)) return item;
  const count = [...keys].filter((key) => key.startsWith(prefix)).length;
  return count < max ? item : rest;
}
