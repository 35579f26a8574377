import { writeFile } from "node:fs/promises";
import path from "node:path";
import { stackConfig } from "@edge-vision/infra/dist/testing/mocks";
import { InfraWorld } from "./infra-world";

jest.setTimeout(900_000);

/** Settings that let a stack be taken down again. */
const UNPROTECTED = { "edge-vision:protect": "false" };

/** What a state calls properties that only a secret may hold, and what such texts look like. */
const SECRET_NAMES = /^(primaryKey|secondaryKey|password|connectionString|sharedAccessKey|primarySharedKey)$/i;
const SECRET_TEXT = /SharedAccessKey=(?!\[)[A-Za-z0-9+/=]{20,}|AccountKey=/;
const ENVELOPE = "4dabf18193072939515e22adb298388d";

describe.each(["local", "dev", "prod"])("the stack %s", (name) => {
  let world: InfraWorld;

  beforeAll(async () => {
    world = await InfraWorld.start(name, { ...stackConfig(name), ...UNPROTECTED });
  });

  afterAll(() => world.close());

  test("comes up, has nothing to do a second time, holds no secret in plain text, and goes without a trace", async () => {
    const texts: string[] = [];
    const { outputs, summary } = await world.engine.up({ onOutput: (text) => texts.push(text) });
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
    expect(texts.filter((text) => SECRET_TEXT.test(text))).toEqual([]);

    await world.engine.stack.destroy({ color: "never" });
    expect(await world.engine.resources()).toEqual([]);
    expect(await world.leftovers()).toEqual([]);
  });
});

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
