/** The version of the Pulumi CLI that this project works with: the one of its `@pulumi/pulumi`. */
export const engineVersion = "3.245.0";
