import { SasError } from "../../protocol/sas";
import { parseUserName } from "../../protocol/topics";

/** What a client says of itself when it connects. */
export interface Connect {
  userName: string;
  clientId: string;
}

/**
 * The module that a client claims to be; its token is not checked here.
 *
 * @throws SasError when it is no module of this device
 */
export function signInOf(
  { userName, clientId }: Connect,
  { hubHostName, deviceId }: { hubHostName: string; deviceId: string },
): { moduleId: string } {
  const user = parseUserName(userName);
  const moduleId = user?.identity.moduleId;
  if (user === undefined || moduleId === undefined) {
    throw new SasError(
      "MALFORMED",
      "The user name must be <hub>/<device>/<module>/?api-version=…; only modules connect here.",
    );
  }
  if (user.hostName.toLowerCase() !== hubHostName.toLowerCase() || user.identity.deviceId !== deviceId) {
    throw new SasError(
      "WRONG_RESOURCE",
      `The user name is for ${user.hostName}/${user.identity.deviceId}, this is ${hubHostName}/${deviceId}.`,
    );
  }
  if (clientId !== `${deviceId}/${moduleId}`) {
    throw new SasError("WRONG_RESOURCE", `The client id ${clientId} is not ${deviceId}/${moduleId}.`);
  }
  return { moduleId };
}
