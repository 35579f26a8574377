import { DESIRED, type DeploymentManifest } from "@edge-vision/manifest";
import * as pulumi from "@pulumi/pulumi";
import program from "./index";
import { type Registered, settled, stackConfig, startMocks, valueOf } from "./testing/mocks";

// Loading Azure's classes takes its time on a busy machine.
jest.setTimeout(180_000);

let registered: Registered[];
let outputs: Record<string, unknown>;

async function run(stack: string, over: Record<string, string> = {}): Promise<void> {
  registered = await startMocks(stack, { ...stackConfig(stack), ...over });
  await pulumi.runtime.runInPulumiStack(async () => (outputs = await program()));
  await settled();
}

const own = () => registered.filter(({ type }) => !type.startsWith("edge-vision:") && !type.startsWith("pulumi:"));
const counts = () => {
  const result: Record<string, number> = {};
  for (const { type } of own())
    result[type.replace("azure-native:", "")] = (result[type.replace("azure-native:", "")] ?? 0) + 1;
  return result;
};
const inputsOf = (type: string, name?: string): Record<string, unknown> => {
  const found = registered.find((resource) => resource.type === type && (name === undefined || resource.name === name));
  if (!found) throw new Error(`no ${type} ${name ?? ""}`);
  return found.inputs;
};

describe("local", () => {
  beforeAll(() => run("local"));

  test("declares what one device needs and nothing else", () => {
    expect(counts()).toEqual({
      "containerregistry:Registry": 1,
      "containerregistry:ScopeMap": 2,
      "containerregistry:Token": 2,
      "iothub:IotHubResource": 1,
      "iothub:IotHubResourceEventHubConsumerGroup": 1,
      "resources:ResourceGroup": 1,
      "docker:index/image:Image": 2,
      "iotedge:index:DeviceDeployment": 1,
      "iotedge:index:DeviceIdentity": 1,
      "iotedge:index:RegistryPullToken": 2,
    });
  });

  test("the manifest pins both images, signs in to the registry and sends the camera's messages up", () => {
    const { modulesContent } = inputsOf("iotedge:index:DeviceDeployment") as unknown as DeploymentManifest;
    const agent = modulesContent.$edgeAgent[DESIRED];
    const digest = `sha256:${"ab".repeat(32)}`;
    expect(agent.modules).toMatchObject({
      "object-detection": { settings: { image: `edgevision.azurecr.io/object-detection@${digest}` } },
      "camera-module": { settings: { image: `edgevision.azurecr.io/camera-module@${digest}` } },
    });
    expect(agent.runtime.settings.registryCredentials).toEqual({
      modules: { address: "edgevision.azurecr.io", username: "modules-pull", password: "pull-password" },
    });
    expect(modulesContent.$edgeHub[DESIRED].routes).toEqual({
      detections: "FROM /messages/modules/camera-module/outputs/output1 INTO $upstream",
    });
    expect(agent.modules["camera-module"]?.env).toEqual({
      IMAGE_PROCESSING_ENDPOINT: { value: "http://object-detection:8885/image" },
      PORT: { value: "8886" },
      STATE: { value: "/data" },
      PREVIEW: { value: "on" },
    });
    expect(agent.modules["camera-module"]?.settings.createOptions).not.toContain("/dev/");
    expect(modulesContent["camera-module"]).toEqual({
      [DESIRED]: {
        source: "replay:footage/courtyard.mjpeg",
        fps: 5,
        threshold: 0.5,
        dailyBudget: 6_000_000,
        budgetUnit: 4096,
      },
    });
  });

  test("tokens reach two repositories and no more, and nobody is admin", () => {
    expect(inputsOf("azure-native:containerregistry:Registry")).toMatchObject({ adminUserEnabled: false });
    expect(inputsOf("azure-native:containerregistry:ScopeMap", "edgevision-pull").actions).toEqual([
      "repositories/camera-module/content/read",
      "repositories/camera-module/metadata/read",
      "repositories/object-detection/content/read",
      "repositories/object-detection/metadata/read",
    ]);
  });

  test("the device's files are secrets and hold the device's own connection", async () => {
    const files = outputs as Record<string, pulumi.Output<Record<string, string>>>;
    for (const output of ["configToml", "configYaml", "connectionStrings", "manifest"]) {
      expect(await pulumi.isSecret(files[output] as pulumi.Output<unknown>)).toBe(true);
    }
    const [toml, yaml] = [await valueOf(files.configToml ?? {}), await valueOf(files.configYaml ?? {})];
    expect(toml["edge-device-1"]).toBe(
      [
        'auto_reprovisioning_mode = "Dynamic"',
        "",
        "[provisioning]",
        'source = "manual"',
        'connection_string = "HostName=h;DeviceId=edge-device-1;SharedAccessKey=device-key"',
        "",
        "[agent]",
        'name = "edgeAgent"',
        'type = "docker"',
        "",
        "[agent.config]",
        'image = "mcr.microsoft.com/azureiotedge-agent:1.6"',
        "",
      ].join("\n"),
    );
    expect(yaml["edge-device-1"]).toContain(
      "  device_connection_string: HostName=h;DeviceId=edge-device-1;SharedAccessKey=device-key\n",
    );
  });
});

describe("dev", () => {
  beforeAll(() => run("dev"));

  test("adds the training workspace", () => {
    expect(counts()).toMatchObject({
      "machinelearningservices:Workspace": 1,
      "machinelearningservices:Compute": 1,
      "machinelearningservices:Datastore": 1,
      "storage:StorageAccount": 1,
      "storage:BlobServiceProperties": 1,
      "storage:BlobContainer": 1,
      "keyvault:Vault": 1,
      "applicationinsights:Component": 1,
      "operationalinsights:Workspace": 1,
      "authorization:RoleAssignment": 3,
      "containerregistry:Registry": 2,
    });
    expect(Object.keys(outputs.workspace as object)).toEqual([
      "subscriptionId",
      "resourceGroup",
      "workspace",
      "compute",
      "datastore",
    ]);
  });

  test("data is reached by identities alone, and idle nodes go", () => {
    expect(inputsOf("azure-native:storage:StorageAccount")).toMatchObject({
      allowSharedKeyAccess: false,
      allowBlobPublicAccess: false,
      minimumTlsVersion: "TLS1_2",
    });
    expect(inputsOf("azure-native:keyvault:Vault").properties).toMatchObject({ enableRbacAuthorization: true });
    expect(inputsOf("azure-native:machinelearningservices:Compute").properties).toMatchObject({
      disableLocalAuth: true,
      properties: {
        vmSize: "Standard_NC4as_T4_v3",
        vmPriority: "LowPriority",
        scaleSettings: { minNodeCount: 0, maxNodeCount: 1 },
      },
    });
  });

  test("the camera gets the devices that its source needs, and is not privileged", () => {
    const { modulesContent } = inputsOf("iotedge:index:DeviceDeployment") as unknown as DeploymentManifest;
    const settings = modulesContent.$edgeAgent[DESIRED].modules["camera-module"]?.settings ?? {};
    const options = Object.entries(settings)
      .filter(([key]) => key.startsWith("createOptions"))
      .map(([, chunk]) => chunk)
      .join("");
    const { HostConfig } = JSON.parse(options) as { HostConfig: Record<string, unknown> };
    expect(HostConfig).toMatchObject({
      Binds: expect.arrayContaining(["camera-module-data:/data", "/dev/vchiq:/dev/vchiq"]) as unknown,
      Devices: expect.arrayContaining([
        { PathOnHost: "/dev/video0", PathInContainer: "/dev/video0", CgroupPermissions: "rwm" },
      ]) as unknown,
    });
    expect(HostConfig).not.toHaveProperty("Privileged");
  });
});

describe("prod", () => {
  beforeAll(() => run("prod"));

  test("adds diagnostics, an archive and a fleet, and builds for the architectures that it has", () => {
    expect(counts()).toMatchObject({
      "monitor:DiagnosticSetting": 1,
      "managedidentity:UserAssignedIdentity": 1,
      "storage:StorageAccount": 2,
      "deviceprovisioningservices:IotDpsResource": 1,
      "iotedge:index:EnrollmentGroup": 1,
      "iotedge:index:FleetDeployment": 1,
      "iotedge:index:DeviceDeployment": 2,
      "docker:index/image:Image": 4,
    });
    expect(inputsOf("docker:index/image:Image", "camera-module-arm64v8").build).toMatchObject({
      platform: "linux/arm64",
    });
  });

  test("with an archive, messages still reach the built-in endpoint", () => {
    expect(
      (inputsOf("azure-native:iothub:IotHubResource").properties as Record<string, unknown>).routing,
    ).toMatchObject({
      endpoints: {
        storageContainers: [{ name: "archive", authenticationType: "identityBased", containerName: "messages" }],
      },
      routes: [
        { name: "archive", endpointNames: ["archive"], condition: "true" },
        { name: "events", endpointNames: ["events"], condition: "true" },
      ],
      fallbackRoute: { endpointNames: ["events"], isEnabled: true },
    });
  });
});

test("with every image given, there is no registry and no Docker", async () => {
  const image = (module: string) => ({ amd64: `r.io/${module}@sha256:${"1".repeat(64)}` });
  const images = { "camera-module": image("camera-module"), "object-detection": image("object-detection") };
  await run("local", { "edge-vision:images": JSON.stringify(images) });
  expect(counts()).not.toHaveProperty("containerregistry:Registry");
  expect(counts()).not.toHaveProperty("docker:index/image:Image");
  const { modulesContent } = inputsOf("iotedge:index:DeviceDeployment") as unknown as DeploymentManifest;
  expect(modulesContent.$edgeAgent[DESIRED].runtime.settings).not.toHaveProperty("registryCredentials");
  expect(modulesContent.$edgeAgent[DESIRED].modules["camera-module"]?.settings.image).toBe(
    images["camera-module"].amd64,
  );
});

describe("refused before anything is declared", () => {
  const refusal = async (stack: string, over: Record<string, string>): Promise<string> => {
    await startMocks(stack, { ...stackConfig(stack), ...over });
    return program().then(
      () => "accepted",
      (error: unknown) => (error as Error).message,
    );
  };

  test("a free hub and a camera that sends too much", async () => {
    expect(await refusal("local", { "edge-vision:hubSku": "F1", "edge-vision:hubUnits": "2" })).toBe(
      "2 faults in the stack's configuration:\n" +
        "  edge-vision:hubUnits: must be 1 with hubSku F1, found 2\n" +
        "  edge-vision:devices[0].camera: the cameras may send 432,000 messages a day, F1 with 2 units takes 16,000; " +
        "set minInterval to 6 or more, report to spots, or choose a larger hubSku",
    );
  });

  test("a route that edgeHub would refuse or ignore, both reported", async () => {
    const routes = {
      a: "FROM /messages/modules/cam/outputs/o INTO $upstream",
      b: "FROM /messages/* INTO $upstream WHERE x = 'y'",
    };
    expect(await refusal("local", { "edge-vision:routes": JSON.stringify(routes) })).toBe(
      "2 faults in the deployment of edge-device-1:\n" +
        "  $edgeHub.routes.a: comes from module cam, which is not in this deployment [RouteUnknownModule]\n" +
        "  $edgeHub.routes.b: a misplaced WHERE at character 33: edgeHub ignores it and sends everything; write FROM … WHERE … INTO … [RouteIgnoredText]",
    );
  });

  test("certificates of an endpoint that cannot be read", async () => {
    const hubEndpoint = JSON.stringify({ host: "localhost", port: 1, ca: "/nowhere/ca.pem" });
    expect(await refusal("local", { "edge-vision:hubEndpoint": hubEndpoint })).toBe(
      "1 fault in the stack's configuration:\n" +
        '  edge-vision:hubEndpoint.ca: must be a file that can be read, found "/nowhere/ca.pem"',
    );
  });
});
