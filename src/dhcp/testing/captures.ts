import { hex } from "../../lib/mod.ts";

const zeros = (count: number): string => "00".repeat(count);

/** Frames that tcpdump saw between busybox udhcpc 1.35 and dnsmasq 2.90: our own encoders had no part in them. */
export const captures = {
  /** udhcpc asks for 203.0.113.50, which the server 203.0.113.1 offered. */
  request: hex(`
    ffffffffffff02000000000c080045000148000000004011 79a600000000ffffffff004400430134567501010600
    02f7c43b ${zeros(20)} 02000000000c ${zeros(202)} 638253633501033204cb0071323604cb00710139020240370a01
    03060c0f1a1c2a77793c0c756468637020312e33352e303d070102000000000cff ${zeros(5)}`),
  /**
   * dnsmasq gives it: a lease of 120 s with T1 3 s and T2 100 s, MTU 1380, domain lan.example, search list lan.example and dept.lan.example,
   * classless routes 0.0.0.0/0 via 203.0.113.1 and 10.99.0.0/16 via 203.0.113.9. The kernel left its UDP checksum to be made.
   */
  acknowledgement: hex(`
    02000000000c1230ae1db491080045c0017565c30000401 19ac0cb007101cb0071320043004401 6179a702010600
    02f7c43b ${zeros(8)} cb007132cb007101 ${zeros(4)} 02000000000c ${zeros(202)} 6382536335010536
    04cb007101330400000078 3a0400000003 3b0400000064 0104ffffff00 1c04cb0071ff 0304cb007101 0604cb007101
    0f0b6c616e2e6578616d706c65 7714036c616e076578616d706c65000464657074c000
    790c00cb007101100a63cb007109 1a020564 ff`),
};
