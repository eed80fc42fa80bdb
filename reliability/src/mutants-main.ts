/** Plants known bugs into copies of the shipped code, and says which proof caught each. */
import { parseArgs } from "node:util";
import { catchTable } from "./mutants/catch-table.ts";
import { type Catch, hunt } from "./mutants/hunt.ts";
import { MUTANTS } from "./mutants/list.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    seeds: { type: "string", default: "300" },
    seed: { type: "string", default: "1" },
    jobs: { type: "string", default: "2" },
    json: { type: "boolean", default: false },
  },
});

const mutants = MUTANTS.filter(({ name }) => values.only === undefined || name === values.only);
if (mutants.length === 0) {
  const names = MUTANTS.map(({ name }) => `"${name}"`).join(", ");
  throw new Error(`There is no mutant "${values.only}". There are ${names}.`);
}
const options = {
  seeds: Number(values.seeds),
  firstSeed: Number(values.seed),
  jobs: Number(values.jobs),
};

const catches: Catch[] = [];
for (const mutant of mutants) {
  const caught = await hunt(mutant, options);
  catches.push(caught);
  process.stderr.write(
    caught.by === null
      ? `${mutant.name}: NOT CAUGHT (${caught.what})\n`
      : `${mutant.name}: ${caught.invariants.join(" ")} at seed ${caught.seed}\n`,
  );
}
process.stdout.write(values.json ? `${JSON.stringify({ catches })}\n` : `${catchTable(catches)}\n`);
process.exitCode = catches.every(({ by }) => by !== null) ? 0 : 1;
