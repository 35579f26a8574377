import type * as pulumi from "@pulumi/pulumi";
import { withoutOlderTypes } from "./older-types";

const resource = undefined as unknown as pulumi.Resource;
const aliasesAfter = (opts: pulumi.ResourceOptions) =>
  withoutOlderTypes({ resource, type: "azure-native:iothub:IotHubResource", name: "hub", props: {}, opts })?.opts
    .aliases;

test("types of older API versions go, what the program itself says stays", () => {
  const urn = "urn:pulumi:dev::edge-vision::azure-native:iothub:IotHubResource::old";
  expect(
    aliasesAfter({
      aliases: [
        { type: "azure-native:iothub/v20230630:IotHubResource" },
        { type: "azure-native:devices:IotHubResource" },
        { name: "old-name" },
        urn,
      ],
    }),
  ).toEqual([{ name: "old-name" }, urn]);
});

test("a resource without aliases stays as it is", () => {
  expect(
    withoutOlderTypes({ resource, type: "iotedge:index:DeviceIdentity", name: "d", props: {}, opts: {} }),
  ).toBeUndefined();
});
