import * as pulumi from "@pulumi/pulumi";
import program from "./index";
import { type Registered, stackConfig, startMocks, valueOf } from "./testing/mocks";

let registered: Registered[];
let outputs: Record<string, unknown>;

beforeAll(async () => {
  registered = await startMocks("local", stackConfig("local"));
  outputs = await program();
  await valueOf(pulumi.output(outputs.manifest));
  await new Promise(setImmediate);
});

const types = () => registered.map(({ type }) => type).sort();

test("the local stack declares what one device needs and nothing else", () => {
  expect(types().filter((type) => !type.startsWith("edge-vision:"))).toEqual([
    "azure-native:containerregistry:Registry",
    "azure-native:containerregistry:ScopeMap",
    "azure-native:containerregistry:ScopeMap",
    "azure-native:containerregistry:Token",
    "azure-native:containerregistry:Token",
    "azure-native:iothub:IotHubResource",
    "azure-native:iothub:IotHubResourceEventHubConsumerGroup",
    "azure-native:resources:ResourceGroup",
    "docker:index/image:Image",
    "docker:index/image:Image",
    "iotedge:index:DeviceDeployment",
    "iotedge:index:DeviceIdentity",
    "iotedge:index:RegistryPullToken",
    "iotedge:index:RegistryPullToken",
    "pulumi:providers:iotedge",
  ]);
});
