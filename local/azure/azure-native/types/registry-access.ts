import { z } from "zod";
import type { ArmType, NameRule } from "../../arm/arm-type";
import { ArmError } from "../../arm/errors";
import { registryPath } from "./registry";

const rule: NameRule = {
  min: 5,
  max: 50,
  pattern: /^[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*$/,
  words: "letters, digits and single hyphens between them",
};

const action = z
  .string()
  .regex(
    /^(repositories\/(\*|[a-z0-9._/-]+(\/\*)?)\/(content\/(read|write|delete)|metadata\/(read|write))|gateway\/[\w-]+\/(config|message)\/(read|write))$/,
    "must be repositories/{name}/content/(read|write|delete) or repositories/{name}/metadata/(read|write)",
  );

export const scopeMap: ArmType = {
  token: "azure-native:containerregistry:ScopeMap",
  type: "Microsoft.ContainerRegistry/registries/scopeMaps",
  apiVersion: "2024-11-01-preview",
  scope: "resourceGroup",
  path: [registryPath, { type: "scopeMaps", argument: "scopeMapName", rule }],
  autoNaming: "copy",
  body: z.object({ actions: z.array(action).min(1).max(500), description: z.string().max(256).optional() }),
  computed: ["creationDate", "provisioningState"],
  facts: () => ({ creationDate: new Date().toISOString() }),
  outputs: ({ facts }) => ({ creationDate: facts["creationDate"] ?? null, provisioningState: "Succeeded" }),
};

export const token: ArmType = {
  token: "azure-native:containerregistry:Token",
  type: "Microsoft.ContainerRegistry/registries/tokens",
  apiVersion: "2024-11-01-preview",
  scope: "resourceGroup",
  path: [registryPath, { type: "tokens", argument: "tokenName", rule }],
  autoNaming: "copy",
  body: z.object({
    scopeMapId: z.string().optional(),
    status: z.enum(["enabled", "disabled"]).optional(),
    credentials: z
      .strictObject({
        certificates: z.array(z.record(z.string(), z.any())).optional(),
        passwords: z.array(z.record(z.string(), z.any())).optional(),
      })
      .optional(),
  }),
  rules: (checker) => {
    const id = checker.read(["scopeMapId"], "string");
    if (
      id !== undefined &&
      !/\/providers\/Microsoft\.ContainerRegistry\/registries\/[^/]+\/scopeMaps\/[^/]+$/i.test(id)
    ) {
      checker.fail(["scopeMapId"], `"${id}" is no id of a scope map.`);
    }
  },
  computed: ["creationDate", "provisioningState"],
  facts: () => ({ creationDate: new Date().toISOString(), passwords: [] }),
  outputs: ({ inputs, facts }) => ({
    status: inputs["status"] ?? "enabled",
    credentials: { certificates: [], passwords: [] },
    creationDate: facts["creationDate"] ?? null,
    provisioningState: "Succeeded",
  }),
  precondition: async ({ inputs, store }) => {
    const id = inputs["scopeMapId"];
    // Those with a leading underscore belong to the registry itself: _repositories_pull and the like.
    if (typeof id !== "string" || /\/scopeMaps\/_[^/]*$/.test(id) || (await store.get(id)) !== undefined) return;
    throw new ArmError("ScopeMapNotFound", `The scope map '${id}' was not found.`);
  },
};
