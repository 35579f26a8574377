import { Socket } from "node:net";
import { toFailure } from "../errors";
import { prepareDecoder } from "../picture/decode";
import { FrameReader } from "./frames";
import { loadModel } from "./load-model";
import { PicturePipeline } from "./picture-pipeline";
import { frameDescriptor, type Command, type Report } from "./protocol";

/**
 * What the inference process runs: it decodes pictures and gives them to its sessions. It holds nothing that matters,
 * so the service may end it at any moment; it ends by itself when the service is gone.
 *
 * @param entry script of this process
 */
export function runInferenceProcess(entry: string): void {
  let threshold: number | undefined;
  let pipeline: PicturePipeline | undefined;

  const load = async ({ model, options }: Extract<Command, { type: "load" }>): Promise<void> => {
    try {
      const { info, interpreter, sessions } = await loadModel(entry, model, options);
      const limits = { pixels: options.maxPixels };
      pipeline = new PicturePipeline(sessions, interpreter, limits, () => threshold ?? info.threshold, {
        answered: (id, answer) => {
          report({ type: "answer", id, answer });
        },
        failed: (id, error) => {
          report({ type: "failed", id, failure: toFailure(error) });
        },
      });
      report({ type: "ready", info });
    } catch (error) {
      report({ type: "refused", failure: toFailure(error) });
    }
  };

  const obey = (command: Command): void => {
    switch (command.type) {
      case "load":
        threshold = command.threshold;
        void load(command);
        break;
      case "threshold":
        threshold = command.value;
        break;
      case "cancel":
        pipeline?.cancel(command.id);
        break;
      case "ping":
        report({ type: "pong", residentBytes: process.memoryUsage.rss() });
        break;
    }
  };

  // A signal to the whole process group is for the service, which ends this process when its requests are answered.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => undefined);
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
  prepareDecoder(1);
  const frames = new FrameReader((id, bytes) => pipeline?.push({ id, bytes }));
  new Socket({ fd: frameDescriptor, readable: true, writable: false }).on("data", (chunk) => {
    frames.push(chunk);
  });
  process.on("message", obey);
}

function report(message: Report): void {
  process.send?.(message);
}
