import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ProvisioningService } from "@edge-vision/local/dist/azure/testing/provisioning-service";
import { ensureCertificates } from "@edge-vision/local/dist/protocol/certificates";
import type * as iotedge from "@edge-vision/iotedge";
import type { PulumiFn, Stack } from "@pulumi/pulumi/automation";
import { emptyPreview } from "./engine/empty-preview";
import { openStack } from "./engine/stack";
import { type BenchHub, startHub } from "./fleet/hub";
import { devices, noOps, selfProvisioned } from "./fleet/programs";
import { FaultProxy, type SeenRequest } from "#tests/provider/fault-proxy";
import { median } from "./statistics/median";
import type { Report } from "./report";

const root = path.join(__dirname, "..", "..");
const count = 1000;
const upRounds = 2;
const previewRounds = 3;
// The engine writes the whole state at every step: with a thousand devices that takes minutes, in both stacks alike, and
// would hide the provider's share.
const withoutCheckpoints = { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" };
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
  const open = (stackName: string, program: PulumiFn): Promise<Stack> =>
    openStack({
      stackName,
      projectName: "fleet",
      folder: path.join(folder, stackName),
      program,
      providers,
      env: withoutCheckpoints,
    });
  const seconds = { up: [] as number[], upNoOp: [] as number[], preview: [] as number[], previewNoOp: [] as number[] };
  for (let round = 1; round <= upRounds; round++) {
    report.note(`${count} devices, round ${round} of ${upRounds}`);
    const hub = await startHub(path.join(folder, `hub-${round}`), 0);
    try {
      const ours = await open(`devices-${round}`, devices(count, providerArgsOf(hub)));
      const theirs = await open(`no-op-${round}`, noOps(count));
      seconds.up.push(await timed(() => ours.up()));
      seconds.upNoOp.push(await timed(() => theirs.up()));
      for (let preview = 0; round === upRounds && preview < previewRounds; preview++) {
        seconds.preview.push(await timed(() => emptyPreview(ours)));
        seconds.previewNoOp.push(await timed(() => emptyPreview(theirs)));
      }
    } finally {
      await hub.stop();
    }
  }
  for (const [name, own, noOp] of [
    ["up", seconds.up, seconds.upNoOp],
    ["preview", seconds.preview, seconds.previewNoOp],
  ] as const) {
    report.figure({ name: `${name}, ${count} devices`, value: median(own), unit: "s" });
    report.figure({ name: `${name}, ${2 * count} no-op resources`, value: median(noOp), unit: "s" });
    const ratio = median(own.map((value, index) => value / (noOp[index] ?? Number.NaN)));
    report.figure({ name: `${name}, ${count} devices`, value: ratio, unit: "× no-op resources", goal: { max: 1.5 } });
  }
}

/**
 * How many devices there are reaches neither engine nor provider, so neither time nor requests may grow. The local hub
 * has read its devices before the clock starts; that it lays the deployment over each of them is in the clock.
 */
async function wholeFleet(report: Report, folder: string): Promise<void> {
  const few = await upOfFleet(report, folder, small);
  const many = await upOfFleet(report, folder, large);
  for (const [size, { seconds, waited }] of [
    [small, few],
    [large, many],
  ] as const) {
    report.figure({ name: `up, a fleet of ${size}, the local hub's own work in the clock`, value: seconds, unit: "s" });
    report.figure({ name: `up, a fleet of ${size}, of it waiting for the hub`, value: waited, unit: "s" });
  }
  report.figure({
    name: `up, a fleet of ${large}, the local hub's own work in the clock`,
    value: many.seconds / few.seconds,
    unit: `× a fleet of ${small}`,
    goal: { max: 1.5 },
  });
  const more = many.requests - few.requests;
  report.figure({ name: `requests to the services, a fleet of ${small}`, value: few.requests, unit: "" });
  report.figure({ name: `more requests, a fleet of ${large}`, value: more, unit: "", goal: { equals: 0 } });
}

interface FleetUp {
  seconds: number;
  /** Seconds of these in which the hub had a request to answer. */
  waited: number;
  /** To the hub and to the provisioning service. */
  requests: number;
}

async function upOfFleet(report: Report, folder: string, size: number): Promise<FleetUp> {
  report.note(`a fleet of ${size} that provisions itself`);
  const hub = await startHub(path.join(folder, `hub-of-${size}`), size);
  const { server, ca } = await ensureCertificates(path.join(folder, `services-${size}`), {
    authority: "bench",
    names: ["*.azure-devices.net", "*.azure-devices-provisioning.net"],
  });
  const proxy = new FaultProxy({ ...server, ca: ca.pem }, hub.endpoint);
  await proxy.listen();
  const provisioning = new ProvisioningService(server, ca.pem);
  await provisioning.listen();
  try {
    const stackName = `fleet-${size}`;
    const stack = await openStack({
      stackName,
      projectName: "fleet",
      folder: path.join(folder, stackName),
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

async function timed(operation: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await operation();
  return (performance.now() - started) / 1000;
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
