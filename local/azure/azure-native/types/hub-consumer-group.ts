import { z } from "zod";
import { lastName } from "../../arm/arm-id";
import { type ArmType, type Situation, situationOf } from "../../arm/arm-type";
import { ArmError } from "../../arm/errors";
import { hex } from "./common";
import { consumerGroupToken, writeDirectory } from "./hub-directory";

/** What a hub's built-in endpoint takes (IoT Hub quotas). */
const mostGroups = 20;

export const hubConsumerGroup: ArmType = {
  token: consumerGroupToken,
  type: "Microsoft.Devices/IotHubs/eventHubEndpoints/ConsumerGroups",
  apiVersion: "2023-06-30",
  scope: "resourceGroup",
  path: [
    { type: "IotHubs", argument: "resourceName" },
    {
      type: "eventHubEndpoints",
      argument: "eventHubEndpointName",
      implied: true,
      rule: { min: 1, max: 50, pattern: /^events$/, words: "only the built-in endpoint's: events" },
    },
    {
      type: "ConsumerGroups",
      argument: "name",
      rule: { min: 1, max: 50, pattern: /^[\w.-]+$/, words: "letters, digits, '.', '_' and '-'" },
    },
  ],
  autoNaming: "copy",
  body: z.object({ properties: z.strictObject({ name: z.string() }) }),
  rules: (checker) => {
    const [name, again] = [checker.read(["name"], "string"), checker.read(["properties", "name"], "string")];
    if (name !== undefined && again !== undefined && name !== again) {
      checker.fail(["properties", "name"], `is "${again}"; it must be the same as name, "${name}".`);
    }
  },
  replaceOnChanges: ["properties.name"],
  computed: ["etag", "properties.created"],
  facts: () => ({ etag: hex(8), created: new Date().toUTCString() }),
  outputs: ({ name, facts }) => ({
    etag: facts["etag"] ?? null,
    properties: { name, created: facts["created"] ?? null },
  }),
  precondition: async ({ id, store }) => {
    const others = await store.below(id.slice(0, id.lastIndexOf("/")));
    // One is always there: $Default.
    if (others.filter((other) => other.id !== id).length + 1 < mostGroups) return;
    throw new ArmError("400306", `The endpoint of '${hubIdOf(id)}' has ${mostGroups} consumer groups already.`);
  },
  written: rewriteDirectory,
  removed: rewriteDirectory,
};

async function rewriteDirectory({ id, store, stateFolder }: Situation): Promise<void> {
  const hub = await store.get(hubIdOf(id));
  if (hub !== undefined) await writeDirectory(situationOf(hub, store, stateFolder));
}

function hubIdOf(id: string): string {
  const hub = id.slice(0, id.toLowerCase().indexOf("/eventhubendpoints/"));
  return lastName(hub) === "" ? id : hub;
}
