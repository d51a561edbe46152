/** What becomes of a key of the Compose Specification. */
export type KeyRule =
  | "served"
  /** A warning: leaving it out changes neither networking nor what the process does. */
  | { readonly ignored: string }
  /** An error: without it the project would not be what its file says. */
  | { readonly refused: string };

export type KeyTable = Readonly<Record<string, KeyRule>>;

const noImage: KeyRule = { ignored: "Weft runs a command of this host, not an image" };
const noLimits: KeyRule = { ignored: "Weft sets no resource limits" };
const ownRights: KeyRule = { ignored: "the process keeps all rights of its user on this host" };
const moreRights: KeyRule = {
  refused: "Weft does not take rights away: the process would run with more than the file says",
};
const hostFiles: KeyRule = {
  refused: "Weft mounts nothing: the process would read and write these paths of this host itself",
};
const hostNamespace: KeyRule = { ignored: "the process shares this namespace with the host" };
const noOrchestrator: KeyRule = { ignored: "Weft runs one process of each service on this host" };
const notDeclared: KeyRule = { ignored: "no service that Weft runs uses it" };

export const PROJECT_KEYS: KeyTable = {
  name: "served",
  services: "served",
  networks: "served",
  version: { ignored: "it is obsolete; the Compose Specification has one version" },
  include: { refused: "Weft does not serve it yet: name the files with -f" },
  volumes: notDeclared,
  secrets: notDeclared,
  configs: notDeclared,
  models: notDeclared,
};

export const SERVICE_KEYS: KeyTable = {
  command: "served",
  container_name: "served",
  depends_on: "served",
  deploy: "served",
  dns: "served",
  dns_opt: "served",
  dns_search: "served",
  domainname: "served",
  entrypoint: "served",
  env_file: "served",
  environment: "served",
  expose: "served",
  extends: "served",
  extra_hosts: "served",
  healthcheck: "served",
  hostname: "served",
  label_file: "served",
  labels: "served",
  links: "served",
  mac_address: "served",
  network_mode: "served",
  networks: "served",
  ports: "served",
  profiles: "served",
  restart: "served",
  scale: "served",
  stop_grace_period: "served",
  stop_signal: "served",
  user: "served",
  working_dir: "served",

  build: noImage,
  image: noImage,
  platform: noImage,
  pull_policy: noImage,
  pull_refresh_after: noImage,
  annotations: { ignored: "no OCI runtime that would read them takes part" },
  attach: { ignored: '"weft logs" shows the output of every service' },
  credential_spec: { ignored: "it concerns Windows" },
  develop: { ignored: "Weft watches no source files" },
  devices: { ignored: "the process sees this host's devices" },
  device_cgroup_rules: { ignored: "the process sees this host's devices" },
  gpus: { ignored: "the process sees this host's devices" },
  init: { ignored: "this host's init reaps what the process leaves" },
  isolation: { ignored: "it concerns Windows" },
  logging: { ignored: 'Weft keeps the output for "weft logs"' },
  runtime: { ignored: "no OCI runtime takes part" },
  storage_opt: { ignored: "the process has no file system of its own" },
  tty: { ignored: "the output goes to a log file" },

  blkio_config: noLimits,
  cgroup_parent: noLimits,
  cpu_count: noLimits,
  cpu_percent: noLimits,
  cpu_period: noLimits,
  cpu_quota: noLimits,
  cpu_rt_period: noLimits,
  cpu_rt_runtime: noLimits,
  cpu_shares: noLimits,
  cpus: noLimits,
  cpuset: noLimits,
  mem_limit: noLimits,
  mem_reservation: noLimits,
  mem_swappiness: noLimits,
  memswap_limit: noLimits,
  oom_kill_disable: noLimits,
  oom_score_adj: noLimits,
  pids_limit: noLimits,
  shm_size: noLimits,
  ulimits: noLimits,

  cap_add: ownRights,
  privileged: ownRights,
  cgroup: hostNamespace,
  ipc: hostNamespace,
  pid: hostNamespace,
  userns_mode: hostNamespace,

  cap_drop: moreRights,
  read_only: moreRights,
  security_opt: moreRights,
  group_add: { refused: "Weft gives a process the groups of its user only" },
  configs: hostFiles,
  secrets: hostFiles,
  tmpfs: hostFiles,
  volumes: hostFiles,
  volumes_from: hostFiles,
  external_links: { refused: "Weft links services of one project: join a common external network" },
  models: { refused: "Weft runs no models" },
  post_start: { refused: "Weft runs no hooks" },
  pre_stop: { refused: "Weft runs no hooks" },
  provider: { refused: "Weft hands services to nobody else" },
  stdin_open: { refused: "the process would find its input closed and may end at once" },
  sysctls: { refused: "Weft sets no sysctls of a sandbox yet" },
  use_api_socket: { refused: "no Docker engine takes part" },
  uts: { refused: "every sandbox has a host name of its own" },
};

export const DEPLOY_KEYS: KeyTable = {
  replicas: "served",
  restart_policy: "served",
  endpoint_mode: noOrchestrator,
  labels: noOrchestrator,
  mode: noOrchestrator,
  placement: noOrchestrator,
  resources: noLimits,
  rollback_config: noOrchestrator,
  update_config: noOrchestrator,
};

export const RESTART_POLICY_KEYS: KeyTable = {
  condition: "served",
  delay: { ignored: "Weft chooses the pause between restarts" },
  max_attempts: { ignored: "Weft keeps restarting" },
  window: { ignored: "Weft keeps restarting" },
};

export const HEALTHCHECK_KEYS: KeyTable = {
  test: "served",
  disable: "served",
  interval: "served",
  retries: "served",
  start_period: "served",
  timeout: "served",
  start_interval: { ignored: "Weft checks every interval from the start" },
};

export const DEPENDENCY_KEYS: KeyTable = {
  condition: "served",
  required: "served",
  restart: { ignored: "Weft restarts a service only for its own sake" },
};

export const ATTACHMENT_KEYS: KeyTable = {
  aliases: "served",
  driver_opts: "served",
  gw_priority: "served",
  interface_name: "served",
  ipv4_address: "served",
  ipv6_address: "served",
  link_local_ips: "served",
  mac_address: "served",
  priority: "served",
};

export const PORT_KEYS: KeyTable = {
  host_ip: "served",
  mode: "served",
  name: "served",
  protocol: "served",
  published: "served",
  target: "served",
  app_protocol: "served",
};

export const ENV_FILE_KEYS: KeyTable = { path: "served", required: "served", format: "served" };

export const EXTENDS_KEYS: KeyTable = { service: "served", file: "served" };

export const NETWORK_KEYS: KeyTable = {
  attachable: "served",
  driver: "served",
  driver_opts: "served",
  enable_ipv4: "served",
  enable_ipv6: "served",
  external: "served",
  internal: "served",
  ipam: "served",
  labels: "served",
  name: "served",
  check_duplicate: { ignored: "Weft's network names are always unique" },
};

export const IPAM_KEYS: KeyTable = {
  driver: "served",
  config: "served",
  options: "served",
};

export const SUBNET_KEYS: KeyTable = {
  subnet: "served",
  gateway: "served",
  ip_range: "served",
  aux_addresses: "served",
};
