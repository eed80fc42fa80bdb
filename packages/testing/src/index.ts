export * from "./queue-contract.ts";
