import { mkdir } from "node:fs/promises";
import type { Logger } from "pino";
import { ensureCertificates } from "../protocol/certificates";
import { answerMethod } from "./agent/agent-methods";
import { EdgeAgent } from "./agent/edge-agent";
import { ModuleFleet } from "./agent/module-fleet";
import { readStatus } from "./agent/read-status";
import { RuntimeTwin } from "./agent/runtime-twin";
import { StatusFile } from "./agent/status-file";
import type { EdgeConfig } from "./config";
import { EdgeHub } from "./hub/edge-hub";
import { configureHub, hubReported, type HubConfigurationStatus } from "./hub/hub-configuration";
import type { HubEndpoint } from "./hub-endpoint";
import { HubRegistry } from "./identity/hub-registry";
import { IdentityService } from "./identity/identity-service";
import { edgePaths } from "./paths";
import { PortKeeper } from "./process/ports";
import { endOrphans, ProcessTable } from "./process/process-table";
import { claimState } from "./state-owner";
import { WorkloadApi } from "./workload/workload-api";

export interface RuntimeOptions {
  config: EdgeConfig;
  /** The device's state folder. */
  state: string;
  /** The local image store. */
  images: string;
  /** None: the hub is where its name says. */
  endpoint?: HubEndpoint;
  /** Added to every module's environment. */
  environment: Record<string, string>;
  log: Logger;
}

/** The release whose behaviour this follows. */
const runtimeVersion = "1.6.1";
const workloadApiVersion = "2022-08-03";
const edgeHubPort = "8883/tcp";
/** edgeHub's entry in the port table; no module can have this name. */
const edgeHubName = "$edgeHub";

/** One device's IoT Edge runtime: edgeAgent, edgeHub, the workload API and the modules' processes. */
export class EdgeRuntime {
  private constructor(
    readonly port: number,
    private readonly parts: {
      agentTwin: RuntimeTwin;
      hubTwin: RuntimeTwin;
      fleet: ModuleFleet;
      hub: EdgeHub;
      workload: WorkloadApi;
      status: StatusFile;
    },
  ) {}

  static async start(options: RuntimeOptions): Promise<EdgeRuntime> {
    const { config, endpoint, log } = options;
    const { hubHostName, deviceId } = config;
    const paths = edgePaths(options.state);
    await mkdir(paths.state, { recursive: true });
    const orphans = await endOrphans(paths.processes);
    if (orphans.length > 0) log.warn({ modules: orphans }, "modules of an earlier run were still there and were ended");

    await claimState(paths, config, log);
    await mkdir(paths.twins, { recursive: true });
    const startedAt = new Date().toISOString();
    const certificates = await ensureCertificates(paths.certificates, {
      authority: `edge-vision device ${deviceId}`,
      names: ["localhost"],
      addresses: ["127.0.0.1"],
    });
    const identities = await IdentityService.open(new HubRegistry(config, endpoint), paths.identities, log);
    const ports = await PortKeeper.open(paths.ports);
    const port = (await ports.assign(edgeHubName, [edgeHubPort], false))[edgeHubPort] ?? 0;
    const workload = new WorkloadApi({ folder: paths.sockets, identities, trustBundle: certificates.ca.pem, log });

    const changed = (): void => {
      status.changed();
      const reported = agent.reported();
      if (reported !== undefined) agentTwin.report(reported);
    };
    const hub = await EdgeHub.start({
      hubHostName,
      deviceId,
      ...(endpoint === undefined ? {} : { endpoint }),
      identities,
      certificate: certificates.server,
      port,
      messages: paths.messages,
      twins: paths.twins,
      counted: () => {
        status.changed();
      },
      clientsChanged: () => {
        reportHub();
      },
      log,
    });
    const fleet = new ModuleFleet({
      paths,
      images: options.images,
      ports,
      table: new ProcessTable(paths.processes),
      base: { ...machineEnvironment(), ...options.environment },
      identity: async (moduleId) => ({
        IOTEDGE_WORKLOADURI: await workload.serve(moduleId),
        IOTEDGE_AUTHSCHEME: "sasToken",
        IOTEDGE_MODULEGENERATIONID: (await identities.get(moduleId)).generationId,
        IOTEDGE_DEVICEID: deviceId,
        IOTEDGE_MODULEID: moduleId,
        IOTEDGE_IOTHUBHOSTNAME: hubHostName,
        IOTEDGE_GATEWAYHOSTNAME: `localhost:${port}`,
        IOTEDGE_APIVERSION: workloadApiVersion,
        RuntimeLogLevel: "info",
      }),
      starting: (moduleId) => hub.forget(moduleId),
      removed: async (moduleId) => {
        await hub.remove(moduleId);
        await workload.end(moduleId);
      },
      changed,
      log,
    });
    const agent = new EdgeAgent({
      identities,
      fleet,
      expect: (moduleId) => hub.expect(moduleId),
      changed,
      startedAt,
      version: runtimeVersion,
      log,
    });
    const key = (moduleId: string) => async (refused: boolean) =>
      (await identities.get(moduleId, { fresh: refused })).primaryKey;
    const connection = { hubHostName, deviceId, ...(endpoint === undefined ? {} : { endpoint }), log };
    const agentTwin = new RuntimeTwin({
      ...connection,
      moduleId: "$edgeAgent",
      key: key("$edgeAgent"),
      file: paths.deployment,
      onDesired: (desired) => agent.take(desired),
      onConnection: () => {
        status.changed();
      },
      onMethod: (call, twin) => {
        const answer = answerMethod(call.name, call.body, fleet);
        twin.upstream.respond(call.requestId, answer.status, answer.payload).catch(() => undefined);
      },
    });
    let hubStatus: HubConfigurationStatus | undefined;
    const reportHub = (): void => {
      if (hubStatus !== undefined) hubTwin.report(hubReported(deviceId, hub, hubStatus));
    };
    const hubTwin = new RuntimeTwin({
      ...connection,
      moduleId: "$edgeHub",
      key: key("$edgeHub"),
      file: paths.hubConfiguration,
      onDesired: (desired) => {
        hubStatus = configureHub(hub, desired, log);
        reportHub();
        return hubStatus.code === 200;
      },
    });
    const status = new StatusFile(
      paths.status,
      () => {
        const connected = agentTwin.upstream.isConnected;
        return readStatus({ deviceId, agent, fleet, hub, ports, port, startedAt, connected, logs: paths.logs });
      },
      log,
    );
    await status.flush();
    hubTwin.start();
    agentTwin.start();
    return new EdgeRuntime(port, { agentTwin, hubTwin, fleet, hub, workload, status });
  }

  /** Modules first, so that what they still send is stored. */
  async close(): Promise<void> {
    const { agentTwin, hubTwin, fleet, hub, workload, status } = this.parts;
    agentTwin.stop();
    await fleet.close();
    hubTwin.stop();
    await hub.close();
    await workload.close();
    await status.flush();
  }
}

function machineEnvironment(): Record<string, string> {
  const taken = ["PATH", "HOME", "LANG"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(taken);
}
