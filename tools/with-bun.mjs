// Runs a TypeScript program of this project with the Bun that package-lock.json pins, installing it first when needed.
// Usage: node tools/with-bun.mjs tools/X.ts [ARGUMENT…]. Plain Node (18 or later), so that a fresh clone needs nothing else.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const bun = join(root, "node_modules", ".bin", "bun");

/** npm writes this file at the end of every install, so a broken one leaves it out or old. */
const installed = join(root, "node_modules", ".package-lock.json");

function isInstalled() {
  if (!existsSync(bun) || !existsSync(installed)) return false;
  return statSync(installed).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs;
}

function install() {
  process.stderr.write("Installing the packages that package-lock.json lists …\n");
  // No package's script runs but Bun's own, below: some npm versions and configurations would skip that one too.
  const options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"];
  const npm = spawnSync("npm", options, { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 });
  if (npm.error !== undefined) return `Cannot run npm: ${npm.error.message}`;
  // npm names registry addresses in its messages; they say nothing about what is wrong here.
  if (npm.status !== 0) {
    return `Cannot install packages with npm ci:\n${npm.stderr.replace(/https?:\/\/\S+/g, "(address)")}`;
  }
  const script = spawnSync(process.execPath, ["install.js"], {
    cwd: join(root, "node_modules", "bun"),
    encoding: "utf8",
  });
  return script.status === 0 ? undefined : `Cannot put Bun in place:\n${script.stderr}`;
}

const problem = isInstalled() ? undefined : install();
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}

const program = spawn(bun, process.argv.slice(2), { stdio: "inherit" });
// The program decides what a signal means, such as taking a demo down first; we only wait for it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => program.kill(signal));
program.on("error", (error) => {
  process.stderr.write(`Cannot run ${bun}: ${error.message}\n`);
  process.exit(1);
});
program.on("exit", (code) => process.exit(code ?? 1));
