import { NftClient, NftTransaction } from "../../src/kernel/nftables/mod.ts";
import { openConnection } from "../../src/netlink/connection/mod.ts";
import { openNetns } from "../../src/sys/mod.ts";

/** Where the thread works, and the number in shared memory that ends it when it is no longer 0. */
export interface MeddlerOrder {
  readonly netnsPath: string;
  readonly stop: SharedArrayBuffer;
}

declare const self: Worker;

/** A thread that changes rulesets without a pause, so that it interrupts every dump that takes a while. */
self.onmessage = ({ data: { netnsPath, stop } }: MessageEvent<MeddlerOrder>) => {
  using netns = openNetns(netnsPath);
  using connection = openConnection({ protocol: "netfilter", netns });
  const client = new NftClient(connection);
  const table = { family: "inet", name: "x" } as const;
  const flag = new Int32Array(stop);
  while (Atomics.load(flag, 0) === 0) {
    client.commit(new NftTransaction(table).addTable());
    client.commit(new NftTransaction(table).deleteTable());
  }
  self.postMessage("done");
};
