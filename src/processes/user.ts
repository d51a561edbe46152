/** Who a program runs as. */
export interface ProgramUser {
  readonly uid: number;
  readonly gid: number;
  /** All groups, `gid` among them. */
  readonly groups: readonly number[];
  readonly home: string;
}

/** The user databases of the host, passwd(5) and group(5), as text. */
export interface UserDatabases {
  readonly passwd: string;
  readonly group: string;
}

/**
 * Finds `USER[:GROUP]`, names or numbers. A number needs no entry. Groups that list the user are added unless a group is given, as Docker does.
 *
 * @throws {Error} one sentence when a name has no entry.
 */
export function findUser(text: string, databases: UserDatabases): ProgramUser {
  const [user = "", group, ...rest] = text.split(":");
  if (user === "" || group === "" || rest.length > 0) {
    throw new Error(`Cannot run as ${JSON.stringify(text)}: want USER or USER:GROUP`);
  }
  // name:password:uid:gid:comment:home:shell
  const entry = find(databases.passwd, user);
  const uid = entry?.[2] ?? number(user);
  if (uid === undefined) throw new Error(`Cannot run as user ${JSON.stringify(user)}: /etc/passwd has no such user`);
  const gid = group === undefined ? Number(entry?.[3] ?? 0) : findGroup(group, databases);
  const name = entry?.[0];
  const listed = group === undefined && name !== undefined ? groupsOf(name, databases) : [];
  return { uid: Number(uid), gid, groups: [...new Set([gid, ...listed])], home: entry?.[5] || "/" };
}

function findGroup(group: string, databases: UserDatabases): number {
  const gid = find(databases.group, group)?.[2] ?? number(group);
  if (gid === undefined) throw new Error(`Cannot run as group ${JSON.stringify(group)}: /etc/group has no such group`);
  return Number(gid);
}

/** Fields of the entry with this name or, else, this number, which is the third field of both files. */
function find(database: string, wanted: string): readonly string[] | undefined {
  const entries = lines(database);
  return entries.find(([name]) => name === wanted) ?? entries.find((fields) => fields[2] === wanted);
}

function groupsOf(user: string, { group }: UserDatabases): number[] {
  return lines(group).flatMap(([, , gid, members = ""]) => (members.split(",").includes(user) ? [Number(gid)] : []));
}

function lines(database: string): readonly (readonly string[])[] {
  return database.split("\n").flatMap((line) => (line === "" || line.startsWith("#") ? [] : [line.split(":")]));
}

function number(text: string): string | undefined {
  return /^\d{1,9}$/.test(text) ? text : undefined;
}
