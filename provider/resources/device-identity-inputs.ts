/** Inputs of a device identity after `check`: every default is filled in. */
export interface DeviceIdentityInputs {
  deviceId: string;
  edgeEnabled: boolean;
  status: "enabled" | "disabled";
  authentication: {
    type: "sas" | "selfSigned" | "certificateAuthority";
    primaryKey?: string;
    secondaryKey?: string;
    primaryThumbprint?: string;
    secondaryThumbprint?: string;
  };
  tags?: Record<string, unknown>;
}
