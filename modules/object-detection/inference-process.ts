import { isMainThread } from "node:worker_threads";

// One script for the process and for its session threads, so that an image has one file of it; each loads only what it
// needs.
if (isMainThread) {
  void import("./inference/inference-process.js").then(({ runInferenceProcess }) => {
    runInferenceProcess(__filename);
  });
} else {
  void import("./inference/session-thread.js").then(async ({ runSessionThread }) => runSessionThread());
}
