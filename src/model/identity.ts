import type { Brand } from "../lib/mod.ts";

/** 64 lower-case hex digits, random. Docker's shape, so that Docker's tools can carry it. */
export type NetworkId = Brand<string, "NetworkId">;
export type SandboxId = Brand<string, "SandboxId">;
export type EndpointId = Brand<string, "EndpointId">;

/** What a user calls a network or a sandbox. */
export type ObjectName = Brand<string, "ObjectName">;

const ID_PATTERN = /^[0-9a-f]{64}$/;

export function parseNetworkId(text: string): NetworkId {
  return parseId(text, "network id") as NetworkId;
}

export function parseSandboxId(text: string): SandboxId {
  return parseId(text, "sandbox id") as SandboxId;
}

export function parseEndpointId(text: string): EndpointId {
  return parseId(text, "endpoint id") as EndpointId;
}

/** @throws {SyntaxError} Docker's rule for names, with a limit of 128 characters. */
export function parseObjectName(text: string): ObjectName {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(text)) {
    throw new SyntaxError(
      `Cannot parse name ${JSON.stringify(text)}: want 1 to 128 letters, digits, "_", "." or "-", a letter or digit first`,
    );
  }
  return text as ObjectName;
}

/** A name that the resolver answers: letters, digits, `-`, `_` and dots, each label at most 63 bytes (RFC 1035 section 2.3.4). */
export type DnsName = Brand<string, "DnsName">;

/** @throws {SyntaxError} */
export function parseDnsName(text: string): DnsName {
  const name = text.toLowerCase();
  if (name.length > 253 || !/^[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*$/.test(name)) {
    throw new SyntaxError(
      `Cannot parse host name ${JSON.stringify(text)}: want labels of 1 to 63 letters, digits, "-" or "_"`,
    );
  }
  return name as DnsName;
}

/** Bytes that a host name may have: `__NEW_UTS_LEN` in include/uapi/linux/utsname.h. */
const HOSTNAME_LIMIT = 64;

/** What a sandbox's machine or domain is called. @throws {SyntaxError} */
export function parseHostname(text: string): DnsName {
  const name = parseDnsName(text);
  if (name.length > HOSTNAME_LIMIT) {
    throw new SyntaxError(
      `Cannot parse host name ${JSON.stringify(text)}: want at most ${HOSTNAME_LIMIT} characters, it has ${name.length}`,
    );
  }
  return name;
}

function parseId(text: string, what: string): string {
  if (!ID_PATTERN.test(text)) throw new SyntaxError(`Cannot parse ${what} ${JSON.stringify(text)}: want 64 hex digits`);
  return text;
}
