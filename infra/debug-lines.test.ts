import * as pulumi from "@pulumi/pulumi";
import { withoutDebugLines } from "./debug-lines";

const { debug } = pulumi.log;

afterEach(() => Object.assign(pulumi.log, { debug }));

test("the SDK's debug lines go, the others stay", async () => {
  const { info, warn, error } = pulumi.log;
  withoutDebugLines({});
  expect(pulumi.log.debug).not.toBe(debug);
  await pulumi.log.debug("nothing");
  expect(pulumi.log).toMatchObject({ info, warn, error });
});

test("who debugs the SDK keeps them", () => {
  withoutDebugLines({ EDGE_VISION_SDK_DEBUG: "1" });
  expect(pulumi.log.debug).toBe(debug);
});
