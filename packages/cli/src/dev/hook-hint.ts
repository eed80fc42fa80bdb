import type { HookDefinition } from "@millrace/sensors";

const NAMED_MAX = 5;

/** Who sees `dev` run a project with hooks would wait for what is posted to them. */
export function hookHint(hooks: readonly Pick<HookDefinition, "name">[]): string {
  const names = hooks.slice(0, NAMED_MAX).map(({ name }) => name);
  const rest = hooks.length - names.length;
  const all = [...names, ...(rest > 0 ? [`${rest} more`] : [])].join(", ");
  return `not served here: hooks ${all}; start \`millrace intake\` on the same PostgreSQL server`;
}
