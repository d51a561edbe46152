import { HttpRefusal } from "./read-body-text.ts";

/**
 * Where a request goes, whatever its `Host` says: clients of unix sockets may send one that is no host, such as the socket's path, and
 * Bun then gives the path alone or a URL that cannot be read.
 *
 * @throws {HttpRefusal} 400.
 */
export function requestUrl({ url }: Request): URL {
  const parsed = URL.parse(`http://weft${url.replace(/^https?:\/\/[^/?]*/i, "")}`);
  if (parsed === null) throw new HttpRefusal(400, `Cannot read URL ${JSON.stringify(url)}: want a path`);
  return parsed;
}
