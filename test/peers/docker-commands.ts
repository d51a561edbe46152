/**
 * A command of Docker's client, and how what it prints may differ from what it prints of Docker. Spaces part words; SOON is a fifth
 * of a second from then, in seconds since 1970: a duration would be cut to whole ones by the client.
 */
export interface Command {
  readonly line: string;
  /** Why; the exit code is the same all the same. */
  readonly differs?: string;
  readonly ours?: { readonly stdout?: string; readonly stderr?: string };
}

const NEWER = "Docker words it so since 25 to 29";

export const commands: readonly Command[] = [
  { line: "network create --subnet 10.21.0.0/24 --label a=b --attachable one" },
  {
    line: "network create -d bridge --internal --subnet 10.22.0.0/24 --gateway 10.22.0.254 --ip-range 10.22.0.128/25 --aux-address r=10.22.0.200 -o com.docker.network.driver.mtu=1400 two",
  },
  { line: "network create --ipv6 --subnet 10.23.0.0/24 --subnet fd00:23::/64 six" },
  { line: "network create --ipam-driver default --scope local --label c= --label d auto" },
  { line: "network create -d macvlan -o parent=uplink0 --subnet 10.26.0.0/24 --gateway 10.26.0.1 lan" },
  { line: "network inspect lan -f {{.Driver}}:{{json.Options}}" },
  { line: "network rm lan" },
  {
    line: "network create -d macvlan -o parent=nosuch --subnet 10.26.0.0/24 lan",
    differs: "our sentence says what is wrong",
  },
  { line: "network create -d overlay far", differs: "Weft's overlay is no swarm's" },
  { line: "network create one" },
  { line: "network create host" },
  { line: "network create --driver host again" },
  { line: "network create --ingress in" },
  { line: "network create --scope swarm far" },
  { line: "network create --subnet 10.24.0.0/24 --gateway 10.25.0.1 bad" }, // the client itself refuses
  { line: "network create --subnet ten bad", differs: NEWER },
  {
    line: 'network ls --filter type=custom --format {{.Name}}/{{.Driver}}/{{.Scope}}/{{.IPv6}}/{{.Internal}}/{{.Label"a"}}',
  },
  { line: "network ls --filter name=o --filter driver=bridge --format {{.Name}}" },
  { line: "network ls --filter label=a --format {{.Name}}" },
  { line: "network ls --filter label=a=x -q" },
  {
    line: "network ls --filter dangling=true --filter scope=local --format {{.Name}}",
    differs: "Docker 20.10 lists networks that containers are on, too",
    ours: { stdout: "auto\none\nsix\ntwo\n" },
  },
  { line: "network ls --no-trunc --filter name=one --format {{.ID}}" },
  { line: "network ls --filter dangling=maybe" },
  {
    line: "network ls --filter nope=x",
    differs: NEWER,
    ours: { stderr: "Error response from daemon: invalid filter 'nope'\n" },
  },
  { line: "network inspect one two -f {{.Name}}:{{.Driver}}:{{.Internal}}:{{.Attachable}}:{{json.Labels}}" },
  { line: "network inspect two -f {{range.IPAM.Config}}{{.Subnet}},{{.IPRange}},{{.Gateway}},{{.AuxAddress}}{{end}}" },
  { line: "network inspect two -f {{json.Options}}" },
  { line: "network inspect --verbose six -f {{.EnableIPv6}}" },
  { line: "network inspect nosuch" },
  { line: "network inspect one nosuch -f {{.Name}}" },
  { line: "network connect --ip 10.21.0.7 --alias www --alias web --link other:friend one box" },
  { line: "network connect --ip 10.22.0.9 --link-local-ip 169.254.33.7 two box" },
  { line: "network connect --ip6 fd00:23::7 six box" },
  { line: "network connect one box" },
  { line: "network connect --ip 10.21.0.7 one other" },
  { line: "network connect nosuch box" },
  { line: "network connect one nosuch" },
  { line: "network connect one hosted" },
  { line: "network inspect one -f {{range.Containers}}{{.Name}}={{.IPv4Address}}{{end}}" },
  { line: "network inspect six -f {{range.Containers}}{{.Name}}={{.IPv4Address}}={{.IPv6Address}}{{end}}" },
  { line: "inspect box -f {{.NetworkSettings.Networks.one.IPAddress}}/{{.NetworkSettings.Networks.one.IPPrefixLen}}" },
  {
    line: "inspect box -f {{.NetworkSettings.Networks.six.GlobalIPv6Address}}/{{.NetworkSettings.Networks.six.Gateway}}",
  },
  {
    line: "inspect box -f {{.Name}}:{{.Id}}:{{.State.Status}}:{{.State.Running}}:{{.Path}}:{{.Args}}:{{.HostConfig.NetworkMode}}",
  },
  { line: "inspect one -f {{.Name}}" },
  { line: "inspect nosuch" },
  { line: "ps --no-trunc --filter name=^/box$ --format {{.ID}}:{{.Names}}:{{.State}}:{{.Ports}}:{{.Command}}" },
  { line: "ps --filter network=one --format {{.Names}}" },
  { line: "ps --filter network=host --format {{.Names}}:{{.Networks}}" },
  { line: "inspect hosted -f {{json.NetworkSettings.Networks.host.IPAddress}}:{{.HostConfig.NetworkMode}}" },
  { line: "ps -a --filter status=exited --format {{.Names}}" },
  { line: "ps --last 1 --format {{.Names}}" },
  {
    line: "ps --filter nope=x",
    differs: NEWER,
    ours: { stderr: "Error response from daemon: invalid filter 'nope'\n" },
  },
  { line: "logs box" },
  { line: "logs nosuch" },
  { line: "network rm one", differs: NEWER },
  { line: "network disconnect one box" },
  { line: "network disconnect one box" },
  { line: "network disconnect --force two box" },
  { line: "network disconnect six box" },
  { line: "network rm one nosuch two" },
  { line: "network rm bridge" },
  { line: "network prune --force --filter label=nope" },
  { line: "network prune --force --filter until=1h" },
  { line: "network prune --force --filter nope=x", differs: NEWER },
  { line: "network rm auto six" },
  { line: "network prune --force" },
  { line: "version --format {{.Server.Os}}/{{.Server.Arch}}" },
  { line: "info --format {{.OSType}}/{{.Swarm.LocalNodeState}}/{{.Containers}}/{{.ContainersRunning}}/{{.NCPU}}" },
  {
    line: "events --since 1h --until SOON --filter type=network --filter network=one --filter event=create --filter event=connect --filter event=destroy --format {{.Type}}/{{.Action}}/{{.Actor.Attributes.name}}/{{.Actor.Attributes.container}}",
  },
  {
    line: "events --since 1h --until SOON --filter container=box --filter event=start --format {{.Action}}/{{.Actor.Attributes.name}}/{{.Scope}}",
  },
];
