import type { CreateOptions } from "../deployment";
import type { Report } from "./finding";

/** A port of the host that a module takes. */
export interface PublishedPort {
  module: string;
  /** `443/tcp`. */
  port: string;
  /** Address of the host; `0.0.0.0` for all. */
  address: string;
}

/** One module's container settings, and what is known about it. */
export interface ContainerToCheck {
  path: string;
  id: string;
  options: CreateOptions;
  /** Ports that something in the container listens on. */
  serverPorts: readonly number[];
  /** Devices of the host that the module needs. */
  devices: readonly string[];
  /** Ports of the host that are taken; grows. */
  published: PublishedPort[];
}

/** Checks one module's container settings. */
export function checkContainer(container: ContainerToCheck, report: Report): void {
  const path = `${container.path}.settings.createOptions.HostConfig`;
  const host = container.options.HostConfig;
  if (host?.Privileged === true) {
    report(
      "error",
      "Privileged",
      `${path}.Privileged`,
      "hands over the whole host; map the devices that are needed instead",
    );
  }
  if (!host?.LogConfig?.Config?.["max-size"]) {
    report(
      "warning",
      "LogUnbounded",
      `${path}.LogConfig`,
      "does not bound the log, which fills the device's disk in time",
    );
  }
  checkPorts(path, container, report);
  const mapped = (host?.Devices ?? []).map(({ PathOnHost }) => PathOnHost);
  for (const device of container.devices) {
    if (!mapped.includes(device)) {
      report(
        "error",
        "DeviceMissing",
        `${path}.Devices`,
        `lacks ${device}, which ${container.id} needs for its source`,
      );
    }
  }
}

function checkPorts(path: string, container: ContainerToCheck, report: Report): void {
  for (const [port, bindings] of Object.entries(container.options.HostConfig?.PortBindings ?? {})) {
    const at = `${path}.PortBindings.${port}`;
    const number = Number.parseInt(port, 10);
    if (!container.serverPorts.includes(number)) {
      const serves = container.serverPorts.length === 0 ? "on none" : `on ${container.serverPorts.join(", ")}`;
      report("error", "HostPortUnserved", at, `publishes port ${number}, but ${container.id} listens ${serves}`);
    }
    const protocol = port.split("/")[1] ?? "tcp";
    for (const { HostPort, HostIp } of bindings) {
      const published = { module: container.id, port: `${HostPort}/${protocol}`, address: addressOf(HostIp) };
      const other = container.published.find((taken) => overlap(taken, published));
      if (other) {
        report("error", "HostPortConflict", at, `takes port ${HostPort} of the host, which ${other.module} has`);
      }
      container.published.push(published);
    }
  }
}

function addressOf(hostIp = ""): string {
  return hostIp === "" || hostIp === "::" ? "0.0.0.0" : hostIp;
}

/** All addresses include each of them. */
function overlap(one: PublishedPort, other: PublishedPort): boolean {
  const addresses = [one.address, other.address];
  return one.port === other.port && (one.address === other.address || addresses.includes("0.0.0.0"));
}
