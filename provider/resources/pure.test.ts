import { secret, unknown } from "../kit";
import { contentHash, deploymentIdOf, deploymentNameOf } from "./deployment-id";
import { deviceOf, inputsOf } from "./device-registry";
import { emptied, isLayered, moduleIds, previewModuleIds } from "./modules-content";
import { adviseRetry, isMissingItem, serviceError } from "./service-errors";
import { mergePatch } from "./twin-patch";

describe("merge patches", () => {
  test.each([
    ["nothing to do", { a: 1, b: { c: [1] } }, { b: { c: [1] }, a: 1 }, undefined],
    ["a new value", { a: 1 }, { a: 2 }, { a: 2 }],
    ["what is gone", { a: 1, b: { c: 1, d: 2 } }, { b: { c: 1 } }, { a: null, b: { d: null } }],
    ["a list as a whole", { a: [1, 2] }, { a: [2] }, { a: [2] }],
    ["a map in place of a value", { a: 1 }, { a: { b: 1 } }, { a: { b: 1 } }],
  ])("%s", (_name, present, wanted, expected) => {
    expect(mergePatch(present, wanted)).toEqual(expected);
  });
});

describe("modules of a deployment", () => {
  const desired = { runtime: { type: "docker" }, modules: { b: {}, a: {} } };
  const whole = { $edgeAgent: { "properties.desired": desired } };

  test("ids of whole and layered deployments", () => {
    expect(moduleIds(whole)).toEqual(["a", "b"]);
    expect(moduleIds({ $edgeAgent: { "properties.desired.modules.extra": {} } })).toEqual(["extra"]);
    expect([isLayered(whole), isLayered({ a: { "properties.desired.b": 1 } })]).toEqual([false, true]);
  });

  test("ids are known in a preview as soon as the modules are", () => {
    const modules = { a: { settings: { image: unknown } } };
    const partly = { $edgeAgent: { "properties.desired": { ...desired, modules } } };
    expect(previewModuleIds(partly)).toEqual(["a"]);
    expect(previewModuleIds(secret(partly))).toEqual(["a"]);
    expect(previewModuleIds(unknown)).toBe(unknown);
    expect(previewModuleIds({ $edgeAgent: unknown })).toBe(unknown);
  });

  test("an emptied deployment keeps the runtime", () => {
    expect(emptied({ ...whole, a: { "properties.desired": {} } })).toEqual({
      $edgeAgent: { "properties.desired": { runtime: { type: "docker" }, modules: {} } },
      $edgeHub: {
        "properties.desired": {
          schemaVersion: "1.1",
          routes: {},
          storeAndForwardConfiguration: { timeToLiveSecs: 7200 },
        },
      },
    });
  });

  test("the same content has the same id, whatever the order of its keys", () => {
    const a = { x: { one: 1, two: [{ b: 2, a: 1 }] } };
    const b = { x: { two: [{ a: 1, b: 2 }], one: 1 } };
    expect(contentHash(a)).toBe(contentHash(b));
    expect(deploymentNameOf(deploymentIdOf("fleet", a), contentHash(b))).toBe("fleet");
    expect(deploymentNameOf("by-hand", contentHash(a))).toBe("by-hand");
  });
});

describe("devices of the registry", () => {
  const inputs = { deviceId: "a", edgeEnabled: true, status: "enabled" } as const;

  test("one thumbprint serves for both and comes back as one", () => {
    const authentication = { type: "selfSigned", primaryThumbprint: "AB" } as const;
    const device = deviceOf({ ...inputs, authentication });
    expect(device.authentication?.x509Thumbprint).toEqual({ primaryThumbprint: "AB", secondaryThumbprint: "AB" });
    expect(inputsOf(device, {}, undefined)).toEqual({ ...inputs, authentication });
  });

  test("only keys and tags that the program names are compared; an import takes all tags", () => {
    const symmetricKey = { primaryKey: "p", secondaryKey: "s" };
    const device = deviceOf({ ...inputs, authentication: { type: "sas", ...symmetricKey } });
    const tags = { mine: 1, theirs: 2 };
    const sas = { type: "sas" } as const;
    expect(inputsOf(device, tags, { ...inputs, authentication: sas, tags: { mine: 0 } })).toEqual({
      ...inputs,
      authentication: sas,
      tags: { mine: 1 },
    });
    expect(inputsOf(device, tags, { ...inputs, authentication: { ...sas, primaryKey: "old" } })).toEqual({
      ...inputs,
      authentication: { ...sas, primaryKey: "p" },
    });
    expect(inputsOf(device, tags, undefined).tags).toEqual(tags);
  });
});

describe("failures of a service", () => {
  const failure = (statusCode: number, body: string, headers: object = {}) =>
    Object.assign(new Error("x"), { response: { statusCode, headers }, responseBody: body });

  test.each([
    ["throttled", failure(429, "", { "retry-after": "7" }), { retry: true, afterMs: 7000 }],
    ["broken", failure(500, ""), { retry: true }],
    ["refused", failure(400, ""), { retry: false }],
    ["cut off", Object.assign(new Error("x"), { code: "ECONNRESET" }), { retry: true, attempts: 4 }],
    ["no such host", Object.assign(new Error("x"), { code: "ENOTFOUND" }), { retry: false }],
  ])("%s", (_name, error, expected) => {
    expect(adviseRetry(error)).toEqual(expected);
  });

  test("a missing item is no missing hub", () => {
    expect(isMissingItem(failure(404, '{"Message":"ErrorCode:DeviceNotFound;a"}'))).toBe(true);
    expect(isMissingItem(failure(404, '{"Message":"ErrorCode:IotHubNotFound;a"}'))).toBe(false);
  });

  test("are told with code, text and next step", () => {
    const error = serviceError(
      "IoT Hub h",
      "create x",
      failure(412, '{"Message":"ErrorCode:PreconditionFailed;Old."}'),
    );
    expect(error.code).toBe("PreconditionFailed");
    expect(error.message).toBe(
      "IoT Hub h refused to create x: 412 PreconditionFailed: Old. Somebody else changed it meanwhile: run `pulumi refresh` and try again.",
    );
    const gone = serviceError("IoT Hub h", "create x", Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" }));
    expect(gone.message).toBe(
      "IoT Hub h can't be reached to create x: getaddrinfo. Check the host name, the endpoint and the network.",
    );
  });
});
