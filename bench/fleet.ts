import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ProvisioningService } from "@edge-vision/local/dist/azure/testing/provisioning-service";
import { ensureCertificates } from "@edge-vision/local/dist/protocol/certificates";
import type * as iotedge from "@edge-vision/iotedge";
import { openStack } from "./engine/stack";
import { type BenchHub, startHub } from "./fleet/hub";
import { measured, type Seconds } from "./fleet/measured";
import { selfProvisioned } from "./fleet/programs";
import { FaultProxy, type SeenRequest } from "#tests/provider/fault-proxy";
import type { Report } from "./report";
import { median } from "./statistics/median";
import { timed } from "./statistics/timed";

const root = path.join(__dirname, "..", "..");
const count = 1000;
const rounds = 3;
const small = 10;
const large = 100_000;

/**
 * What a fleet costs. A thousand devices with an identity and a deployment each, `up` and `preview` of them divided by
 * those of as many resources with the same properties that nobody does anything for, in turns; and a fleet that
 * provisions itself, `up` with few and with many devices in the hub.
 */
export async function run(report: Report): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "edge-vision-fleet-"));
  try {
    await eachDevice(report, folder);
    await wholeFleet(report, folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

async function eachDevice(report: Report, folder: string): Promise<void> {
  const providers = [
    { name: "iotedge", path: path.join(root, "provider", "bin") },
    { name: "noop", path: await noOpProvider(folder) },
  ];
  const own: Seconds[] = [];
  const noOp: Seconds[] = [];
  for (let round = 1; round <= rounds; round++) {
    report.note(`${count} devices, round ${round} of ${rounds}`);
    const hub = await startHub(path.join(folder, `hub-${round}`), 0);
    try {
      const common = { count, folder: path.join(folder, `round-${round}`), providers };
      own.push(await measured({ ...common, hub: providerArgsOf(hub) }));
      noOp.push(await measured(common));
    } finally {
      await hub.stop();
    }
  }
  for (const name of ["up", "preview"] as const) {
    report.figure({ name: `${name}, ${count} devices`, value: median(own.map((seconds) => seconds[name])), unit: "s" });
    report.figure({
      name: `${name}, ${2 * count} no-op resources`,
      value: median(noOp.map((seconds) => seconds[name])),
      unit: "s",
    });
    const ratio = median(own.map((seconds, round) => seconds[name] / (noOp[round]?.[name] ?? Number.NaN)));
    report.figure({ name: `${name}, ${count} devices`, value: ratio, unit: "× no-op resources", goal: { max: 1.5 } });
  }
}

/**
 * How many devices there are reaches neither engine nor provider, so neither time nor requests may grow. The local hub
 * has read its devices before the clock starts; that it lays the deployment over each of them is in the clock.
 */
async function wholeFleet(report: Report, folder: string): Promise<void> {
  const few: FleetUp[] = [];
  const many: FleetUp[] = [];
  for (let round = 1; round <= rounds; round++) {
    report.note(`fleets of ${small} and of ${large} that provision themselves, round ${round} of ${rounds}`);
    few.push(await upOfFleet(path.join(folder, `few-${round}`), small));
    many.push(await upOfFleet(path.join(folder, `many-${round}`), large));
  }
  for (const [size, ups] of [
    [small, few],
    [large, many],
  ] as const) {
    const name = `up, a fleet of ${size}`;
    const seconds = median(ups.map((up) => up.seconds));
    report.figure({ name: `${name}, the local hub's own work in the clock`, value: seconds, unit: "s" });
    const waited = median(ups.map((up) => up.waited));
    report.figure({ name: `${name}, of it waiting for the hub`, value: waited, unit: "s" });
  }
  report.figure({
    name: `up, a fleet of ${large}, the local hub's own work in the clock`,
    value: median(many.map(({ seconds }, round) => seconds / (few[round]?.seconds ?? Number.NaN))),
    unit: `× a fleet of ${small}`,
    goal: { max: 1.5 },
  });
  const requests = Math.max(...few.map((up) => up.requests));
  const more = Math.max(...many.map((up) => up.requests)) - requests;
  report.figure({ name: `requests to the services, a fleet of ${small}`, value: requests, unit: "" });
  report.figure({ name: `more requests, a fleet of ${large}`, value: more, unit: "", goal: { equals: 0 } });
}

interface FleetUp {
  seconds: number;
  /** Seconds of these in which the hub had a request to answer. */
  waited: number;
  /** To the hub and to the provisioning service. */
  requests: number;
}

async function upOfFleet(folder: string, size: number): Promise<FleetUp> {
  const hub = await startHub(path.join(folder, "hub"), size);
  const { server, ca } = await ensureCertificates(path.join(folder, "services"), {
    authority: "bench",
    names: ["*.azure-devices.net", "*.azure-devices-provisioning.net"],
  });
  const proxy = new FaultProxy({ ...server, ca: ca.pem }, hub.endpoint);
  await proxy.listen();
  const provisioning = new ProvisioningService(server, ca.pem);
  await provisioning.listen();
  try {
    const stack = await openStack({
      stackName: "fleet",
      projectName: "fleet",
      folder: path.join(folder, "stack"),
      program: selfProvisioned({
        ...providerArgsOf({ ...hub, endpoint: proxy.endpoint }),
        provisioningConnectionString: provisioning.connectionString,
        provisioningEndpoint: provisioning.endpoint,
      }),
      providers: [{ name: "iotedge", path: path.join(root, "provider", "bin") }],
    });
    const seconds = await timed(() => stack.up());
    const requests = proxy.requests.length + provisioning.requests.length;
    return { seconds, waited: secondsOf(proxy.requests), requests };
  } finally {
    await provisioning.close();
    await proxy.close();
    await hub.stop();
  }
}

/** Time in which at least one request was not answered. */
function secondsOf(requests: readonly SeenRequest[]): number {
  let total = 0;
  let until = 0;
  for (const { at, answeredAt = at } of requests) {
    total += Math.max(0, answeredAt - Math.max(at, until));
    until = Math.max(until, answeredAt);
  }
  return total / 1000;
}

function providerArgsOf({ connectionString, endpoint }: BenchHub): iotedge.ProviderArgs {
  return { connectionString, endpoint };
}

/** The folder of an executable that the engine finds. */
async function noOpProvider(folder: string): Promise<string> {
  const bin = path.join(folder, "no-op-provider");
  await mkdir(bin);
  const script = path.join(bin, "pulumi-resource-noop");
  const main = path.join(__dirname, "fleet", "no-op-provider.js");
  await writeFile(script, `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
  await chmod(script, 0o755);
  return bin;
}
