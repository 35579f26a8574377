import { createServer } from "node:net";
import { readJson, writeJson } from "../files";

/** Loopback ports by module and by the port inside the container: `{"camera-module": {"8886/tcp": 41234}}`. */
export type PortTable = Record<string, Record<string, number>>;

const host = "127.0.0.1";
const attempts = 20;

/** Gives each module's exposed ports a loopback port and keeps it over restarts of module and runtime. */
export class PortKeeper {
  private constructor(
    private readonly file: string,
    private table: PortTable,
  ) {}

  static async open(file: string): Promise<PortKeeper> {
    return new PortKeeper(file, ((await readJson(file)) ?? {}) as PortTable);
  }

  /** The ports that are known now. */
  get ports(): PortTable {
    return this.table;
  }

  /**
   * A port for each name, the recorded one where there is one.
   *
   * @param mayBeTaken whether a recorded port may be in use: by the module itself, while it runs
   */
  async assign(moduleId: string, names: readonly string[], mayBeTaken: boolean): Promise<Record<string, number>> {
    const known = this.table[moduleId] ?? {};
    const assigned: Record<string, number> = {};
    for (const name of names) {
      const recorded = known[name];
      const keeps = recorded !== undefined && (mayBeTaken || (await isFree(recorded)));
      assigned[name] = keeps ? recorded : await this.findPort(Object.values(assigned));
    }
    if (JSON.stringify(assigned) !== JSON.stringify(known)) {
      this.table = { ...this.table, [moduleId]: assigned };
      await writeJson(this.file, this.table);
    }
    return assigned;
  }

  async forget(moduleId: string): Promise<void> {
    if (this.table[moduleId] === undefined) return;
    const { [moduleId]: _gone, ...rest } = this.table;
    this.table = rest;
    await writeJson(this.file, this.table);
  }

  /** A free port that is not promised to anyone, running or not. */
  private async findPort(assigned: readonly number[]): Promise<number> {
    const promised = new Set([...assigned, ...Object.values(this.table).flatMap((ports) => Object.values(ports))]);
    for (let attempt = 0; attempt < attempts; attempt++) {
      const port = await freePort();
      if (!promised.has(port)) return port;
    }
    throw new Error(`No free port was found on ${host} in ${attempts} attempts.`);
  }
}

/** Whether a server could listen there now. */
export function isFree(port: number): Promise<boolean> {
  return listenOnce(port).then(
    () => true,
    () => false,
  );
}

function freePort(): Promise<number> {
  return listenOnce(0);
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === "object" && address !== null ? address.port : port);
      });
    });
  });
}
