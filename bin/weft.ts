// The launcher of programs, which nobody types: first, and all else is imported later, because it starts before every program.
if (process.argv[2] === "launch") {
  const { launchFromDescriptors } = await import("../src/processes/launch.ts");
  launchFromDescriptors();
}

// Nobody types this either: the daemon starts it, and it outlives the daemon.
if (process.argv[2] === "port-proxy") {
  const { runPortProxy } = await import("../src/engine/port-proxy/serve.ts");
  await runPortProxy(process.argv[3] ?? "");
  await new Promise(() => {});
}

// Looks after a topology's processes. Nobody types it either: `weft up` starts it.
if (process.argv[2] === "keep-topology") {
  const { serveKeeper } = await import("../src/topology/processes/mod.ts");
  process.exit(await serveKeeper(process.argv[3] ?? "", process.argv[4] ?? ""));
}

// A container runtime calls plugins without words, under our name or a reference plugin's, and waits for each.
if (process.argv.length === 2) {
  const calledAs = process.argv0.slice(process.argv0.lastIndexOf("/") + 1);
  const isLink = /^(bridge|ptp|macvlan|host-local|loopback|portmap|firewall|bandwidth|tuning|sbr)$/.test(calledAs);
  if (isLink || process.env["CNI_COMMAND"] !== undefined) {
    const { actAsPlugin } = await import("./cni-plugin.ts");
    await actAsPlugin(calledAs);
  }
}

const { createCliHost } = await import("./cli-host.ts");
const { runCommandLine } = await import("../src/doors/cli/mod.ts");
process.exit(await runCommandLine(createCliHost()));

export {};
