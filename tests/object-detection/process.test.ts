import { spawn } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import path from "node:path";
import { ServiceProcess } from "./service-process";
import { until } from "./service";

const main = path.join(__dirname, "..", "..", "modules", "object-detection", "dist", "main.js");

/** Runs the service until it ends. */
async function run(environment: Record<string, string>): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve) =>
    child.once("close", (code) => {
      resolve({ code, stderr });
    }),
  );
}

describe("a service that cannot start", () => {
  it("says in one line what is wrong with its settings", async () => {
    expect(await run({ PORT: "99999", THRESHOLD: "high" })).toEqual({
      code: 1,
      stderr:
        'object-detection cannot start: PORT: "99999" is not a whole number from 0 to 65535; ' +
        'THRESHOLD: "high" is not a number from 0 to 1\n',
    });
  });

  it("says that its port is in use", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      expect(await run({ PORT: String(port) })).toEqual({
        code: 1,
        stderr: `object-detection cannot start: the port ${port} is in use; set PORT to a free one (0 takes any)\n`,
      });
    } finally {
      server.close();
    }
  });
});

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe("the end of the service", () => {
  it("is clean while the model is being loaded", async () => {
    const service = await ServiceProcess.start();
    expect(await service.stop()).toBe(0);
  });

  it("is clean when the model is ready, and leaves no inference process", async () => {
    const service = await (await ServiceProcess.start()).ready();
    const inference = service.log.find(({ msg }) => msg === "model ready")?.inferencePid as number;
    expect(await service.stop()).toBe(0);
    await until(() => !alive(inference), "the end of the inference process");
  });

  it("takes the inference process along, even by kill -9", async () => {
    const service = await (await ServiceProcess.start()).ready();
    const inference = service.log.find(({ msg }) => msg === "model ready")?.inferencePid as number;
    expect(alive(inference)).toBe(true);
    service.process.kill("SIGKILL");
    await until(() => !alive(inference), "the end of the inference process");
  });
});
