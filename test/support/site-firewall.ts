import { inPlace, type Place, runOrThrow } from "./command.ts";
import { waitFor } from "./wait-for.ts";

/** A firewall program of Debian's in a place, with settings of its own that go with it. */
export interface SiteFirewall extends AsyncDisposable {
  /** Runs a command of the shell as its administrator, where its settings are. @throws {Error} with what it said when it fails. */
  run(command: string): Promise<string>;
}

/** What both write or read, as the package brings it: copies, so that the machine's own stay as they are. */
const SETTINGS = ["/etc/ufw", "/etc/default/ufw", "/etc/firewalld"];

/** Mounts are the holder's own, and go with it. It says when all is there. */
const HOLD = [
  "set -e",
  "mount -t tmpfs none /run",
  "mkdir -p /run/dbus /run/settings",
  'for path; do [ -e "$path" ] || continue; copy=/run/settings/$(echo "$path" | tr / -); cp -a "$path" "$copy"; mount --bind "$copy" "$path"; done',
  "echo ready",
  "exec sleep 1000000",
].join("\n");

/** ufw, enabled as it is from the package: nothing is forwarded, and only answers come in. */
export async function startUfw(place: Place): Promise<SiteFirewall> {
  await using stack = new AsyncDisposableStack();
  const firewall = stack.use(await holdSettings(place));
  await firewall.run("ufw --force enable");
  const owned = stack.move();
  return { run: firewall.run, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** A bus on which everybody may do everything: only root is there. */
const BUS = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=/run/dbus/system_bus_socket</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow eavesdrop="true"/></policy>
</busconfig>`;

/** firewalld, as it is from the package, with a system bus of its own. */
export async function startFirewalld(place: Place): Promise<SiteFirewall> {
  await using stack = new AsyncDisposableStack();
  const firewall = stack.use(await holdSettings(place));
  await firewall.run(`cat > /run/bus.conf <<'END'\n${BUS}\nEND`);
  stack.use(firewall.spawn(["dbus-daemon", "--config-file=/run/bus.conf", "--nofork", "--nopidfile"]));
  await waitFor(() => firewall.run("test -S /run/dbus/system_bus_socket").then(() => true), { what: "a bus" });
  stack.use(firewall.spawn(["firewalld", "--nofork", "--nopid"]));
  await waitFor(() => firewall.run("firewall-cmd --state").then(() => true), {
    ...{ timeoutMs: 20_000, intervalMs: 100, what: "firewalld" },
  });
  const owned = stack.move();
  return { run: firewall.run, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

interface HeldSettings extends SiteFirewall {
  spawn(command: readonly string[]): AsyncDisposable;
}

async function holdSettings(place: Place): Promise<HeldSettings> {
  const command = ["unshare", "--mount", "--propagation", "slave", "sh", "-c", HOLD, "sh", ...SETTINGS];
  const holder = Bun.spawn(inPlace(place, command), { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  const enter = (inner: readonly string[]) => ["nsenter", `--mount=/proc/${holder.pid}/ns/mnt`, "--", ...inner];
  const end = async (child: Bun.Subprocess): Promise<void> => {
    child.kill("SIGKILL");
    await child.exited;
  };
  const { value } = await holder.stdout.getReader().read();
  if (value === undefined) throw new Error("Cannot hold settings of a firewall: the mounts failed");
  return {
    run: (text) => runOrThrow(place, enter(["sh", "-ec", text])),
    spawn(inner) {
      const child = Bun.spawn(inPlace(place, enter(inner)), { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
      return { [Symbol.asyncDispose]: () => end(child) };
    },
    [Symbol.asyncDispose]: () => end(holder),
  };
}
