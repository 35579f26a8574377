import type { HubConnection } from "@edge-vision/monitor";
import { readHub } from "../../hub/directory";
import { Failure } from "../failure";
import { pathsOf, type Project } from "../project";
import type { ProcessStatus } from "../supervisor/protocol";

/** How a reader of events reaches the hub that runs here. */
export async function connectionOf(project: Project, hubHostName: string, hub: ProcessStatus): Promise<HubConnection> {
  const name = hubHostName.split(".")[0] ?? hubHostName;
  const record = await readHub(pathsOf(project).hub, name);
  const policy = record?.policies.find(({ keyName }) => keyName === "service") ?? record?.policies[0];
  if (!record || !policy)
    throw new Failure("SERVICE", `The hub ${hubHostName} is not there: run edge-vision up again.`);
  const { https, amqp } = hub.ports;
  const ca = hub.ready?.["ca"];
  if (https === undefined || amqp === undefined || typeof ca !== "string") {
    throw new Failure("SERVICE", "The hub is starting: try again in a moment.");
  }
  return {
    hostName: record.hostName,
    keyName: policy.keyName,
    key: policy.primaryKey,
    eventHubPath: record.eventHub.path,
    local: { host: "127.0.0.1", httpsPort: https, amqpPort: amqp, ca },
  };
}
