import { createRequire } from "node:module";
import type * as Ort from "onnxruntime-common";

export type BackendName = "native" | "wasm";

/** An ONNX Runtime, whichever build of it runs on this machine. */
export interface Backend {
  name: BackendName;
  ort: typeof Ort;
}

const load = createRequire(__filename);

/**
 * The native ONNX Runtime where the package has a binary for this machine, otherwise its WebAssembly build (32-bit
 * Arm). `preference` forces one of them.
 */
export function loadBackend(preference: BackendName | "auto", threads: number): Backend {
  if (preference !== "wasm") {
    try {
      return { name: "native", ort: load("onnxruntime-node") as typeof Ort };
    } catch (error) {
      if (preference === "native") throw error;
    }
  }
  const ort = load("onnxruntime-web") as typeof Ort;
  ort.env.wasm.numThreads = threads;
  return { name: "wasm", ort };
}
