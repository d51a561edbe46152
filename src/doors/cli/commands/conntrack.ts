import type { Names } from "../../../insight/place/mod.ts";
import { type FlowEnd, type FlowView, viewFlows, watchFlowViews } from "../../../insight/state/mod.ts";
import { defineCommand, type World } from "../command.ts";
import { option } from "../option.ts";
import { printable } from "../printable.ts";
import {
  choosePlace,
  enterPlace,
  type NamedPlace,
  placeDetails,
  placeOperand,
  placeOption,
  readNames,
} from "../values/place.ts";

/** What the daemon calls things is asked again after this. */
const NAMES_FRESH_MS = 1000;

export const conntrack = defineCommand({
  name: "conntrack",
  summary: "List the connections that a namespace's firewall follows, or watch them come and go",
  details: `A flow is shown as its first packet came; ANSWERED BY is who really answers, and SEEN AS what that one sees of the source, where the firewall translates addresses. Names stand in place of addresses. A namespace whose firewall asks for no state follows nothing. ${placeDetails}`,
  options: {
    in: placeOption,
    watch: option.flag("Print the flows that there are, and then what becomes of them, a line each, until Ctrl-C", {
      short: "w",
    }),
    numeric: option.flag("Addresses instead of names; JSON has both", { short: "n" }),
  },
  operands: { place: placeOperand },
  daemon: "ask",
  examples: [
    { line: "weft conntrack", says: "The flows of this namespace" },
    {
      line: "weft conntrack --watch",
      says: "current: those that there are; then new, update, destroy: what becomes of them",
    },
    { line: "weft conntrack webapp --json", says: "Of a sandbox with rules of its own, for programs" },
  ],
  async run({ options, operands, client, out, host }) {
    using place = await enterPlace({ client, host }, choosePlace(options.in, operands.place));
    const { numeric, json } = options;
    if (options.watch) return watch(place, { client, out, host, json, numeric });
    const flows = viewFlows(place, place.names);
    if (json) return out.json(flows);
    out.table(flows, {
      PROTO: ({ protocol }) => String(protocol),
      STATE: formatState,
      SOURCE: ({ original }) => formatFlowEnd(original.source, numeric),
      DESTINATION: ({ original }) => formatFlowEnd(original.destination, numeric),
      "ANSWERED BY": (flow) => translated(flow, numeric).answeredBy ?? "-",
      "SEEN AS": (flow) => translated(flow, numeric).seenAs ?? "-",
      "ENDS IN": ({ timeoutSeconds }) => (timeoutSeconds === undefined ? "-" : `${timeoutSeconds} s`),
      MARK: ({ mark }) => (mark === 0 ? "-" : `0x${mark.toString(16)}`),
    });
  },
});

interface WatchWishes extends Pick<World, "client" | "out" | "host"> {
  readonly json: boolean;
  readonly numeric: boolean;
}

async function watch(place: NamedPlace, { client, host, out, json, numeric }: WatchWishes): Promise<void> {
  let names: { readonly known: Promise<Names>; readonly since: number } = {
    known: Promise.resolve(place.names),
    since: performance.now(),
  };
  const freshNames = (): Promise<Names> => {
    const now = performance.now();
    if (now - names.since > NAMES_FRESH_MS) names = { known: readNames({ client, host }), since: now };
    return names.known;
  };
  for await (const event of watchFlowViews(place, freshNames)) {
    if (json) out.jsonLine(event);
    else if (event.kind === "overrun") out.note("weft: the kernel told more than could be read: events are missing");
    else out.line(printable(`${event.kind.padEnd(7)} ${formatFlow(event.flow, numeric)}`));
  }
}

/** `tcp api:4711 > webapp:80 established, answered by 10.7.0.6:8080`. */
function formatFlow(flow: FlowView, numeric: boolean): string {
  const { original, protocol } = flow;
  const { answeredBy, seenAs } = translated(flow, numeric);
  const ends = `${formatFlowEnd(original.source, numeric)} > ${formatFlowEnd(original.destination, numeric)}`;
  const notes = [
    formatState(flow),
    answeredBy && `answered by ${answeredBy}`,
    seenAs && `seen as ${seenAs}`,
    original.packets !== undefined && `${original.packets} packets`,
  ].filter((note) => typeof note === "string" && note !== "");
  return `${protocol} ${ends} ${notes.join(", ")}`;
}

function formatState({ tcpState, seenReply, original }: FlowView): string {
  if (tcpState !== undefined) return seenReply ? tcpState : `${tcpState}, unanswered`;
  const icmp = original.icmp === undefined ? "" : `type ${original.icmp.type}, `;
  return `${icmp}${seenReply ? "answered" : "unanswered"}`;
}

/** The other ends, where they are not the ones that the first packet named. */
function translated(
  { original, reply }: FlowView,
  numeric: boolean,
): { readonly answeredBy?: string; readonly seenAs?: string } {
  const isSame = (a: FlowEnd, b: FlowEnd): boolean => a.address === b.address && a.port === b.port;
  return {
    ...(!isSame(reply.source, original.destination) && { answeredBy: formatFlowEnd(reply.source, numeric) }),
    ...(!isSame(reply.destination, original.source) && { seenAs: formatFlowEnd(reply.destination, numeric) }),
  };
}

function formatFlowEnd({ address, port, name }: FlowEnd, numeric: boolean): string {
  const shown = numeric || name === undefined ? address : name;
  if (port === undefined) return shown;
  return shown.includes(":") ? `[${shown}]:${port}` : `${shown}:${port}`;
}
