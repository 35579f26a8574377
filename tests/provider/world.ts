import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ProviderArgs } from "@edge-vision/iotedge";
import { ResourceStore } from "@edge-vision/local/dist/azure/arm/resource-store";
import { resourceManager } from "@edge-vision/local/dist/azure/resource-manager/server";
import { ensureCertificates } from "@edge-vision/local/dist/protocol/certificates";
import { FaultProxy } from "./fault-proxy";
import { LocalHub } from "./local-hub";
import { ProvisioningService } from "@edge-vision/local/dist/azure/testing/provisioning-service";

const registryId =
  "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/test/providers/Microsoft.ContainerRegistry/registries/test";

/** The folder of the provider's executable. */
export const providers = [{ name: "iotedge", path: path.resolve(__dirname, "../../provider/bin") }];

/** Everything that the provider talks to, on this machine. */
export class World {
  private constructor(
    readonly hub: LocalHub,
    /** In front of the hub. */
    readonly proxy: FaultProxy,
    /** In front of the other two services. */
    readonly proxies: { provisioning: FaultProxy; resourceManager: FaultProxy },
    readonly provisioning: ProvisioningService,
    readonly providerArgs: ProviderArgs,
    readonly store: ResourceStore,
    readonly close: () => Promise<void>,
  ) {}

  static async start(): Promise<World> {
    const folder = await mkdtemp(path.join(tmpdir(), "edge-vision-provider-"));
    const { ca, server } = await ensureCertificates(folder, {
      authority: "test",
      names: ["*.azure-devices.net", "*.azure-devices-provisioning.net"],
    });
    const tls = { ...server, ca: ca.pem };
    const hub = await LocalHub.start();
    const provisioning = new ProvisioningService(server, ca.pem);
    await provisioning.listen();
    const resources = resourceManager(folder);
    await resources.listen({ host: "127.0.0.1", port: 0 });
    const { port } = resources.server.address() as AddressInfo;
    const proxy = new FaultProxy(tls, hub.endpoint);
    const proxies = {
      provisioning: new FaultProxy(tls, provisioning.endpoint),
      resourceManager: new FaultProxy(undefined, { host: "127.0.0.1", port }),
    };
    const all = [proxy, ...Object.values(proxies)];
    await Promise.all(all.map((each) => each.listen()));
    const args: ProviderArgs = {
      connectionString: hub.connectionString,
      endpoint: proxy.endpoint,
      provisioningConnectionString: provisioning.connectionString,
      provisioningEndpoint: proxies.provisioning.endpoint,
      resourceManagerEndpoint: `http://127.0.0.1:${proxies.resourceManager.endpoint.port}`,
    };
    return new World(hub, proxy, proxies, provisioning, args, new ResourceStore(folder), async () => {
      await Promise.all(all.map((each) => each.close()));
      await Promise.all([provisioning.close(), resources.close()]);
      await hub.close();
      await rm(folder, { recursive: true, force: true });
    });
  }

  /** A token of a registry, without passwords; its resource id. */
  async createToken(name: string): Promise<string> {
    const id = `${registryId}/tokens/${name}`;
    await this.store.put({ id, token: "azure-native:containerregistry:Token", inputs: {}, facts: {} });
    return id;
  }

  /** What an administrator does to a token whose password got out. */
  async revokePasswords(id: string): Promise<void> {
    const token = await this.store.get(id);
    if (token !== undefined) await this.store.put({ ...token, facts: { ...token.facts, passwords: [] } });
  }

  /** Names of the passwords that a token has. */
  async passwordsOf(id: string): Promise<string[]> {
    const token = await this.store.get(id);
    return ((token?.facts["passwords"] ?? []) as { name: string }[]).map(({ name }) => name);
  }
}
