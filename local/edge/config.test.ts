import { parseEdgeConfig, EdgeConfigError } from "./config";

const key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

function faultsOf(text: string): readonly string[] {
  try {
    parseEdgeConfig(text);
  } catch (error) {
    return (error as EdgeConfigError).faults;
  }
  return [];
}

describe("config.toml", () => {
  test("a connection string", () => {
    const text = `
      hostname = "car-park"
      [provisioning]
      source = "manual"
      connection_string = "HostName=h.azure-devices.net;DeviceId=d;SharedAccessKey=${key}"
      [agent]
      name = "edgeAgent"`;
    expect(parseEdgeConfig(text)).toEqual({
      hubHostName: "h.azure-devices.net",
      deviceId: "d",
      deviceKey: key,
      hostname: "car-park",
    });
  });

  test("a SAS key beside host name and device id", () => {
    const text = `
      [provisioning]
      source = "manual"
      iothub_hostname = "h.azure-devices.net"
      device_id = "d"
      [provisioning.authentication]
      method = "sas"
      device_id_pk = { value = "${key}" }`;
    expect(parseEdgeConfig(text)).toEqual({ hubHostName: "h.azure-devices.net", deviceId: "d", deviceKey: key });
  });

  test.each([
    ["no provisioning", `hostname = "x"`, ["the table [provisioning] is missing"]],
    [
      "DPS",
      `[provisioning]\nsource = "dps"`,
      ['provisioning.source "dps" is not supported on this machine; use source = "manual"'],
    ],
    [
      "x509",
      `[provisioning]\nsource = "manual"\niothub_hostname = "h"\ndevice_id = "d"\n[provisioning.authentication]\nmethod = "x509"`,
      ['provisioning.authentication.method "x509" is not supported on this machine; use method = "sas"'],
    ],
    [
      "several faults at once",
      `hostname = 3\n[provisioning]\nsource = "manual"\n[provisioning.authentication]\nmethod = "sas"\ndevice_id_pk = { value = "no key" }`,
      [
        "hostname must be a text that is not empty",
        "provisioning.iothub_hostname is missing",
        "provisioning.device_id is missing",
        "provisioning.authentication.device_id_pk.value is not a base64 key",
      ],
    ],
    [
      "a connection string without a key",
      `[provisioning]\nsource = "manual"\nconnection_string = "HostName=h;DeviceId=d"`,
      ["provisioning.connection_string: The connection string cannot be used: SharedAccessKey is missing"],
    ],
  ])("%s is told", (_name, text, faults) => {
    expect(faultsOf(text)).toEqual(faults);
  });

  test("a syntax error is told without the line's content", () => {
    const text = `[provisioning]\nsource = "manual"\nconnection_string = "HostName=h;SharedAccessKey=secret`;
    expect(faultsOf(text)).toHaveLength(1);
    expect(faultsOf(text)[0]).toMatch(/^it is not TOML \(line 3, column \d+\)$/);
  });
});
