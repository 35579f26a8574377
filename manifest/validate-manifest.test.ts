import { buildManifest, type DeploymentSpec, type ModuleSpec } from "./build-manifest";
import type { ValidationOptions } from "./checks/options";
import { type DeploymentManifest, DESIRED } from "./deployment";
import { validateManifest } from "./validate-manifest";

const DIGEST = `sha256:${"a".repeat(64)}`;
const edgeModule = (over: Partial<ModuleSpec> = {}): ModuleSpec => ({
  moduleId: "cam",
  image: `r.io/cam@${DIGEST}`,
  ...over,
});
const spec = (over: Partial<DeploymentSpec> = {}): DeploymentSpec => ({
  edgeAgentImage: "mcr.microsoft.com/azureiotedge-agent:1.6",
  edgeHubImage: "mcr.microsoft.com/azureiotedge-hub:1.6",
  modules: [edgeModule(), edgeModule({ moduleId: "det", image: `r.io/det@${DIGEST}` })],
  routes: { up: "FROM /messages/modules/cam/outputs/* INTO $upstream" },
  ...over,
});

const findings = (
  over: Partial<DeploymentSpec>,
  options?: ValidationOptions,
  change?: (m: DeploymentManifest) => void,
) => {
  const manifest = buildManifest(spec(over));
  change?.(manifest);
  return validateManifest(manifest, options).map(
    ({ severity, code, path, message }) => `${severity} ${code} ${path}: ${message}`,
  );
};

test("a good deployment has no findings", () => {
  expect(findings({})).toEqual([]);
});

const route = (text: string) => ({ routes: { up: text } });

test.each<[string, Partial<DeploymentSpec>, string[]]>([
  [
    "a route without FROM",
    route("/messages/* INTO $upstream"),
    ["error RouteSyntax $edgeHub.routes.up: expected FROM, found / (at character 1) in: /messages/* INTO $upstream"],
  ],
  [
    "a condition of the wrong type",
    route("FROM /messages/* WHERE t > 30 INTO $upstream"),
    [
      "error RouteType $edgeHub.routes.up: > takes string and string, not string and number; properties are texts, use as_number(…) (at character 26) in: FROM /messages/* WHERE t > 30 INTO $upstream",
    ],
  ],
  [
    "a misplaced WHERE",
    route("FROM /messages/* INTO $upstream WHERE t = 'x'"),
    [
      "error RouteIgnoredText $edgeHub.routes.up: a misplaced WHERE at character 33: edgeHub ignores it and sends everything; write FROM … WHERE … INTO …",
    ],
  ],
  [
    "text after the sink",
    route("FROM /messages/* INTO $upstream please"),
    ["warning RouteIgnoredText $edgeHub.routes.up: edgeHub ignores the text after the sink, at character 33: please"],
  ],
  [
    "a source module that is not there",
    route("FROM /messages/modules/camera/outputs/o INTO $upstream"),
    ["error RouteUnknownModule $edgeHub.routes.up: comes from module camera, which is not in this deployment"],
  ],
  [
    "a * in the middle",
    route("FROM /messages/modules/*/outputs/o INTO $upstream"),
    [
      "error RouteNeverMatches $edgeHub.routes.up: /messages/modules/*/outputs/o never matches: a * stands for the rest of the path and is a plain name before its end",
    ],
  ],
  [
    "a sink module that is not there",
    route('FROM /messages/* INTO BrokeredEndpoint("/modules/other/inputs/i")'),
    ['error RouteUnknownModule $edgeHub.routes.up: leads to module "other", which is not in this deployment'],
  ],
  [
    "an input that is not there",
    route('FROM /messages/* INTO BrokeredEndpoint("/modules/det/inputs/i")'),
    ['error RouteUnknownInput $edgeHub.routes.up: leads to input "i" of det; it has frames'],
  ],
  [
    "a priority of 10",
    { routes: { up: { route: "FROM /messages/* INTO $upstream", priority: 10, timeToLiveSecs: -1 } } },
    [
      "error RoutePriority $edgeHub.routes.up.priority: must be a whole number from 0 (first) to 9, found 10",
      "error TimeToLive $edgeHub.routes.up.timeToLiveSecs: must be a whole number of seconds, 0 for the hub's own, found -1",
    ],
  ],
  [
    "a route's name with a dot",
    { routes: { "a.b": "FROM /messages/* INTO $upstream" } },
    [
      'error Name $edgeHub.routes.a.b: the route\'s name "a.b" must have 1 to 128 characters and no dot, $, # or space',
      'error TwinKey $edgeHub.routes.a.b: has the name "a.b"; no dot, $, #, space or control character may be in it',
    ],
  ],
  [
    "a reserved name",
    { modules: [edgeModule(), edgeModule({ moduleId: "EdgeHub" })] },
    ['error ReservedName $edgeAgent.modules.EdgeHub: the module\'s name "EdgeHub" belongs to the runtime'],
  ],
  [
    "a name that Docker refuses",
    { modules: [edgeModule(), edgeModule({ moduleId: "-a" })] },
    [
      'error Name $edgeAgent.modules.-a: the module\'s name "-a" must have 2 to 128 letters, digits, _ or -, the first no _ or -',
    ],
  ],
  [
    "an image with tag and digest",
    { modules: [edgeModule({ image: `r.io/cam:1@${DIGEST}` })] },
    [
      `error Image $edgeAgent.modules.cam.settings.image: "r.io/cam:1@${DIGEST}" is no image for edgeAgent, write registry/repository:tag or …@sha256:…; with a digest there must be no tag`,
    ],
  ],
  [
    "an image without a digest",
    { modules: [edgeModule({ image: "r.io/cam:1" })] },
    [
      'warning ImageNotPinned $edgeAgent.modules.cam.settings.image: "r.io/cam:1" has no digest, so what runs can change; pin …@sha256:<64 digits>',
    ],
  ],
  [
    "a runtime that is whatever is latest",
    { edgeHubImage: "mcr.microsoft.com/azureiotedge-hub" },
    [
      'warning ImageNotPinned $edgeAgent.systemModules.edgeHub.settings.image: "mcr.microsoft.com/azureiotedge-hub" is whatever is latest; name a version such as :1.6',
    ],
  ],
  [
    "an environment name with a dot",
    { modules: [edgeModule({ env: { "a.b": "c" } })] },
    [
      'error EnvName $edgeAgent.modules.cam.env.a.b: the name "a.b" must have no +, #, $, =, dot or space',
      'error TwinKey $edgeAgent.modules.cam.env.a.b: has the name "a.b"; no dot, $, #, space or control character may be in it',
    ],
  ],
  [
    "a privileged container",
    { modules: [edgeModule({ createOptions: { HostConfig: { Privileged: true } } })] },
    [
      "error Privileged $edgeAgent.modules.cam.settings.createOptions.HostConfig.Privileged: hands over the whole host; map the devices that are needed instead",
    ],
  ],
  [
    "a port that nothing listens on",
    { modules: [edgeModule({ createOptions: { HostConfig: { PortBindings: { "80/tcp": [{ HostPort: "80" }] } } } })] },
    [
      "error HostPortUnserved $edgeAgent.modules.cam.settings.createOptions.HostConfig.PortBindings.80/tcp: publishes port 80, but cam listens on 8886",
    ],
  ],
  [
    "a port of edgeHub's",
    {
      modules: [edgeModule({ createOptions: { HostConfig: { PortBindings: { "8886/tcp": [{ HostPort: "443" }] } } } })],
    },
    [
      "error HostPortConflict $edgeAgent.modules.cam.settings.createOptions.HostConfig.PortBindings.8886/tcp: takes port 443 of the host, which edgeHub has",
    ],
  ],
  [
    "a port of edgeHub's on one address of the host",
    {
      modules: [
        edgeModule({
          createOptions: { HostConfig: { PortBindings: { "8886/tcp": [{ HostPort: "443", HostIp: "127.0.0.1" }] } } },
        }),
      ],
    },
    [
      "error HostPortConflict $edgeAgent.modules.cam.settings.createOptions.HostConfig.PortBindings.8886/tcp: takes port 443 of the host, which edgeHub has",
    ],
  ],
  [
    "a time to live of nothing",
    { timeToLiveSecs: 0 },
    [
      "error TimeToLive $edgeHub.storeAndForwardConfiguration.timeToLiveSecs: is 0: edgeHub would drop every message that it cannot send at once",
    ],
  ],
  [
    "a time to live without end",
    { timeToLiveSecs: -1 },
    [
      "warning TimeToLive $edgeHub.storeAndForwardConfiguration.timeToLiveSecs: is -1: edgeHub keeps messages for ever, and a long cut fills the disk",
    ],
  ],
  [
    "a text of 5,000 bytes in a twin",
    { modules: [edgeModule({ desired: { note: "x".repeat(5000) } })] },
    ["error TwinValue cam.note: has 5000 bytes, a text takes 4096"],
  ],
  [
    "a twin of 40,000 bytes",
    {
      modules: [
        edgeModule({ desired: Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`k${i}`, "x".repeat(3998)])) }),
      ],
    },
    ["error TwinSize cam: has 40000 bytes, a twin takes 32768"],
  ],
  [
    "null in a list and a number too large",
    { modules: [edgeModule({ desired: { list: [null], big: 2 ** 53 } })] },
    [
      "error TwinValue cam.list[0]: is null, which a list in a twin cannot hold",
      "error TwinValue cam.big: is 9007199254740992, whole numbers end at 4503599627370495",
    ],
  ],
  [
    "properties nested too deep",
    {
      modules: [
        edgeModule({ desired: { a: { b: { c: { d: { e: { f: { g: { h: { i: { j: { k: 1 } } } } } } } } } } } }),
      ],
    },
    ["error TwinDepth cam.a.b.c.d.e.f.g.h.i.j.k: is nested deeper than 10 levels"],
  ],
])("%s", (_, over, expected) => {
  expect(findings(over, { serverPorts: { cam: [8886], det: [8885] }, inputs: { det: ["frames"] } })).toEqual(expected);
});

test("in production an image without a digest is an error", () => {
  const over = { modules: [edgeModule({ image: "r.io/cam:1" })] };
  expect(findings(over, { requireDigests: true })[0]).toMatch(/^error ImageNotPinned/);
});

test("a camera device that the source needs must be mapped", () => {
  const Devices = [{ PathOnHost: "/dev/vchiq", PathInContainer: "/dev/vchiq", CgroupPermissions: "rwm" }];
  const over = { modules: [edgeModule({ createOptions: { HostConfig: { Devices } } })] };
  expect(findings(over, { devices: { cam: ["/dev/vchiq", "/dev/vcsm-cma"] } })).toEqual([
    "error DeviceMissing $edgeAgent.modules.cam.settings.createOptions.HostConfig.Devices: lacks /dev/vcsm-cma, which cam needs for its source",
  ]);
});

test("createOptions that are too long for a chunk, broken, or have a gap", () => {
  const settings = (m: DeploymentManifest) => m.modulesContent.$edgeAgent[DESIRED].modules.cam?.settings;
  expect(
    findings({}, {}, (m) => Object.assign(settings(m) ?? {}, { createOptions: `{"a":"${"x".repeat(600)}"}` })),
  ).toEqual([
    "error CreateOptionsSize $edgeAgent.modules.cam.settings.createOptions: has 608 bytes, a chunk takes 512; split it into createOptions01…",
    "warning LogUnbounded $edgeAgent.modules.cam.settings.createOptions.HostConfig.LogConfig: does not bound the log, which fills the device's disk in time",
  ]);
  expect(findings({}, {}, (m) => Object.assign(settings(m) ?? {}, { createOptions: "{" }))[0]).toMatch(
    /^error CreateOptions .*createOptions: is not JSON/,
  );
  expect(findings({}, {}, (m) => Object.assign(settings(m) ?? {}, { createOptions02: "" }))).toEqual([
    "error CreateOptions $edgeAgent.modules.cam.settings.createOptions: expected createOptions01, found createOptions02",
  ]);
});

test("desired properties without a module, an unknown restart policy, and more than 50 modules", () => {
  expect(
    findings({}, {}, (m) => {
      m.modulesContent.ghost = { [DESIRED]: {} };
      Object.assign(m.modulesContent.$edgeAgent[DESIRED].modules.cam ?? {}, { restartPolicy: "on-unhealthy" });
    }),
  ).toEqual([
    'error Orphan ghost: desired properties for module "ghost", which is not in this deployment',
    "warning RestartPolicy $edgeAgent.modules.cam.restartPolicy: must be always or never, found on-unhealthy; edgeAgent treats all but never as always",
  ]);
  const modules = Array.from({ length: 51 }, (_, i) => edgeModule({ moduleId: `m${i}` }));
  expect(findings({ modules: [edgeModule(), ...modules.slice(1)] }).find((f) => f.includes("ModuleCount"))).toBe(
    "error ModuleCount $edgeAgent.modules: has 51 modules, a deployment takes 50",
  );
});
