import {
  type ClientContract,
  type EngineContract,
  type OperationName,
  openedStream,
  operations,
} from "../../contract/mod.ts";
import { parseInput } from "./parse-input.ts";

/** The engine of this process as a client has it: inputs are text, and read by the same schemas. */
export function connectLocal(engine: EngineContract): ClientContract {
  const names = Object.keys(operations) as readonly OperationName[]; // the table's own keys
  const methods = names.map((name) => {
    const call = (input: unknown): unknown => Reflect.apply(engine[name], engine, [parseInput(name, input)]);
    if (operations[name].kind === "reply") return [name, async (input: unknown) => call(input)] as const;
    const stream = (input: unknown): unknown =>
      openedStream(({ opened }) => {
        const source = call(input) as AsyncIterable<unknown>; // the table says that it is a stream
        opened();
        return source;
      });
    return [name, stream] as const;
  });
  return Object.fromEntries(methods) as unknown as ClientContract; // made after the same table as the type
}
