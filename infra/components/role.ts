import * as authorization from "@pulumi/azure-native/authorization";
import * as pulumi from "@pulumi/pulumi";

/** Azure's own roles, by what they allow. */
export const ROLES = {
  pullImages: "7f951dda-4ed3-4680-a7ca-43fe172d538d",
  readBlobs: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
  writeBlobs: "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
  trainModels: "f6c7c914-8db3-469d-8ca1-694a8f32e121",
} as const;

export interface RoleArgs {
  role: keyof typeof ROLES;
  /** The narrowest resource that will do. */
  scope: pulumi.Input<string>;
  principalId: pulumi.Input<string>;
  /** @default ServicePrincipal, which identities of Azure are */
  principalType?: "ServicePrincipal" | "User" | "Group";
}

/** Gives one principal one role on one resource. */
export function assignRole(
  name: string,
  args: RoleArgs,
  options: pulumi.CustomResourceOptions,
): authorization.RoleAssignment {
  // An id is /subscriptions/<id>/…, and roles are defined in each subscription.
  const subscription = pulumi.output(args.scope).apply((scope) => scope.split("/").slice(0, 3).join("/"));
  return new authorization.RoleAssignment(
    name,
    {
      scope: args.scope,
      principalId: args.principalId,
      principalType: args.principalType ?? "ServicePrincipal",
      roleDefinitionId: pulumi.interpolate`${subscription}/providers/Microsoft.Authorization/roleDefinitions/${ROLES[args.role]}`,
    },
    options,
  );
}
