import { expect, test } from "bun:test";
import { formatPortPublication } from "../../../model/mod.ts";
import { parseExposed, publishExposed } from "./exposed.ts";
import { parsePublish } from "./publish.ts";

test("every exposed port gets a port of the host, but for those that a publication names", () => {
  const exposed = ["80", "8000-8002", "53/udp", "443"].map(parseExposed);
  const published = ["8080:80", "9000-9010:8000-8010", "53:53/tcp"].map(parsePublish);
  expect(publishExposed(exposed, published).map(formatPortPublication)).toEqual(["53/udp", "443/tcp"]);
});

test.each(["", "x", "80/http", "80/tcp/udp", "0", "90-80"])("%j is refused", (text) => {
  expect(() => parseExposed(text)).toThrow(SyntaxError);
});
