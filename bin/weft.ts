// The launcher of programs, which nobody types: first, and all else is imported later, because it starts before every program.
if (process.argv[2] === "launch") {
  const { launchFromDescriptors } = await import("../src/engine/processes/launch.ts");
  launchFromDescriptors();
}

const { createCliHost } = await import("./cli-host.ts");
const { runCommandLine } = await import("../src/doors/cli/mod.ts");
process.exit(await runCommandLine(createCliHost()));

export {};
