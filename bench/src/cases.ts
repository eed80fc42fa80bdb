import { chainCase, diamondCase } from "./engine/chain-case.ts";
import { embeddedCase, reopenCase } from "./engine/embedded-cases.ts";
import { fanOutCase, fanOutCases } from "./engine/fan-out-case.ts";
import { finishBatchCase, finishHistoryCase } from "./engine/finish-cases.ts";
import { processesCase, sleepersCase } from "./engine/processes-case.ts";
import { startCase } from "./engine/start-case.ts";
import { crossingCase, throughputCase } from "./engine/throughput-case.ts";
import { hotCase, walCase } from "./engine/wal-case.ts";
import { bullmqFloor, commitFloor, hopFloor } from "./floors/floor-cases.ts";
import { workerMemoryAfterCase, workerMemoryCase, workerStartCase } from "./engine/worker-cases.ts";
import type { BenchCase, CountCase } from "./harness.ts";
import { mapCase } from "./maps/map-case.ts";
import { PEER_CASES } from "./peers/peer-cases.ts";
import { resolverCase } from "./resolver-case.ts";
import { bulkCase } from "./triggers/bulk-case.ts";
import { compositeCase } from "./triggers/composite-case.ts";
import { insertHistoryCase } from "./triggers/insert-history-case.ts";
import { historyCase } from "./triggers/history-case.ts";
import { latencyCase } from "./triggers/latency-case.ts";
import { patternsCase, registeredCase } from "./triggers/registered-case.ts";

/** Everything that is measured; add a case here. */
export const CASES: readonly (BenchCase | CountCase)[] = [
  resolverCase,
  commitFloor,
  hopFloor,
  bullmqFloor,
  throughputCase,
  crossingCase,
  startCase,
  chainCase,
  diamondCase,
  fanOutCase,
  ...fanOutCases,
  walCase,
  hotCase,
  finishBatchCase,
  finishHistoryCase,
  processesCase,
  sleepersCase,
  workerStartCase,
  workerMemoryCase,
  workerMemoryAfterCase,
  embeddedCase,
  reopenCase,
  mapCase,
  bulkCase,
  registeredCase,
  patternsCase,
  historyCase,
  insertHistoryCase,
  latencyCase,
  compositeCase,
  ...PEER_CASES,
];
