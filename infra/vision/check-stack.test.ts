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

test("a fleet whose every device alone fills a free hub is refused", () => {
  const fleet = { targetCondition: "tags.fleet = 'a'", camera: { source: "rpicam:", fps: 1 } };
  const config = readConfig({ "edge-vision:fleet": JSON.stringify(fleet) });
  expect(() => checkStack(config)).toThrow(
    "1 fault in the stack's configuration:\n" +
      "  edge-vision:fleet.camera: the cameras may send 86,400 messages a day, F1 with 1 unit takes 8,000; " +
      "set minInterval to 11 or more, report to spots, or choose a larger hubSku",
  );
});
