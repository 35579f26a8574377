import { readConfig } from "../config";
import { stackConfig } from "../testing/mocks";
import { checkStack } from "./check-stack";

test("a camera that watches spots without any is warned about", () => {
  const [device] = JSON.parse(stackConfig("local")["edge-vision:devices"] ?? "") as [{ camera: object }];
  const devices = JSON.stringify([{ ...device, camera: { ...device.camera, report: "spots" } }]);
  const config = readConfig({ ...stackConfig("local"), "edge-vision:devices": devices });
  expect(checkStack(config)).toEqual([
    "edge-vision:devices[0].camera.report: is spots, and no spots are named, so nothing is reported; " +
      "name spots, or report detections",
  ]);
});

test.each(["local", "dev", "prod"])("Pulumi.%s.yaml passes every check without a warning", (stack) => {
  expect(checkStack(readConfig(stackConfig(stack)))).toEqual([]);
});
