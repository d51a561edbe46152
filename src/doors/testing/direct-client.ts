import {
  type ClientContract,
  type EngineContract,
  type OperationName,
  openedStream,
  operations,
} from "../../contract/mod.ts";
import { parseInput } from "../http/mod.ts";

/** The engine as its clients see it, without a wire between: inputs are parsed, nothing else. */
export function directClient(engine: EngineContract): ClientContract {
  const methods = (Object.keys(operations) as readonly OperationName[]).map((name) => {
    const call = (input: unknown): unknown => {
      if (operations[name].kind === "stream") {
        const stream = Reflect.apply(engine[name], engine, [parseInput(name, input)]);
        return openedStream(({ opened }) => {
          opened();
          return stream as AsyncIterable<unknown>;
        });
      }
      return (async () => Reflect.apply(engine[name], engine, [parseInput(name, input)]))();
    };
    return [name, call] as const;
  });
  return Object.fromEntries(methods) as unknown as ClientContract; // made after the same table as the type
}
