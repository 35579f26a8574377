import { secret } from "@edge-vision/iotedge/kit";
import { principalId, subscriptionId, tenantId } from "../../arm/arm-id";
import type { ArmFunction } from "./index";

/** Who is signed in. */
export const getClientConfig: ArmFunction = () =>
  Promise.resolve({ result: { clientId: principalId, objectId: principalId, subscriptionId, tenantId } });

/** A token for the resource manager; the local one takes any. */
export const getClientToken: ArmFunction = () => Promise.resolve({ result: { token: secret("local") } });
