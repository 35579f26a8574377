/** Where the TCP connections to the hub go, when not to the host of its name. */
export interface HubEndpoint {
  host: string;
  httpsPort: number;
  mqttPort: number;
  /** Path of the PEM file of the authority that the hub's certificate is checked against. */
  caPath: string;
  ca: string;
}
