import * as containerregistry from "@pulumi/azure-native/containerregistry";
import * as iotedge from "@edge-vision/iotedge";
import * as pulumi from "@pulumi/pulumi";

export interface ModuleRegistryArgs {
  resourceGroupName: pulumi.Input<string>;
  location: pulumi.Input<string>;
  /** The repositories, and no others, that tokens of this registry reach. */
  repositories: readonly string[];
  /** Make a token that may push, for images that the program builds. */
  push: boolean;
  /** A new value makes new passwords; the ones before stay valid until the next change. */
  rotation: pulumi.Input<string>;
  tags?: Record<string, string>;
}

/** Sign-in to a registry. */
export interface RegistrySignIn {
  server: pulumi.Output<string>;
  username: pulumi.Output<string>;
  /** Secret. */
  password: pulumi.Output<string>;
}

const PULL = ["content/read", "metadata/read"];
const PUSH = [...PULL, "content/write", "metadata/write"];

/** A container registry without an admin user: one token to pull with, one to push with, each for its repositories. */
export class ModuleRegistry extends pulumi.ComponentResource {
  readonly name: pulumi.Output<string>;
  readonly id: pulumi.Output<string>;
  readonly loginServer: pulumi.Output<string>;
  /** What devices pull with. */
  readonly pull: RegistrySignIn;
  /** What the program pushes with. */
  readonly push?: RegistrySignIn;

  /** @param options `providers` must hold the `iotedge` provider, which makes the passwords. */
  constructor(
    name: string,
    args: ModuleRegistryArgs,
    options: pulumi.ComponentResourceOptions & { provider: iotedge.Provider },
  ) {
    const { provider, ...rest } = options;
    super("edge-vision:infra:ModuleRegistry", name, {}, rest);
    const { resourceGroupName } = args;
    // Names of registries are letters and digits.
    const registry = new containerregistry.Registry(
      name.replace(/[^a-z0-9]/g, ""),
      {
        resourceGroupName,
        location: args.location,
        sku: { name: "Basic" },
        adminUserEnabled: false,
        anonymousPullEnabled: false,
        ...(args.tags && { tags: args.tags }),
      },
      { parent: this },
    );
    this.name = registry.name;
    this.id = registry.id;
    this.loginServer = registry.loginServer;
    const signIn = (role: "pull" | "push", actions: string[]): RegistrySignIn => {
      const scope = new containerregistry.ScopeMap(
        `${name}-${role}`,
        {
          resourceGroupName,
          registryName: registry.name,
          scopeMapName: `modules-${role}`,
          description: `${role === "pull" ? "Devices pull" : "The program pushes"} module images`,
          actions: args.repositories.flatMap((repository) =>
            actions.map((action) => `repositories/${repository}/${action}`),
          ),
        },
        { parent: this },
      );
      const token = new containerregistry.Token(
        `${name}-${role}`,
        {
          resourceGroupName,
          registryName: registry.name,
          tokenName: `modules-${role}`,
          scopeMapId: scope.id,
          status: "enabled",
        },
        { parent: this },
      );
      const password = new iotedge.RegistryPullToken(
        `${name}-${role}`,
        { tokenId: token.id, rotation: args.rotation },
        { parent: this, provider },
      );
      return { server: registry.loginServer, username: token.name, password: password.password };
    };
    this.pull = signIn("pull", PULL);
    if (args.push) this.push = signIn("push", PUSH);
    this.registerOutputs({ name: this.name, loginServer: this.loginServer });
  }
}
