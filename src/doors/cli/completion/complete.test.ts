import { expect, test } from "bun:test";
import { type Candidate, type Completions, complete, type NamesOf } from "./complete.ts";

const names = {
  network: ["front", "back"],
  sandbox: ["web", "worker"],
  netns: ["blue", "b\nrm", "b\x1b[2J"],
  link: ["eth0", "br0"],
};
const namesOf: NamesOf = async (kind): Promise<readonly Candidate[]> =>
  names[kind].map((text) => ({ text, says: kind }));

const cases: [line: string, texts: string[], paths: Completions["paths"]][] = [
  ["netw", ["network"], "none"],
  ["network d", ["disconnect"], "none"],
  ["network rm ", ["front", "back"], "none"],
  ["network rm front b", ["back"], "none"],
  [
    "network list -",
    ["--filter", "--format", "--help", "--json", "--no-start", "--no-trunc", "--quiet", "--run", "--socket", "--state"],
    "none",
  ],
  ["network create --sub", ["--subnet"], "none"],
  ["network create --ing", [], "none"],
  ["network create -d ", ["bridge", "macvlan", "ipvlan", "host", "none"], "none"],
  ["network create --driver=h", ["--driver=host"], "none"],
  ["network create --subnet ", [], "none"],
  ["network create ", [], "none"],
  ["network connect ", ["front", "back"], "none"],
  ["network connect front w", ["web", "worker"], "none"],
  ["network connect --ip 10.0.0.1 --alias x front w", ["web", "worker"], "none"],
  ["network connect front web ", [], "none"],
  ["--socket /x network rm f", ["front"], "none"],
  ["--socket ", [], "files"],
  ["--socket=/x netw", ["network"], "none"],
  ["--no-s", ["--no-start"], "none"],
  ["run -d --network=b", ["--network=back"], "none"],
  ["run -d --net ", ["front", "back"], "none"],
  ["run -dp 80 ", [], "files"],
  ["run -- sh -", [], "files"],
  ["exec w", ["web", "worker"], "none"],
  ["exec web --js", [], "files"],
  ["exec --js", ["--json"], "none"],
  ["inspect w", ["web", "worker"], "none"],
  ["inspect b", ["back"], "none"],
  ["daemon ", ["stop"], "none"],
  ["link ", ["ls", "add", "rm", "set", "web", "worker", "blue"], "none"],
  ["link l", ["ls"], "none"],
  ["link ls w", ["web", "worker"], "none"],
  ["link rm e", ["eth0"], "none"],
  ["link add x --kind v", ["veth", "vxlan", "vlan", "vrf"], "none"],
  ["bridge fdb ", ["add", "rm"], "none"],
  ["bridge fdb add x --port ", ["eth0", "br0"], "none"],
  ["netns rm ", ["blue"], "none"],
  ["netns exec w", ["web", "worker"], "none"],
  ["firewall add in", ["input"], "none"],
  ["firewall add input -p t", ["tcp"], "none"],
  ["neigh ls b", ["blue"], "none"],
  ["route ", ["ls", "get", "add", "rm", "web", "worker", "blue"], "none"],
  ["route g", ["get"], "none"],
  ["route get 10.0.0.1 --in b", ["blue"], "none"],
  ["route ls --table l", ["local"], "none"],
  ["sockets web ", [], "none"],
  ["subnet ", ["calc", "split", "plan", "overlap"], "none"],
  ["subnet plan 10.0.0.0/8 --format ", ["table", "compose"], "none"],
  ["subnet plan 10.0.0.0/8 -f ", [], "files"],
  ["daemon --log ", [], "files"],
  ["daemon --state ", [], "directories"],
  ["daemon stop --", ["--help", "--json", "--no-start", "--run", "--socket", "--state"], "none"],
  ["completion z", ["zsh"], "none"],
  ["cni install --link p", ["ptp", "portmap"], "none"],
  ["nosuch ", [], "none"],
];
test.each(cases)("weft %s", async (line, texts, paths) => {
  const { candidates, ...rest } = await complete(line.split(" "), namesOf);
  expect({ texts: candidates.map(({ text }) => text), paths: rest.paths }).toEqual({ texts, paths });
});

test("commands and options say what they are", async () => {
  const { candidates } = await complete(["network", "inspect", "--ve"], namesOf);
  expect(candidates).toEqual([{ text: "--verbose", says: "Kept for Docker's users; all is shown anyway" }]);
  expect((await complete(["sandb"], namesOf)).candidates).toEqual([
    { text: "sandbox", says: "Take in, list and remove sandboxes" },
  ]);
});
