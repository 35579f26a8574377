import fc from "fast-check";
import { buildManifest } from "./build-manifest";
import { CHUNK_LENGTH, CreateOptionsError, joinCreateOptions, splitCreateOptions } from "./create-options";
import { ManifestFormatError } from "./reading";
import { readEdgeAgentDesired } from "./read-edge-agent";
import { readEdgeHubDesired } from "./read-edge-hub";
import { readManifest } from "./read-manifest";

const manifest = () =>
  buildManifest({
    edgeAgentImage: "a:1.6",
    edgeHubImage: "h:1.6",
    registryCredentials: { r: { address: "r.io", username: "u", password: "p" } },
    modules: [
      { moduleId: "cam", image: "r.io/cam@sha256:00", env: { PORT: "1" }, desired: { fps: 2 }, startupOrder: 3 },
      { moduleId: "det", image: "r.io/det", restartPolicy: "never", imagePullPolicy: "never", version: "2" },
    ],
    routes: { up: "FROM /messages/* INTO $upstream", b: { route: "FROM /messages/* INTO $upstream", priority: 1 } },
  });

test("the whole manifest", () => {
  const log = '{"HostConfig":{"LogConfig":{"Type":"json-file","Config":{"max-size":"10m","max-file":"3"}}}}';
  expect(manifest()).toEqual({
    modulesContent: {
      $edgeAgent: {
        "properties.desired": {
          schemaVersion: "1.1",
          runtime: {
            type: "docker",
            settings: {
              minDockerVersion: "v1.25",
              registryCredentials: { r: { address: "r.io", username: "u", password: "p" } },
            },
          },
          systemModules: {
            edgeAgent: { type: "docker", settings: { image: "a:1.6", createOptions: log } },
            edgeHub: {
              type: "docker",
              status: "running",
              restartPolicy: "always",
              settings: {
                image: "h:1.6",
                createOptions:
                  '{"HostConfig":{"LogConfig":{"Type":"json-file","Config":{"max-size":"10m","max-file":"3"}},' +
                  '"PortBindings":{"5671/tcp":[{"HostPort":"5671"}],"8883/tcp":[{"HostPort":"8883"}],"443/tcp":[{"HostPort":"443"}]}}}',
              },
              env: { OptimizeForPerformance: { value: "false" } },
            },
          },
          modules: {
            cam: {
              type: "docker",
              status: "running",
              restartPolicy: "always",
              imagePullPolicy: "on-create",
              startupOrder: 3,
              settings: { image: "r.io/cam@sha256:00", createOptions: log },
              env: { PORT: { value: "1" } },
            },
            det: {
              version: "2",
              type: "docker",
              status: "running",
              restartPolicy: "never",
              imagePullPolicy: "never",
              settings: { image: "r.io/det", createOptions: log },
            },
          },
        },
      },
      $edgeHub: {
        "properties.desired": {
          schemaVersion: "1.1",
          routes: {
            up: "FROM /messages/* INTO $upstream",
            b: { route: "FROM /messages/* INTO $upstream", priority: 1 },
          },
          storeAndForwardConfiguration: { timeToLiveSecs: 7200 },
        },
      },
      cam: { "properties.desired": { fps: 2 } },
    },
  });
});

test("what is built is read back, with defaults filled in", () => {
  const { agent, hub } = readManifest(manifest());
  expect(agent.registryCredentials).toEqual({ r: { address: "r.io", username: "u", password: "p" } });
  expect(agent.systemModules.edgeHub).toMatchObject({
    image: "h:1.6",
    env: { OptimizeForPerformance: "false" },
    startupOrder: 0,
  });
  expect(agent.modules).toMatchObject([
    {
      moduleId: "cam",
      image: "r.io/cam@sha256:00",
      env: { PORT: "1" },
      startupOrder: 3,
      restartPolicy: "always",
      version: "",
    },
    {
      moduleId: "det",
      image: "r.io/det:latest",
      startupOrder: 4294967295,
      restartPolicy: "never",
      imagePullPolicy: "never",
      version: "2",
    },
  ]);
  expect(agent.modules[0]?.createOptions.HostConfig?.LogConfig?.Type).toBe("json-file");
  expect(hub.timeToLiveSecs).toBe(7200);
  expect(hub.routes.map(({ name, priority, sink }) => [name, priority, sink.kind])).toEqual([
    ["up", 2_000_000_000, "upstream"],
    ["b", 1, "upstream"],
  ]);
});

test("createOptions survive being split, whatever is in them", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (options) => {
      const chunks = splitCreateOptions(options);
      for (const chunk of Object.values(chunks)) expect(chunk.length).toBeLessThanOrEqual(CHUNK_LENGTH);
      expect(joinCreateOptions(chunks)).toEqual(JSON.parse(JSON.stringify(options)));
    }),
  );
  const names = Object.keys(splitCreateOptions({ a: "x".repeat(CHUNK_LENGTH * 11) }));
  expect(names.slice(0, 2)).toEqual(["createOptions", "createOptions01"]);
  expect(names.at(-1)).toBe("createOptions11");
  expect(names).toEqual([...names].sort());
});

test.each([
  [{}, {}],
  [{ createOptions: "" }, {}],
  [{ createOptions: "null" }, {}],
  [{ createOptions: { a: 1 } }, { a: 1 }],
  [{ CREATEOPTIONS01: ":1}", CreateOptions: '{"a"' }, { a: 1 }],
])("createOptions as edgeAgent reads them: %j", (settings, expected) => {
  expect(joinCreateOptions(settings)).toEqual(expected);
});

test.each([
  [{ createOptions01: "{}" }, "expected createOptions, found createOptions01"],
  [{ createOptions: "{", createOptions02: "}" }, "expected createOptions01, found createOptions02"],
  [{ createOptions: "[1]" }, "is an array, not an object"],
])("createOptions that edgeAgent refuses: %j", (settings, message) => {
  expect(() => joinCreateOptions(settings)).toThrow(new CreateOptionsError(message));
});

const refused = (read: () => unknown) => {
  try {
    read();
    return undefined;
  } catch (error) {
    if (!(error instanceof ManifestFormatError)) throw error;
    return { status: error.status, faults: error.faults };
  }
};

test("edgeAgent's desired properties are refused as a whole, with every fault", () => {
  const runtime = { type: "docker", settings: {} };
  expect(refused(() => readEdgeAgentDesired({ $version: 1 }))).toEqual({
    status: 417,
    faults: ["the desired properties are empty"],
  });
  expect(refused(() => readEdgeAgentDesired({ schemaVersion: "2.0" }))?.status).toBe(412);
  expect(
    refused(() =>
      readEdgeAgentDesired({
        schemaVersion: "1.1",
        runtime: { type: "Docker", settings: { registryCredentials: { r: { address: "a" } } } },
        systemModules: {},
        modules: { m: { type: "docker", settings: { image: "a:b:c" } } },
      }),
    ),
  ).toEqual({
    status: 400,
    faults: [
      'runtime.type must be "docker"',
      "runtime.settings.registryCredentials.r needs address, username and password",
      'modules.m.settings.image "a:b:c" is no image',
      "modules.m.status is missing",
    ],
  });
  expect(
    refused(() => readEdgeAgentDesired({ SchemaVersion: "1.0", Runtime: runtime, SystemModules: {} })),
  ).toBeUndefined();
});

test("edgeHub refuses bad syntax as a whole, and applies no route when a type is wrong", () => {
  const desired = (routes: object) => ({
    schemaVersion: "1.1",
    routes,
    storeAndForwardConfiguration: { timeToLiveSecs: 1 },
  });
  expect(refused(() => readEdgeHubDesired(desired({ a: "nonsense", b: "FROM /messages/* INTO $upstream" })))).toEqual({
    status: 400,
    faults: ["Error parsing route a - expected FROM, found nonsense (at character 1)"],
  });
  const hub = readEdgeHubDesired(
    desired({ a: "FROM /messages/* WHERE t > 3 INTO $upstream", b: "FROM /messages/* INTO $upstream", c: " " }),
  );
  expect(hub.routes).toEqual([]);
  expect(hub.unapplied).toMatch(/^Error parsing route a - > takes string and string/);
  expect(refused(() => readEdgeHubDesired({ schemaVersion: "1.1" }))?.faults).toEqual([
    "routes is missing",
    "storeAndForwardConfiguration is missing",
  ]);
  expect(refused(() => readEdgeHubDesired({ schemaVersion: "1.0", routes: { a: { route: "x" } } }))?.faults).toEqual([
    "routes.a: schemaVersion 1.0 takes text only",
  ]);
});
