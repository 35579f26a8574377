import type { TokenCredential } from "@azure/identity";
import {
  type AnyResource,
  type CheckResult,
  type ConfigureRequest,
  diffProperties,
  type PropertyDiff,
  type PropertyMap,
  type Provider,
  ProviderError,
} from "../kit";
import { type PackageSchema, packageSchema } from "../schema/package-schema";
import { checkConfiguration, hostNameOf, type ProviderConfiguration } from "./configuration";
import { DeviceDeploymentResource } from "./device-deployment";
import { DeviceIdentityResource } from "./device-identity";
import { EnrollmentGroupResource } from "./enrollment-group";
import { FleetDeploymentResource } from "./fleet-deployment";
import { HubClient } from "./hub-client";
import { ProvisioningClient } from "./provisioning-client";
import { RegistryClient } from "./registry-client";
import { RegistryPullTokenResource } from "./registry-pull-token";

/** The provider `iotedge`: what it is configured with, and its resource types. */
export class IotEdgeProvider implements Provider {
  readonly name = "iotedge";
  private configuration: ProviderConfiguration = {};
  private hub: HubClient | undefined;
  private provisioning: ProvisioningClient | undefined;
  private registry: RegistryClient | undefined;
  private credential: Promise<TokenCredential> | undefined;
  private readonly resources: ReadonlyMap<string, AnyResource>;

  constructor(readonly version: string) {
    const hub = (): HubClient => (this.hub ??= this.connectHub());
    const all: AnyResource[] = [
      new DeviceIdentityResource(hub),
      new DeviceDeploymentResource(hub),
      new FleetDeploymentResource(hub),
      new EnrollmentGroupResource(() => (this.provisioning ??= this.connectProvisioning())),
      new RegistryPullTokenResource(() => (this.registry ??= this.connectResourceManager())),
    ];
    this.resources = new Map(all.map((resource) => [resource.token, resource]));
  }

  get unknownTokenHint(): string {
    return `It has ${[...this.resources.keys()].join(", ")}.`;
  }

  resource(token: string): AnyResource | undefined {
    return this.resources.get(token);
  }

  schema(): PackageSchema {
    return packageSchema(this.version);
  }

  checkConfig(news: PropertyMap): CheckResult {
    return checkConfiguration(news);
  }

  /** Another hub holds other resources; another key or another way to the same hub changes nothing. */
  diffConfig(olds: PropertyMap, news: PropertyMap): PropertyDiff[] {
    return diffProperties(olds, news);
  }

  configure({ configuration }: ConfigureRequest): void {
    this.close();
    this.configuration = configuration;
  }

  close(): void {
    this.hub?.close();
    this.hub = undefined;
    this.provisioning?.close();
    this.provisioning = undefined;
    this.registry = undefined;
  }

  private connectHub(): HubClient {
    const { connectionString, endpoint, hostName = hostNameOf(connectionString) } = this.configuration;
    if (hostName === undefined) {
      throw new ProviderError(
        "NOT_CONFIGURED",
        "The provider iotedge does not know its IoT Hub: give the resource a provider " +
          "(new iotedge.Provider(…, { connectionString })) or set iotedge:connectionString or iotedge:hostName.",
      );
    }
    const credential = connectionString === undefined ? { token: this.lazyCredential() } : { connectionString };
    return new HubClient({ hostName, credential, ...(endpoint === undefined ? {} : { endpoint }) });
  }

  private connectProvisioning(): ProvisioningClient {
    const { provisioningConnectionString: connectionString, provisioningEndpoint: endpoint } = this.configuration;
    const hostName = this.configuration.provisioningHostName ?? hostNameOf(connectionString);
    if (hostName === undefined) {
      throw new ProviderError(
        "NOT_CONFIGURED",
        "The provider iotedge does not know the Device Provisioning Service: set provisioningConnectionString, or " +
          "provisioningHostName to sign in with Entra ID.",
      );
    }
    const credential = connectionString === undefined ? { token: this.lazyCredential() } : { connectionString };
    return new ProvisioningClient({ hostName, credential, ...(endpoint === undefined ? {} : { endpoint }) });
  }

  private connectResourceManager(): RegistryClient {
    return new RegistryClient(() => this.signIn(), this.configuration.resourceManagerEndpoint);
  }

  /** Entra ID's library is large: it is loaded when somebody signs in with it. */
  private signIn(): Promise<TokenCredential> {
    return (this.credential ??= import("@azure/identity").then(
      ({ DefaultAzureCredential }) => new DefaultAzureCredential(),
    ));
  }

  private lazyCredential(): TokenCredential {
    return { getToken: async (...args) => (await this.signIn()).getToken(...args) };
  }
}
