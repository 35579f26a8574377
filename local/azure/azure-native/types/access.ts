import { randomUUID } from "node:crypto";
import { z } from "zod";
import { principalId, subscriptionId, tenantId } from "../../arm/arm-id";
import type { ArmType } from "../../arm/arm-type";
import { ArmError } from "../../arm/errors";
import { tags, uuid } from "./common";
import { textOf } from "../../text-of";

const roleId =
  /^(\/subscriptions\/[^/]+(\/resourceGroups\/[^/]+)?)?\/providers\/Microsoft\.Authorization\/roleDefinitions\/[0-9a-f-]{36}$/i;

export const roleAssignment: ArmType = {
  token: "azure-native:authorization:RoleAssignment",
  type: "Microsoft.Authorization/roleAssignments",
  apiVersion: "2022-04-01",
  scope: { argument: "scope" },
  path: [
    {
      type: "roleAssignments",
      argument: "roleAssignmentName",
      rule: { min: 36, max: 36, pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, words: "the form of a UUID" },
    },
  ],
  autoNaming: "uuid",
  body: z.object({
    condition: z.string().optional(),
    conditionVersion: z.enum(["1.0", "2.0"]).optional(),
    delegatedManagedIdentityResourceId: z.string().optional(),
    description: z.string().max(1024).optional(),
    principalId: uuid,
    principalType: z
      .enum(["User", "Group", "ServicePrincipal", "ForeignGroup", "Device", "AgentUser", "AgentServicePrincipal"])
      .optional(),
    roleDefinitionId: z.string().regex(roleId, "must be the full id of a role definition"),
  }),
  replaceOnChanges: ["principalId"],
  computed: ["scope", "createdBy", "createdOn", "updatedBy", "updatedOn", "principalType"],
  facts: () => ({ createdOn: new Date().toISOString() }),
  outputs: ({ inputs, facts }) => ({
    scope: inputs["scope"] ?? null,
    principalType: inputs["principalType"] ?? "User",
    createdBy: principalId,
    createdOn: facts["createdOn"] ?? null,
    updatedBy: principalId,
    updatedOn: facts["createdOn"] ?? null,
  }),
  precondition: async ({ id, inputs, store }, before) => {
    const scope = textOf(inputs["scope"]);
    const subscription = `/subscriptions/${subscriptionId}`;
    if (scope.toLowerCase() !== subscription && (await store.get(scope)) === undefined) {
      throw new ArmError("ResourceNotFound", `The scope '${scope}' of a role assignment was not found.`);
    }
    if (before !== undefined) {
      if (before["roleDefinitionId"] === inputs["roleDefinitionId"]) return;
      throw new ArmError(
        "RoleAssignmentUpdateNotPermitted",
        "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
      );
    }
    const same = (await store.below(scope)).find(
      (other) =>
        other.token === roleAssignment.token &&
        other.id !== id &&
        other.inputs["scope"] === scope &&
        other.inputs["principalId"] === inputs["principalId"] &&
        other.inputs["roleDefinitionId"] === inputs["roleDefinitionId"],
    );
    if (same !== undefined) throw new ArmError("RoleAssignmentExists", "The role assignment already exists.");
  },
};

export const userAssignedIdentity: ArmType = {
  token: "azure-native:managedidentity:UserAssignedIdentity",
  type: "Microsoft.ManagedIdentity/userAssignedIdentities",
  apiVersion: "2023-01-31",
  scope: "resourceGroup",
  path: [
    {
      type: "userAssignedIdentities",
      argument: "resourceName",
      rule: {
        min: 3,
        max: 128,
        pattern: /^[A-Za-z0-9][\w-]*$/,
        words: "letters, digits, '-' and '_', a letter or digit first",
      },
    },
  ],
  autoNaming: "random",
  located: true,
  body: z.object({ tags }),
  computed: ["clientId", "principalId", "tenantId"],
  facts: () => ({ clientId: randomUUID(), principalId: randomUUID() }),
  outputs: ({ facts }) => ({
    clientId: facts["clientId"] ?? null,
    principalId: facts["principalId"] ?? null,
    tenantId,
  }),
};
