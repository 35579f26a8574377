import { writeFile } from "node:fs/promises";
import path from "node:path";
import { stackConfig } from "@edge-vision/infra/dist/testing/mocks";
import { InfraWorld } from "./infra-world";
import { leaksIn } from "./secrets";

jest.setTimeout(900_000);

/** Settings that let a stack be taken down again. */
const UNPROTECTED = { "edge-vision:protect": "false" };

/** What a state calls properties that only a secret may hold, and what such texts look like. */
const SECRET_NAMES = /^(primaryKey|secondaryKey|password|connectionString|sharedAccessKey|primarySharedKey)$/i;
const SECRET_TEXT = /SharedAccessKey=(?!\[)[A-Za-z0-9+/=]{20,}|AccountKey=/;
const ENVELOPE = "4dabf18193072939515e22adb298388d";

const EVERYWHERE = ["IotHubs", "device", "module"];
const IN_AZURE = [...EVERYWHERE, "tokens", "storageAccounts", "workspaces"];

describe.each([
  { name: "local", owners: EVERYWHERE },
  { name: "dev", owners: IN_AZURE },
  { name: "prod", owners: [...IN_AZURE, "provisioningServices", "enrollment"] },
])("the stack $name", ({ name, owners }) => {
  let world: InfraWorld;

  beforeAll(async () => {
    world = await InfraWorld.start(name, { ...stackConfig(name), ...UNPROTECTED });
  });

  afterAll(() => world.close());

  test("comes up, has nothing to do a second time, holds no secret in plain text, and goes without a trace", async () => {
    const texts: string[] = [];
    const onOutput = (text: string) => texts.push(text);
    // With the details of every resource; what programs and providers say goes to the other stream.
    const told = { onOutput, onError: onOutput, diff: true };
    const { outputs, summary } = await world.engine.up(told);
    expect(summary.result).toBe("succeeded");
    expect(Object.keys(outputs)).toEqual(
      expect.arrayContaining(["hubHostName", "devices", "configToml", "configYaml", "connectionStrings", "manifest"]),
    );
    for (const secret of ["configToml", "configYaml", "connectionStrings", "manifest", "eventsConnectionString"]) {
      expect([secret, outputs[secret]?.secret]).toEqual([secret, true]);
    }
    expect(await world.plan()).toEqual([]);

    const exported = await world.engine.stack.exportStack();
    const folder = process.env["EDGE_VISION_EXPORTS"];
    if (folder !== undefined) await writeFile(path.join(folder, `${name}.json`), JSON.stringify(opened(exported)));
    expect(plainSecrets(exported)).toEqual([]);

    for (const [key, value] of Object.entries(changed(name))) await world.set(key, value);
    const { changeSummary } = await world.engine.preview(told);
    expect(changeSummary.update).toBeGreaterThan(0);
    expect(texts.filter((text) => SECRET_TEXT.test(text))).toEqual([]);

    const secrets = await world.secrets();
    expect([...new Set(secrets.map(({ of }) => of.split(" ")[0]))]).toEqual(expect.arrayContaining(owners));
    expect({
      export: leaksIn(await world.engine.exported(), secrets),
      output: leaksIn(texts.join(""), secrets),
    }).toEqual({ export: [], output: [] });

    await world.engine.stack.destroy({ color: "never" });
    expect(await world.engine.resources()).toEqual([]);
    expect(await world.leftovers()).toEqual([]);
  });
});

/** Settings whose change reaches what holds secrets: passwords, twins, manifests. */
function changed(name: string): Record<string, string> {
  const settings: Record<string, string> = { passwordRotation: "2" };
  for (const [key, value] of Object.entries(stackConfig(name))) {
    if (value.includes('"fps":')) settings[key.replace("edge-vision:", "")] = value.replaceAll(/"fps":\d+/g, '"fps":1');
  }
  return settings;
}

/** Paths in a state at which a secret stands as it is. */
function plainSecrets(value: unknown, at = ""): string[] {
  if (typeof value === "string") {
    const named = SECRET_NAMES.test(at.split(".").at(-1) ?? "") && value.length >= 16;
    return named || SECRET_TEXT.test(value) ? [at] : [];
  }
  if (typeof value !== "object" || value === null || ENVELOPE in value) return [];
  return Object.entries(value).flatMap(([key, inner]) => plainSecrets(inner, `${at}.${key}`));
}

/** A state as the services see it: secrets opened, the engine's notes on dependencies left out. */
function opened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(opened);
  if (typeof value !== "object" || value === null) return value;
  if (ENVELOPE in value) return opened(JSON.parse((value as unknown as { plaintext: string }).plaintext));
  const entries = Object.entries(value).filter(([key]) => key !== "propertyDependencies");
  return Object.fromEntries(entries.map(([key, inner]) => [key, opened(inner)]));
}
