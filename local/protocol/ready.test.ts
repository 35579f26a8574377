import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { waitForReady } from "./ready";

const loader = ["--import", "tsx"];
const module_ = JSON.stringify(path.join(__dirname, "ready.ts"));

function start(body: string, options = ""): ChildProcess {
  const program = `const { runService } = require(${module_}); void runService({ name: "thing", ${options} start: async () => { ${body} } });`;
  return spawn(process.execPath, [...loader, "--eval", program], { stdio: ["pipe", "pipe", "pipe"], cwd: __dirname });
}

const up = `setInterval(() => {}, 1000); return { ready: { ports: { https: 8443 }, ca: "/ca.pem" }, close: async () => { process.stdout.write("closed\\n"); } };`;

describe("a service process", () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });
  const started = (child: ChildProcess): ChildProcess => {
    children.push(child);
    return child;
  };

  test("says that it is ready, and ends cleanly on SIGTERM", async () => {
    const child = started(start(up));
    expect(await waitForReady(child)).toEqual({ ready: true, ports: { https: 8443 }, ca: "/ca.pem" });
    let rest = "";
    child.stdout?.on("data", (data: Buffer) => (rest += data.toString()));
    const closed = once(child, "close");
    child.kill("SIGTERM");
    expect(await closed).toEqual([0, null]);
    expect(rest).toContain("closed");
  });

  test("ends with its parent when asked to", async () => {
    const child = started(start(up, "withParent: true,"));
    await waitForReady(child);
    const closed = once(child, "close");
    child.stdin?.end();
    expect(await closed).toEqual([0, null]);
  });

  test("ends even when closing hangs", async () => {
    const child = started(
      start(up.replace(/close: .*/, "close: () => new Promise(() => {}) };"), "closeTimeoutMs: 50,"),
    );
    await waitForReady(child);
    const closed = once(child, "close");
    child.kill("SIGTERM");
    expect(await closed).toEqual([1, null]);
  });

  test("says in one line why it cannot start", async () => {
    const child = started(start(`throw Object.assign(new Error("x"), { code: "EADDRINUSE", port: 8443 });`));
    await expect(waitForReady(child)).rejects.toMatchObject({
      code: "SERVICE_NOT_READY",
      message:
        "The process ended with exit code 1 before it was ready. It said: " +
        "thing: Port 8443 is in use by another process. End that process or choose another port.",
    });
  });
});
