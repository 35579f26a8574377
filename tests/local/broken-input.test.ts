import { readFileSync, writeFileSync } from "node:fs";
import { processesOf } from "./processes";
import { Project, type Outcome } from "./project";

jest.setTimeout(600_000);

let project: Project;
let originals: Map<string, Buffer>;

beforeAll(() => {
  project = new Project();
  originals = new Map(
    ["Pulumi.local.yaml", "footage/courtyard.mjpeg", "models/nanodet-coco/model.onnx"].map((file) => [
      file,
      readFileSync(project.at(file)),
    ]),
  );
});

afterEach(() => {
  for (const [file, content] of originals) writeFileSync(project.at(file), content);
});

afterAll(async () => {
  await project.remove();
});

/** An `up` that has to fail: exit code 1, no stack trace, nothing left running. */
async function refused(): Promise<Outcome> {
  const outcome = await project.run("up", "--detach", "--timeout", "90");
  expect(outcome.code).toBe(1);
  expect(outcome.stderr).toMatch(/^edge-vision: /);
  expect(outcome.stderr).not.toMatch(/^ +at .*:\d+:\d+/m);
  expect(processesOf(project.root)).toEqual([]);
  return outcome;
}

test("a config key that nobody knows is named, with the one that was meant", async () => {
  project.edit("Pulumi.local.yaml", "edge-vision:hubSku:", "edge-vision:hubSkus:");
  expect((await refused()).stderr).toBe(
    "edge-vision: Pulumi.local.yaml: 1 fault in the stack's configuration:\n" +
      "  edge-vision:hubSkus: is not known; did you mean hubSku?\n",
  );
});

test("a fleet is refused where nothing enrolls devices", async () => {
  const fleet =
    "edge-vision:fleet: { targetCondition: tags.a = 1, camera: { source: replay:footage/courtyard.mjpeg } }";
  project.edit("Pulumi.local.yaml", "edge-vision:preview: true", fleet);
  expect((await refused()).stderr).toBe(
    "edge-vision: Pulumi.local.yaml: edge-vision:fleet: nothing on this machine enrolls devices; name them in " +
      "edge-vision:devices, or set edge-vision:provisioningEndpoint to a service that does\n",
  );
});

test("a bad device id is named with what is allowed", async () => {
  project.edit("Pulumi.local.yaml", "id: edge-device-1", "id: edge device");
  expect((await refused()).stderr).toMatch(
    /edge-vision:devices\[0\]\.id: must be 1 to 128 letters, digits and .*, found "edge device"/,
  );
});

test("three faults are told together", async () => {
  project.edit("Pulumi.local.yaml", "edge-vision:hubSku: ", "edge-vision:hubSku: XX");
  project.edit("Pulumi.local.yaml", "fps: 5", "fps: -5");
  project.edit("Pulumi.local.yaml", "id: edge-device-1", "id: edge device");
  const { stderr } = await refused();
  expect(stderr).toMatch(/3 faults in the stack's configuration/);
  for (const path of ["edge-vision:hubSku", "edge-vision:devices[0].id", "edge-vision:devices[0].camera.fps"]) {
    expect(stderr).toContain(`  ${path}: `);
  }
});

test("a settings file that is no YAML is named with the line", async () => {
  writeFileSync(project.at("Pulumi.local.yaml"), "config:\n  edge-vision:devices: [\n");
  expect((await refused()).stderr).toMatch(/^edge-vision: Pulumi\.local\.yaml cannot be read: .* line \d+/);
});

test("a clip without a single picture and a model that is no model end the start, with both reasons", async () => {
  writeFileSync(project.at("footage/courtyard.mjpeg"), "this is no footage\n".repeat(1_000));
  writeFileSync(project.at("models/nanodet-coco/model.onnx"), "this is no model\n".repeat(1_000));
  const { stderr } = await refused();
  expect(stderr).toMatch(/camera-module on edge-device-1: .*courtyard\.mjpeg/);
  expect(stderr).toMatch(/object-detection on edge-device-1: the model was refused: .*model\.onnx/);
});

test("a device whose model file is not there is told so, though the model of before serves on", async () => {
  project.edit(
    "Pulumi.local.yaml",
    "- id: edge-device-1",
    "- model: { file: models/none.onnx }\n      id: edge-device-1",
  );
  expect((await refused()).stderr).toMatch(/object-detection on edge-device-1: model refused: .*models\/none\.onnx/);
});

test("after all that, the project as it was comes up", async () => {
  await project.succeed("up", "--detach");
});
