import type * as pulumi from "@pulumi/pulumi";

/**
 * Azure's classes bring dozens of aliases each, for resources that were declared with a class of an older API version.
 * No stack of this project ever had one, and to work out the aliases takes longer than to declare the resources.
 */
export const withoutOlderTypes: pulumi.ResourceTransformation = ({ props, opts }) => {
  if (opts.aliases === undefined) return undefined;
  return { props, opts: { ...opts, aliases: opts.aliases.filter((alias) => !isOlderType(alias)) } };
};

function isOlderType(alias: pulumi.Input<pulumi.URN | pulumi.Alias>): boolean {
  return (
    typeof alias === "object" &&
    "type" in alias &&
    typeof alias.type === "string" &&
    alias.type.startsWith("azure-native:")
  );
}
