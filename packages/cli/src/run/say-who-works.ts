import type { CommandContext } from "../command-context.ts";

/** With the embedded database nobody works on what a command has set going, until somebody does. */
export function sayWhoWorks({ services, terminal }: CommandContext): void {
  if ("url" in services.database) return;
  terminal.say("What it starts runs when `millrace dev` or `millrace run` does.");
}
