/**
 * Loaded into every module's process before its own script (`node --require`). It holds the other end of a pipe to the
 * runtime: when the runtime is gone, however it ended, the module is asked to end and then ends. The module itself sees
 * nothing of this.
 */
import { Socket } from "node:net";
import { isMainThread } from "node:worker_threads";

const pipe = 3;
const graceMs = 10_000;

// What the module forks gets its arguments, and there file descriptor 3 is something else.
const own = process.execArgv.indexOf("--require");
if (process.execArgv[own + 1] === __filename) process.execArgv.splice(own, 2);

if (isMainThread) {
  const runtime = new Socket({ fd: pipe, readable: true, writable: false });
  runtime.on("error", () => undefined);
  runtime.once("close", () => {
    setTimeout(() => process.kill(process.pid, "SIGKILL"), graceMs).unref();
    process.kill(process.pid, "SIGTERM");
  });
  runtime.resume();
  runtime.unref();
}
