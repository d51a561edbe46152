// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are the subject
import { describe, expect, test } from "bun:test";
import { readText } from "./compose-fixture.ts";
import { ComposeError } from "./mod.ts";

/** Service `web` gets the body; a network `n` of 10.0.0.0/24 and fd00::/64 is there. */
const service = (
  body: string,
): string => `networks: {n: {ipam: {config: [{subnet: 10.0.0.0/24, gateway: 10.0.0.1, aux_addresses: {r: 10.0.0.7}}, {subnet: 'fd00::/64'}]}}}
services:
  web: {command: run, ${body}}
  api: {command: run, ports: ['8080:80'], networks: {n: {ipv4_address: 10.0.0.5, mac_address: '02:00:00:00:00:05'}}}`;

describe("a service is refused for", () => {
  test.each([
    ["prots: [80]", 'web.prots: unknown key "prots": did you mean "ports"?'],
    [
      "ports: ['99999:80']",
      'web.ports[0]: cannot parse port publication "99999:80": cannot parse port "99999": want a number from 1 to 65535',
    ],
    ["ports: ['80-82:80-81']", "want 2 host ports, there are 3"],
    ["ports: [{published: 80}]", 'web.ports[0]: "target" is missing: want the port in the sandbox'],
    ["ports: [{target: 80, published: 90-80}]", 'web.ports[0].published: cannot parse port range "90-80"'],
    [
      "ports: [{target: 80, protocol: icmp}]",
      'web.ports[0].protocol: cannot parse protocol "icmp": want tcp, udp or sctp',
    ],
    ["ports: [{target: 80, mode: bridge}]", 'web.ports[0].mode: got "bridge": want host or ingress'],
    ["ports: [{target: 80, publish: 80}]", 'web.ports[0].publish: unknown key "publish": did you mean "published"?'],
    ["ports: 80", "web.ports: got 80: want a list of ports"],
    [
      "ports: ['127.0.0.1:8080:1']",
      'api.ports[0]: service "web" publishes the same host port with "127.0.0.1:8080:1/tcp", got "8080:80/tcp": want another',
    ],
    ["ports: ['90:90', '80-99:1-20']", "web.ports[1]: this service itself publishes the same host port"],
    ["expose: [http]", 'web.expose[0]: cannot parse port "http"'],
    ["networks: [m]", 'web.networks[0]: no network "m" in "networks": did you mean "n"?'],
    ["networks: [n, n]", 'web.networks[1]: "n" is named twice'],
    [
      "networks: {n: {ipv4_adress: 10.0.0.9}}",
      'web.networks.n.ipv4_adress: unknown key "ipv4_adress": did you mean "ipv4_address"?',
    ],
    [
      "networks: {n: {ipv4_address: 10.0.1.9}}",
      'web.networks.n.ipv4_address: 10.0.1.9 lies outside every subnet of network "n": want an address in 10.0.0.0/24',
    ],
    [
      "networks: {n: {ipv4_address: 10.0.0.1}}",
      '10.0.0.1 is the gateway of network "n": want another address in 10.0.0.0/24',
    ],
    ["networks: {n: {ipv4_address: 10.0.0.0}}", "10.0.0.0 is the address of network"],
    ["networks: {n: {ipv4_address: 10.0.0.255}}", "10.0.0.255 is the broadcast address of network"],
    ["networks: {n: {ipv4_address: 10.0.0.7}}", '10.0.0.7 is reserved as "r" of network'],
    ["networks: {n: {ipv4_address: 10.0.0.5}}", 'the address of service "web" on network "n" already: want another'],
    ["networks: {n: {ipv4_address: 10.0.0.256}}", 'cannot parse IPv4 address "10.0.0.256"'],
    ["networks: {n: {ipv6_address: 10.0.0.9}}", 'cannot parse IPv6 address "10.0.0.9"'],
    [
      "networks: {default: {ipv4_address: 10.9.0.9}}",
      '10.9.0.9 lies outside every subnet of network "default": want a subnet for it in networks.default.ipam.config',
    ],
    ["networks: {n: {mac_address: '02:00:00:00:00:05'}}", 'the address of service "web" on network "n" already'],
    ["networks: {n: {mac_address: '01:00:00:00:00:05'}}", "01:00:00:00:00:05 is no address of one link"],
    ["mac_address: '02:42'", 'web.mac_address: cannot parse MAC address "02:42": want six octets'],
    [
      "networks: {n: {interface_name: a-name-over-15-bytes}}",
      'interface_name: cannot parse interface name "a-name-over-15-bytes": want 1 to 15 bytes, it has 20',
    ],
    [
      "networks: {n: {interface_name: e0}, default: {interface_name: e0}}",
      '"e0" is the interface on network "n" already',
    ],
    ["networks: {n: {interface_name: lo}}", '"lo" is the loopback interface'],
    ["networks: {n: {gw_priority: high}}", 'gw_priority: got "high": want a whole number'],
    ["networks: {n: {aliases: [-a]}}", 'aliases[0]: cannot parse host name "-a"'],
    ["networks: {n: {link_local_ips: [10.0.0.1]}}", "link_local_ips[0]: cannot use 10.0.0.1 as a link-local address"],
    [
      "network_mode: container:x",
      'web.network_mode: Weft joins sandboxes of the same project only, got "container:x": want service:NAME',
    ],
    ["network_mode: macvlan0", 'unknown mode "macvlan0": want none, host, bridge or service:NAME'],
    ["network_mode: service:no", 'web.network_mode: no service "no": want one of api, web'],
    ["network_mode: host, networks: [n]", '"networks" stands beside it: want one of the two'],
    ["network_mode: none, ports: [80]", 'nothing can be published with "network_mode: none"'],
    [
      "network_mode: 'service:api', ports: [80]",
      'web.ports: the service lives in the sandbox of "api": want ports there',
    ],
    ["depends_on: [apo]", 'web.depends_on[0]: no service "apo": did you mean "api"?'],
    ["depends_on: [web]", "the services wait for one another: web -> web: want no cycle"],
    [
      "depends_on: {api: {condition: healthy}}",
      'web.depends_on.api.condition: got "healthy": want service_started, service_healthy',
    ],
    ["depends_on: {api: {condition: service_healthy}}", 'service "api" has no healthcheck and never becomes healthy'],
    ["healthcheck: {test: x, interval: 10}", 'web.healthcheck.interval: cannot parse duration "10"'],
    [
      "healthcheck: {test: [curl, x]}",
      'web.healthcheck.test[0]: the list begins with something else: want "CMD", "CMD-SHELL" or "NONE" first',
    ],
    ["healthcheck: {interval: 1s}", 'web.healthcheck: "test" is missing'],
    ["extra_hosts: [a]", 'web.extra_hosts[0]: cannot parse extra host "a": want NAME=ADDRESS'],
    ["dns: [one.one.one.one]", 'web.dns[0]: cannot parse IP address "one.one.one.one"'],
    ["volumes: ['./a:/b']", "web.volumes: Weft does not serve this key: Weft mounts nothing"],
    ["cap_drop: [ALL]", "web.cap_drop: Weft does not serve this key: Weft does not take rights away"],
    ["sysctls: {net.ipv4.ip_forward: 1}", "web.sysctls: Weft does not serve this key"],
    ["scale: 3", "web.scale: Weft runs one process of each service: got 3, want 1"],
    ["deploy: {replicas: 2}", "web.deploy.replicas: Weft runs one process of each service: got 2, want 1"],
    ["container_name: shop-api-1", 'services.api: "shop-api-1" is the name of service'],
    ["hostname: a_b c", 'web.hostname: cannot parse host name "a_b c"'],
    ["environment: {A: [1]}", "web.environment.A: got a list: want a text, a number or a boolean"],
    ["environment: ['=x']", 'web.environment[0]: "=x" has no name before "="'],
    ["user: 'a:b:c'", 'web.user: cannot parse user "a:b:c"'],
    ["stop_signal: '15'", 'web.stop_signal: cannot parse signal "15"'],
    ["restart: sometimes", 'web.restart: cannot parse restart policy "sometimes"'],
    [
      "working_dir: '${DIR:?say where}'",
      "web.working_dir: cannot fill in variable DIR: it is not set or empty: say where",
    ],
    ["labels: x", 'web.labels: got "x": want a mapping or a list of KEY=VALUE'],
  ])("%s", (body, sentence) => {
    const read = (): unknown => readText(service(body));
    expect(read).toThrow(ComposeError);
    expect(read).toThrow(sentence);
    expect(read).toThrow(/^Cannot read compose\.yaml:[34]:\d+: services\.(web|api)\b/);
  });
});

describe("a project is refused for", () => {
  const web = "services: {web: {command: run}}";
  const network = (body: string): string => `${web}\nnetworks: {default: {${body}}}`;
  test.each([
    ["a service without command", "services: {web: {}}", 'compose.yaml:1:17: services.web: "command" is missing'],
    [
      "an image alone",
      "services: {web: {image: nginx}}",
      'services.web.image: "command" is missing beside it: Weft runs a command of this host',
    ],
    ["an empty command", "services: {web: {command: []}}", "services.web.command: the command is empty"],
    ["a quote that is open", `services: {web: {command: "a 'b"}}`, "services.web.command: cannot split"],
    ["a service that is a text", "services: {web: run}", 'services.web: got "run": want a mapping'],
    ["a service's name", "services: {'a b': {command: x}}", '"a b" is no service name'],
    ["no services", "networks: {}", 'compose.yaml:1:1: no service in "services": want at least one'],
    ["an empty file", "", "Cannot read compose.yaml: it is empty: want services"],
    [
      "an unknown key",
      `${web}\nservcies: {}`,
      'compose.yaml:2:1: servcies: unknown key "servcies": did you mean "services"?',
    ],
    ["include", `${web}\ninclude: [a.yaml]`, "compose.yaml:2:1: include: Weft does not serve this key"],
    [
      "its name",
      `name: Not Legal\n${web}`,
      'compose.yaml:1:7: name: cannot parse project name "Not Legal": want 1 to 63 lower-case',
    ],
    [
      "host bits",
      network("ipam: {config: [{subnet: 10.0.0.5/24}]}"),
      'networks.default.ipam.config[0].subnet: cannot parse IP prefix "10.0.0.5/24": host bits are set, want 10.0.0.0/24',
    ],
    ["a malformed subnet", network("ipam: {config: [{subnet: 10.0.0/24}]}"), 'cannot parse IP prefix "10.0.0/24"'],
    [
      "a gateway outside",
      network("ipam: {config: [{subnet: 10.0.0.0/24, gateway: 10.0.1.1}]}"),
      "ipam.config[0].gateway: 10.0.1.1 lies outside the subnet: want an address in 10.0.0.0/24",
    ],
    ["a gateway alone", network("ipam: {config: [{gateway: 10.0.1.1}]}"), 'gateway: "subnet" is missing beside it'],
    [
      "a range outside",
      network("ipam: {config: [{subnet: 10.0.0.0/24, ip_range: 10.0.0.0/16}]}"),
      "ip_range: 10.0.0.0/16 lies outside the subnet: want a range in 10.0.0.0/24",
    ],
    [
      "an auxiliary address outside",
      network("ipam: {config: [{subnet: 10.0.0.0/24, aux_addresses: {a: 10.1.0.1}}]}"),
      "aux_addresses.a: 10.1.0.1 lies outside the subnet",
    ],
    [
      "subnets of one network that overlap",
      network("ipam: {config: [{subnet: 10.0.0.0/24}, {subnet: 10.0.0.0/25}]}"),
      "config[1].subnet: 10.0.0.0/25 overlaps 10.0.0.0/24 of the same network",
    ],
    [
      "an address driver",
      network("ipam: {driver: infoblox}"),
      'ipam.driver: Weft does not serve the address driver "infoblox": want default or dhcp',
    ],
    [
      "a driver not served yet",
      network("driver: overlay"),
      'networks.default.driver: the driver "overlay" comes with a later version of Weft: want bridge, macvlan or ipvlan',
    ],
    [
      "an option of another driver",
      network("driver: macvlan, driver_opts: {com.docker.network.bridge.enable_icc: 'false'}"),
      "networks.default.driver_opts",
    ],
    [
      "a mode that there is not",
      network("driver: macvlan, driver_opts: {macvlan_mode: bridged}"),
      "want bridge, private, vepa or passthru",
    ],
    ["an unknown driver", network("driver: brigde"), 'unknown driver "brigde": did you mean "bridge"?'],
    [
      "settings of the driver none",
      network("driver: none, internal: true"),
      "networks.default.internal: a network of driver none has no such setting",
    ],
    [
      "an option's value",
      network("driver_opts: {com.docker.network.driver.mtu: 10}"),
      "cannot use option com.docker.network.driver.mtu=10: want a number of bytes from 68 to 65535",
    ],
    [
      "an option's name",
      network("driver_opts: {mtu: 1400}"),
      'driver_opts.mtu: cannot use option "mtu" on a bridge network',
    ],
    [
      "no address family",
      network("enable_ipv4: false"),
      "networks.default.enable_ipv4: got false: want IPv4, IPv6 or both enabled",
    ],
    [
      "a subnet of a family that is off",
      network("enable_ipv6: false, ipam: {config: [{subnet: 'fd00::/64'}]}"),
      "enable_ipv6: got false: want true: the network has the subnet fd00::/64",
    ],
    [
      "settings of an external network",
      network("external: true, internal: true"),
      "networks.default.internal: an external network is as it is",
    ],
    ["a network's name", network("name: 'a b'"), 'networks.default.name: cannot parse name "a b"'],
    [
      "subnets of two networks that overlap",
      "services: {web: {command: x, networks: [a, b]}}\nnetworks: {a: {ipam: {config: [{subnet: 10.0.0.0/16}]}}, b: {ipam: {config: [{subnet: 10.0.1.0/24}]}}}",
      'networks.b.ipam: 10.0.1.0/24 overlaps 10.0.0.0/16 of network "a": want subnets apart',
    ],
    [
      "two networks of one name",
      "services: {web: {command: x, networks: [a, b]}}\nnetworks: {a: {name: n}, b: {name: n}}",
      'networks.b: its name "n" is that of network "a" too',
    ],
    [
      "a cycle",
      "services: {a: {command: x, depends_on: [b]}, b: {command: x, links: [c]}, c: {command: x, network_mode: 'service:a'}}",
      "the services wait for one another: a -> b -> c -> a: want no cycle",
    ],
    [
      "a dependency outside the profiles",
      "services: {a: {command: x, depends_on: [b]}, b: {command: x, profiles: [p, q]}}",
      'services.a.depends_on[0]: service "b" is in no active profile: want --profile p or --profile q',
    ],
  ])("%s", (_, text, sentence) => {
    expect(() => readText(text)).toThrow(sentence);
  });

  test("a .env file that cannot be read", () => {
    expect(() => readText(web, { dotenv: "A=1\nB C" })).toThrow('Cannot read .env:2:1: "C" follows the name B');
  });

  test("a name that nothing gives", () => {
    expect(() => readText(web, { projectName: "Shop" })).toThrow('Cannot parse project name "Shop"');
    expect(() => readText(web, { environment: { COMPOSE_PROJECT_NAME: "-x" } })).toThrow(
      'Cannot parse project name "-x"',
    );
  });
});
