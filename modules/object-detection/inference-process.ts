import { isMainThread } from "node:worker_threads";
import { runInferenceProcess } from "./inference/inference-process";
import { runSessionThread } from "./inference/session-thread";

// One script for the process and for its session threads, so that an image has one file of it.
if (isMainThread) runInferenceProcess(__filename);
else void runSessionThread();
