/** A Docker plugin that passes everything on to another, and sums up how long that takes. */
export interface PluginMeter extends AsyncDisposable {
  readonly socket: string;
  /** Milliseconds spent in the other since the last time it was asked. */
  take(): number;
}

export function meterPlugin(socket: string, target: string): PluginMeter {
  let spentMs = 0;
  const server = Bun.serve({
    unix: socket,
    fetch: async (request) => {
      const body = await request.text();
      const { pathname } = new URL(request.url, "http://plugin");
      const startedMs = performance.now();
      const answer = await fetch(`http://plugin${pathname}`, { unix: target, method: "POST", body });
      const text = await answer.text();
      spentMs += performance.now() - startedMs;
      return new Response(text, { status: answer.status });
    },
  });
  return {
    socket,
    take() {
      const taken = spentMs;
      spentMs = 0;
      return taken;
    },
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

/** A Docker network driver that does nothing: what is left of an operation is dockerd's own. */
export function servePluginOfNothing(socket: string): AsyncDisposable {
  const answers: Readonly<Record<string, object>> = {
    "/Plugin.Activate": { Implements: ["NetworkDriver"] },
    "/NetworkDriver.GetCapabilities": { Scope: "local", ConnectivityScope: "local" },
    "/NetworkDriver.Join": { DisableGatewayService: true },
  };
  const server = Bun.serve({
    unix: socket,
    fetch: async (request) => {
      await request.text();
      return Response.json(answers[new URL(request.url, "http://plugin").pathname] ?? {});
    },
  });
  return { [Symbol.asyncDispose]: () => server.stop(true) };
}
