import { pino } from "pino";
import { Service } from "@edge-vision/object-detection/dist/service";
import { readSettings } from "@edge-vision/object-detection/dist/settings";

/** What the bench asks of the service; each question is answered with one message. */
export type Question = { swap: string } | { pids: true };
export type Answer = { address: string } | { pids: number[] } | { swapped: true };

/** The service with its real inference process, told over IPC what otherwise the module twin says. */
async function main(): Promise<void> {
  const entry = require.resolve("@edge-vision/object-detection/dist/inference-process");
  const service = new Service(readSettings(process.env), pino({ level: "silent" }), entry);
  const answer = (message: Answer): void => void process.send?.(message);
  process.on("message", (question: Question) => {
    if ("pids" in question) answer({ pids: service.inference.pids });
    else {
      void service.inference.swap({ file: question.swap }).then(() => {
        answer({ swapped: true });
      });
    }
  });
  process.once("disconnect", () => process.exit(1));
  process.once("SIGTERM", () => void service.close().then(() => process.exit(0)));
  const address = await service.start();
  await service.inference.decided();
  answer({ address });
}

void main();
