import { secret } from "@edge-vision/iotedge/kit";
import { ArmError } from "../../arm/errors";
import { requireResource } from "../../arm/require-resource";
import { registry } from "../types/registry";
import type { ArmFunction } from "./index";

/** The admin user's name and passwords, where it is enabled. */
export const registryCredentials: ArmFunction = async (args, cloud) => {
  const { inputs, facts, name } = await requireResource(registry, args, cloud);
  if (inputs["adminUserEnabled"] !== true) {
    throw new ArmError("UnauthorizedForCredentialOperations", `Registry '${name}' has no admin user enabled.`);
  }
  const values = facts["adminPasswords"] as string[];
  const passwords = values.map((value, index) => ({
    name: index === 0 ? "password" : "password2",
    value: secret(value),
  }));
  return { result: { username: name, passwords } };
};
