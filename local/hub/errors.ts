/** A refusal as IoT Hub words it: `code` goes into `{"Message":"ErrorCode:<code>;<message>"}`, `status` is the HTTP status. */
export class HubError extends Error {
  override readonly name = "HubError";
  constructor(
    readonly code: string,
    readonly status: number,
    message: string,
    /** Seconds for the header `Retry-After`. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

/** Every refusal of the hub, in one place. */
export const refuse = {
  argument: (message: string): HubError => new HubError("ArgumentInvalid", 400, message),
  invalidProtocol: (message: string): HubError => new HubError("InvalidProtocolVersion", 400, message),
  unauthorized: (message: string): HubError => new HubError("IotHubUnauthorizedAccess", 401, message),
  quotaExceeded: (message: string): HubError => new HubError("IotHubQuotaExceeded", 403, message),
  tooManyDevices: (message: string): HubError => new HubError("TooManyDevices", 403, message),
  tooManyModules: (message: string): HubError => new HubError("TooManyModulesOnDevice", 403, message),
  hubNotFound: (hostName: string): HubError => new HubError("IotHubNotFound", 404, `There is no hub ${hostName}.`),
  deviceNotFound: (deviceId: string): HubError =>
    new HubError("DeviceNotFound", 404, `The device ${deviceId} is not registered.`),
  moduleNotFound: (deviceId: string, moduleId: string): HubError =>
    new HubError("ModuleNotFound", 404, `The module ${moduleId} is not registered on the device ${deviceId}.`),
  configurationNotFound: (id: string): HubError =>
    new HubError("ConfigurationNotFound", 404, `There is no configuration ${id}.`),
  notOnline: (who: string): HubError =>
    new HubError("DeviceNotOnline", 404, `${who} is not connected, or does not listen for direct methods.`),
  notFound: (what: string): HubError => new HubError("NotFound", 404, `The local hub does not serve ${what}.`),
  deviceExists: (deviceId: string): HubError =>
    new HubError("DeviceAlreadyExists", 409, `A device ${deviceId} is registered already.`),
  moduleExists: (deviceId: string, moduleId: string): HubError =>
    new HubError("ModuleAlreadyExistsOnDevice", 409, `The device ${deviceId} has a module ${moduleId} already.`),
  configurationExists: (id: string): HubError =>
    new HubError("ConfigurationAlreadyExists", 409, `A configuration ${id} exists already.`),
  precondition: (what: string): HubError =>
    new HubError("PreconditionFailed", 412, `${what} was changed since it was read: the etag does not match.`),
  tooLarge: (message: string): HubError => new HubError("MessageTooLarge", 413, message),
  throttled: (message: string, retryAfter: number): HubError =>
    new HubError("ThrottlingException", 429, message, retryAfter),
  internal: (message: string): HubError => new HubError("ServerError", 500, message),
  timeout: (message: string): HubError => new HubError("GatewayTimeout", 504, message),
};
