import * as proto from "@pulumi/pulumi/proto/provider_pb";
import type { CheckFailure } from "./check";
import type { Diff, PropertyDiff } from "./diff";

/** A fault as the engine shows it. */
export function failureOf(failure: CheckFailure): proto.CheckFailure {
  return new proto.CheckFailure().setProperty(failure.property).setReason(failure.reason);
}

const kinds = {
  add: [proto.PropertyDiff.Kind.ADD, proto.PropertyDiff.Kind.ADD_REPLACE],
  delete: [proto.PropertyDiff.Kind.DELETE, proto.PropertyDiff.Kind.DELETE_REPLACE],
  update: [proto.PropertyDiff.Kind.UPDATE, proto.PropertyDiff.Kind.UPDATE_REPLACE],
} as const;

/** Differences with their paths, and the names of the properties they lie in. */
export function diffResponse({ changes, deleteBeforeReplace = false }: Diff): proto.DiffResponse {
  const { DIFF_SOME, DIFF_NONE } = proto.DiffResponse.DiffChanges;
  const roots = (of: PropertyDiff[]): string[] => [...new Set(of.map(({ path }) => path.split(/[.[]/, 1)[0] ?? path))];
  const response = new proto.DiffResponse()
    .setChanges(changes.length > 0 ? DIFF_SOME : DIFF_NONE)
    .setDiffsList(roots(changes))
    .setReplacesList(roots(changes.filter(({ replace }) => replace)))
    .setDeletebeforereplace(deleteBeforeReplace)
    .setHasdetaileddiff(changes.length > 0);
  for (const { path, kind, replace } of changes) {
    response
      .getDetaileddiffMap()
      .set(path, new proto.PropertyDiff().setKind(kinds[kind][replace ? 1 : 0]).setInputdiff(true));
  }
  return response;
}
