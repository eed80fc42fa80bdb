import { blobContract } from "@millrace/testing";
import { MemoryBlobStore } from "./memory-blob-store.ts";

blobContract("memory", {
  async create() {
    const store = new MemoryBlobStore();
    return { open: () => store, destroy: async () => {} };
  },
});
