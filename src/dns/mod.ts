export type {
  DnsCommand,
  DnsFailure,
  DnsStatistics,
  EndpointSpec,
  ForwarderSpec,
  SandboxSpec,
} from "./server/commands.ts";
export { type DnsServer, type DnsServerEvents, startDnsServer } from "./server/dns-server.ts";
