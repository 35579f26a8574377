import { Checker } from "@edge-vision/iotedge/kit";
import type { CheckRequest, CheckResult, PropertyMap } from "@edge-vision/iotedge/kit";
import { z } from "zod";
import type { ArmType, NameRule } from "./arm-type";
import { autoName, createBeforeDelete } from "./auto-name";
import type { ArmCloud } from "./cloud";
import { checkReferences } from "./references";
import { checkShape } from "./shape";

const groupName: NameRule = {
  min: 1,
  max: 90,
  pattern: /^[-\w._()]*[-\w_()]$/,
  words: "letters, digits, '.', '_', '-', '(' and ')', not ending with '.'",
};

/** Fills in name and location as azure-native does, and reports every fault of the arguments. */
export async function checkArguments(type: ArmType, cloud: ArmCloud, request: CheckRequest): Promise<CheckResult> {
  const inputs: PropertyMap = { ...request.news };
  fillName(type, request, inputs);
  if (type.located === true && inputs["location"] === undefined) await fillLocation(cloud, inputs);

  const checker = new Checker(inputs);
  const schema = type.body.extend({
    ...Object.fromEntries(
      type.path.flatMap(({ argument }) => (argument === undefined ? [] : [[argument, z.any().optional()]])),
    ),
    ...(type.scope === "resourceGroup" ? { resourceGroupName: z.any().optional() } : {}),
    ...(typeof type.scope === "object" ? { [type.scope.argument]: z.any().optional() } : {}),
    ...(type.located === true ? { location: z.any().optional() } : {}),
  });
  if (type.located === true) checker.read(["location"], "string", { required: true, what: "an Azure region" });
  if (type.scope === "resourceGroup") checkName(checker, "resourceGroupName", groupName);
  if (typeof type.scope === "object") checkScope(checker, type.scope.argument);
  for (const { argument, rule } of type.path) if (argument !== undefined) checkName(checker, argument, rule);
  checkShape(checker, schema.strict());
  checkReferences(type, checker);
  type.rules?.(checker);
  return { inputs, failures: checker.failures };
}

function fillName(type: ArmType, request: CheckRequest, inputs: PropertyMap): void {
  const argument = type.path.at(-1)?.argument;
  if (argument === undefined || (inputs[argument] !== undefined && inputs[argument] !== null)) return;
  const old = request.olds?.[argument];
  if (old !== undefined) {
    inputs[argument] = old;
    if (request.olds?.[createBeforeDelete] === true) inputs[createBeforeDelete] = true;
    return;
  }
  const made = autoName(request, type.autoNaming);
  if (made === undefined) return;
  inputs[argument] = made.name;
  if (made.random) inputs[createBeforeDelete] = true;
}

async function fillLocation(cloud: ArmCloud, inputs: PropertyMap): Promise<void> {
  const group = inputs["resourceGroupName"];
  const location =
    cloud.defaultLocation ?? (typeof group === "string" ? await cloud.locationOfGroup(group) : undefined);
  if (location !== undefined) inputs["location"] = location;
}

function checkName(checker: Checker, argument: string, rule: NameRule | undefined): void {
  const name = checker.read([argument], "string", { required: true, what: "a name" });
  if (name === undefined || rule === undefined) return;
  if (name.length < rule.min || name.length > rule.max) {
    checker.fail([argument], `"${name}" has ${name.length} characters; ${rule.min} to ${rule.max} are allowed.`);
  }
  if (!rule.pattern.test(name)) checker.fail([argument], `"${name}" is not allowed: a name has ${rule.words}.`);
}

function checkScope(checker: Checker, argument: string): void {
  const scope = checker.read([argument], "string", { required: true, what: "the id of a resource" });
  if (scope !== undefined && !/^\/(subscriptions|providers)\//i.test(scope)) {
    checker.fail([argument], `"${scope}" is not an id: it must start with /subscriptions/.`);
  }
}
