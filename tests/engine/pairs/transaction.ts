import type { Database, Store } from "@millrace/postgres";
import type { Story } from "./story.ts";

/** One transaction of the engine, or the few that one call of the store is made of. */
export interface Transaction {
  readonly name: string;
  act(store: Store, story: Story, database: Database): Promise<unknown>;
}
