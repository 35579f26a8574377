/** What a check cannot see in the manifest itself. */
export interface ValidationOptions {
  /** Ports that each module's server listens on inside its container. @default its ExposedPorts */
  serverPorts?: Readonly<Record<string, readonly number[]>>;
  /** Devices of the host that each module needs. @default none */
  devices?: Readonly<Record<string, readonly string[]>>;
  /** Inputs that each module has; a module that is not named here is not checked. */
  inputs?: Readonly<Record<string, readonly string[]>>;
  /** Whether a module's image without a digest is an error. @default a warning */
  requireDigests?: boolean;
}
