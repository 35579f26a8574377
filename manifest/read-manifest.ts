import { DESIRED } from "./deployment";
import { type AgentDeployment, readEdgeAgentDesired } from "./read-edge-agent";
import { type HubConfiguration, readEdgeHubDesired } from "./read-edge-hub";
import { asObject, get } from "./reading";

/** A deployment as the runtime understands it. */
export interface ReadDeployment {
  agent: AgentDeployment;
  hub: HubConfiguration;
}

/**
 * Reads a whole manifest (`{ modulesContent }`, `{ content: { modulesContent } }` or the modules' content itself).
 * @throws ManifestFormatError with every fault of the part that is refused.
 */
export function readManifest(manifest: unknown): ReadDeployment {
  const unwrapped = get(manifest, "content") ?? manifest;
  const content = asObject(get(unwrapped, "modulesContent") ?? unwrapped);
  return {
    agent: readEdgeAgentDesired(asObject(content.$edgeAgent)[DESIRED]),
    hub: readEdgeHubDesired(asObject(content.$edgeHub)[DESIRED]),
  };
}
