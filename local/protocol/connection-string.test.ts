import {
  formatConnectionString,
  parseConnectionString,
  parseDeviceConnectionString,
  parseServiceConnectionString,
} from "./connection-string";

describe("connection strings", () => {
  test("a value may contain an equals sign", () => {
    expect(parseConnectionString("HostName=h;SharedAccessKey=abc==;")).toEqual({
      HostName: "h",
      SharedAccessKey: "abc==",
    });
  });

  test("a service's connection string", () => {
    expect(parseServiceConnectionString("HostName=h;SharedAccessKeyName=iothubowner;SharedAccessKey=k=")).toEqual({
      hostName: "h",
      sharedAccessKeyName: "iothubowner",
      sharedAccessKey: "k=",
    });
  });

  test("a device's, a module's and a certificate's connection string", () => {
    expect(parseDeviceConnectionString("hostname=h;deviceid=d;SharedAccessKey=k")).toEqual({
      hostName: "h",
      deviceId: "d",
      sharedAccessKey: "k",
    });
    expect(parseDeviceConnectionString("HostName=h;DeviceId=d;ModuleId=m;SharedAccessKey=k;GatewayHostName=g")).toEqual(
      {
        hostName: "h",
        deviceId: "d",
        moduleId: "m",
        sharedAccessKey: "k",
        gatewayHostName: "g",
      },
    );
    expect(parseDeviceConnectionString("HostName=h;DeviceId=d;x509=true")).toEqual({
      hostName: "h",
      deviceId: "d",
      x509: true,
    });
  });

  test("all faults are named, no value is shown", () => {
    expect(() => parseServiceConnectionString("HostName=h")).toThrow(
      "The connection string cannot be used: SharedAccessKeyName is missing; SharedAccessKey is missing.",
    );
    expect(() => parseConnectionString("HostName=h;hostname=i;secret")).toThrow(
      "The connection string cannot be used: hostname stands twice; part 3 is not Name=value.",
    );
  });

  test("fields without a value are left out when written", () => {
    expect(formatConnectionString({ HostName: "h", ModuleId: undefined, SharedAccessKey: "k=" })).toBe(
      "HostName=h;SharedAccessKey=k=",
    );
  });
});
