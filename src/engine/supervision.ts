import type { ProcessRecord } from "../model/mod.ts";
import type { EngineContext } from "./context.ts";
export function superviseSandboxes(_context: EngineContext, _records: readonly ProcessRecord[]): Disposable {
  return { [Symbol.dispose]() {} };
}
