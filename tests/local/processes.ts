import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A process of this machine. */
export interface SeenProcess {
  pid: number;
  command: string;
}

/** Every process that belongs to a folder: it works in it, or its command line or environment names it. */
export function processesOf(folder: string): SeenProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      const command = read(name, "cmdline").replaceAll("\0", " ").trim();
      // A zombie has no command line any more.
      if (command === "") return [];
      const belongs = [command, workingFolder(name), read(name, "environ")].some((text) => text.includes(folder));
      return belongs ? [{ pid: Number(name), command }] : [];
    });
}

/** The TCP ports on which processes listen. */
export function listeningPorts(processes: readonly SeenProcess[]): number[] {
  const sockets = new Set(processes.flatMap(({ pid }) => socketsOf(pid)));
  return ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) =>
    readFileSync(file, "utf8")
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === "0A" && sockets.has(fields[9] ?? ""))
      .map((fields) => parseInt(fields[1]?.split(":").at(-1) ?? "", 16)),
  );
}

function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode === undefined ? [] : [inode];
    });
  } catch {
    return [];
  }
}

function workingFolder(pid: string): string {
  return link(`/proc/${pid}/cwd`);
}

function link(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return "";
  }
}

function read(pid: string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "latin1");
  } catch {
    return "";
  }
}
