import type { ArmType } from "../../arm/arm-type";
import { hubConsumerGroup } from "./hub-consumer-group";
import { iotHub } from "./iot-hub";
import { registry } from "./registry";
import { scopeMap, token } from "./registry-access";
import { resourceGroup } from "./resource-group";

/** All types of Azure that the local world has. */
export const armTypes: readonly ArmType[] = [resourceGroup, iotHub, hubConsumerGroup, registry, scopeMap, token];
