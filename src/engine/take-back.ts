import type { EngineContext } from "./context.ts";

/**
 * Takes back what a failed change has begun. Why the change failed is what its caller is told; what could not be taken back
 * besides is the log's, and the next start clears it away.
 */
export async function takeBack(
  { log }: Pick<EngineContext, "log">,
  what: string,
  body: () => Promise<unknown>,
): Promise<void> {
  try {
    await body();
  } catch (error) {
    log("error", `Cannot take back ${what}: ${error instanceof Error ? error.message : error}`);
  }
}
