import type { Connection, KernelError } from "../../netlink/connection/mod.ts";
import { parseLinkIndex } from "../objects/mod.ts";
import { deleteLinkGroupStep, deleteLinkStep, setLinkStep } from "../route/mod.ts";
import type { DeletionFailure } from "./deleter-protocol.ts";

/**
 * Deletes links and waits until the kernel has let go of them: 20 ms for one, and about as much for many, because they are
 * put into a group of their own first and deleted by that. A link that is gone already is no failure.
 */
export function deleteLinks(connection: Connection, indexes: readonly number[]): readonly DeletionFailure[] {
  if (indexes.length === 1) return deleteOneByOne(connection, indexes);
  const group = freshGroup();
  const grouped = connection.pipeline([
    ...indexes.map((index) => setLinkStep(parseLinkIndex(index), { group })),
    deleteLinkGroupStep(group),
  ]);
  const ofGroup = grouped.at(-1);
  const failed = indexes.filter((_, place) => isFailure(grouped[place]));
  const rest = isFailure(ofGroup) ? indexes : failed;
  // One that cannot be deleted, such as `lo`, makes the kernel refuse the group: then each for itself.
  return rest.length === 0 ? [] : deleteOneByOne(connection, rest);
}

function deleteOneByOne(connection: Connection, indexes: readonly number[]): readonly DeletionFailure[] {
  const results = connection.pipeline(indexes.map((index) => deleteLinkStep(parseLinkIndex(index))));
  const failures = indexes.flatMap((index, place) => {
    const error = results[place];
    return isFailure(error) ? [{ index, errno: error.errno, extack: error.extack }] : [];
  });
  // Those that stay must not go with a later group of the same number.
  if (indexes.length > 1) {
    connection.pipeline(failures.map(({ index }) => setLinkStep(parseLinkIndex(index), { group: 0 })));
  }
  return failures;
}

function isFailure(error: KernelError | undefined): error is KernelError {
  return error !== undefined && error.errno !== "ENODEV";
}

/** In the upper half of the numbers, which people do not use: one in two thousand million to meet a foreign group. */
function freshGroup(): number {
  return 0x4000_0000 + Math.floor(Math.random() * 0x3fff_ffff);
}
