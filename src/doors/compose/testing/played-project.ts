import { directClient, FakeEngine } from "../../testing/mod.ts";
import { applyUp } from "../apply/mod.ts";
import { readText } from "../compose-fixture.ts";
import type { ComposeProject } from "../mod.ts";
import { formatStep, type Observed, type Plan, planUp, type UpOptions } from "../plan/mod.ts";

/** An engine that only keeps books, for projects to be brought up on. */
export class PlayedEngine {
  readonly engine = new FakeEngine();
  readonly client = directClient(this.engine);

  async observe(): Promise<Observed> {
    return { networks: await this.client.listNetworks({}), sandboxes: await this.client.listSandboxes({}) };
  }

  async plan(project: ComposeProject | string, options: Partial<UpOptions> = {}): Promise<Plan> {
    const read = typeof project === "string" ? readText(project) : project;
    return planUp(read, await this.observe(), { removeOrphans: false, wait: false, ...options });
  }

  async up(project: ComposeProject | string, options: Partial<UpOptions> = {}): Promise<void> {
    await applyUp(await this.plan(project, options), {
      client: this.client,
      keep: false,
      interrupted: new AbortController().signal,
      report: () => undefined,
    });
  }
}

/** The plan as it is printed, a line a step, and `! ` before its warnings. */
export function printed({ steps, warnings }: Plan): readonly string[] {
  return [...steps.map(formatStep), ...warnings.map((warning) => `! ${warning}`)];
}
