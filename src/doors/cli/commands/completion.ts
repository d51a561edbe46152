import { defineCommand } from "../command.ts";
import { completionScripts, type Shell, shells } from "../completion/scripts.ts";
import { operand } from "../operand.ts";

export const completion = defineCommand({
  name: "completion",
  summary: "Print a script with which a shell completes this program's commands, options and names",
  details: "Names of networks and sandboxes come from the daemon, when one runs.",
  options: {},
  operands: { shell: operand.one("bash|zsh|fish", parseShell, shells) },
  daemon: "none",
  examples: [
    { line: "weft completion bash > /etc/bash_completion.d/weft", says: "For everybody's bash" },
    { line: "weft completion zsh > /usr/share/zsh/vendor-completions/_weft", says: "For everybody's zsh" },
    { line: "weft completion fish | source", says: "For this fish" },
  ],
  async run({ options, operands, out }) {
    const script = completionScripts[operands.shell];
    if (options.json) out.json({ shell: operands.shell, script });
    else out.text(script);
  },
});

function parseShell(text: string): Shell {
  const found = shells.find((shell) => shell === text);
  if (found === undefined) throw new SyntaxError(`want ${shells.join(", ")}`);
  return found;
}
