import type { ArmType } from "../../arm/arm-type";
import { roleAssignment, userAssignedIdentity } from "./access";
import { blobContainer, blobServiceProperties } from "./blob-storage";
import { hubConsumerGroup } from "./hub-consumer-group";
import { iotHub } from "./iot-hub";
import { vault } from "./key-vault";
import { mlCompute, mlDatastore, mlWorkspace } from "./ml-workspace";
import { diagnosticSetting, insights, logWorkspace } from "./monitoring";
import { provisioningService } from "./provisioning-service";
import { registry } from "./registry";
import { scopeMap, token } from "./registry-access";
import { resourceGroup } from "./resource-group";
import { storageAccount } from "./storage-account";

/** All types of Azure that the local world has. */
export const armTypes: readonly ArmType[] = [
  resourceGroup,
  iotHub,
  hubConsumerGroup,
  provisioningService,
  registry,
  scopeMap,
  token,
  storageAccount,
  blobServiceProperties,
  blobContainer,
  vault,
  logWorkspace,
  insights,
  diagnosticSetting,
  mlWorkspace,
  mlCompute,
  mlDatastore,
  roleAssignment,
  userAssignedIdentity,
];
