import { expect, test } from "bun:test";
import { findUser, type ProgramUser } from "./user.ts";

const passwd = `root:x:0:0:root:/root:/bin/bash
# a comment

ann:x:1000:100:Ann,,,:/home/ann:/bin/sh
7:x:2000:2000::/home/seven:/bin/sh
bare:x:3000:3000:::
`;
const group = `root:x:0:
users:x:100:
wheel:x:10:ann,bob
audio:x:29:bob
7:x:70:ann
`;

const cases: readonly { text: string; user: ProgramUser }[] = [
  { text: "root", user: { uid: 0, gid: 0, groups: [0], home: "/root" } },
  { text: "ann", user: { uid: 1000, gid: 100, groups: [100, 10, 70], home: "/home/ann" } },
  { text: "1000", user: { uid: 1000, gid: 100, groups: [100, 10, 70], home: "/home/ann" } },
  { text: "ann:audio", user: { uid: 1000, gid: 29, groups: [29], home: "/home/ann" } },
  { text: "ann:12345", user: { uid: 1000, gid: 12345, groups: [12345], home: "/home/ann" } },
  { text: "12345", user: { uid: 12345, gid: 0, groups: [0], home: "/" } },
  { text: "12345:54321", user: { uid: 12345, gid: 54321, groups: [54321], home: "/" } },
  // A name that looks like a number is a name first.
  { text: "7", user: { uid: 2000, gid: 2000, groups: [2000], home: "/home/seven" } },
  { text: "ann:7", user: { uid: 1000, gid: 70, groups: [70], home: "/home/ann" } },
  { text: "bare", user: { uid: 3000, gid: 3000, groups: [3000], home: "/" } },
];
test.each(cases)("findUser finds $text", ({ text, user }) => {
  expect(findUser(text, { passwd, group })).toEqual(user);
});

test.each([
  ["nemo", 'Cannot run as user "nemo": /etc/passwd has no such user'],
  ["ann:nobody", 'Cannot run as group "nobody": /etc/group has no such group'],
  ["", 'Cannot run as "": want USER or USER:GROUP'],
  [":users", 'Cannot run as ":users": want USER or USER:GROUP'],
  ["ann:", 'Cannot run as "ann:": want USER or USER:GROUP'],
  ["a:b:c", 'Cannot run as "a:b:c": want USER or USER:GROUP'],
  ["-1", 'Cannot run as user "-1": /etc/passwd has no such user'],
])("findUser refuses %p", (text, message) => {
  expect(() => findUser(text, { passwd, group })).toThrow(message);
});

test("a host without databases has users by number only", () => {
  expect(findUser("0", { passwd: "", group: "" })).toEqual({ uid: 0, gid: 0, groups: [0], home: "/" });
  expect(() => findUser("root", { passwd: "", group: "" })).toThrow("no such user");
});
