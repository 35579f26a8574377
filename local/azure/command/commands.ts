import type { Call, PropertyMap } from "@edge-vision/iotedge/kit";
import { checkConnection, checkShared, sharedInputs } from "./check-command";
import type { Runner } from "./command-resource";
import { environmentOf, loggingOf } from "./outcome";
import { runLocally } from "./run-locally";
import { runRemotely } from "./run-remotely";

const shell = ["/bin/sh", "-c"];

/** `local.Command`: a process of this machine. */
export const localCommand: Runner = {
  token: "command:local:Command",
  check(checker) {
    checker.onlyKnown([...sharedInputs, "archivePaths", "assetPaths", "dir", "interpreter"]);
    checkShared(checker);
    checker.read(["dir"], "string");
    checker.read(["interpreter"], "array");
    for (const paths of ["archivePaths", "assetPaths"]) {
      if (checker.properties[paths] !== undefined) checker.fail([paths], "is not supported by the local world.");
    }
  },
  // The real provider makes outputs secret where any input is; here these two are what can hold one.
  saysSecrets: (inputs) => inputs["environment"] !== undefined || inputs["stdin"] !== undefined,
  run: (command, inputs, before, call) => runLocally(localRun(command, inputs, before, call)),
};

/** `remote.Command`: over SSH. Its connection is secret, so what it says is. */
export const remoteCommand: Runner = {
  token: "command:remote:Command",
  check(checker) {
    checker.onlyKnown([...sharedInputs, "connection"]);
    checkShared(checker);
    checkConnection(checker);
  },
  saysSecrets: () => true,
  run: (command, inputs, before, call) =>
    runRemotely({ ...shared(command, inputs, before, call), connection: (inputs["connection"] ?? {}) as PropertyMap }),
};

/** The settings of a local command, also of the function `local.run`. */
export function localRun(
  command: string,
  inputs: PropertyMap,
  before: PropertyMap | undefined,
  call: Pick<Call, "signal" | "log">,
) {
  const { dir, interpreter } = inputs;
  return {
    ...shared(command, inputs, before, call),
    interpreter: Array.isArray(interpreter) ? interpreter.map(String) : shell,
    ...(typeof dir === "string" ? { dir } : {}),
  };
}

function shared(
  command: string,
  inputs: PropertyMap,
  before: PropertyMap | undefined,
  call: Pick<Call, "signal" | "log">,
) {
  const { stdin } = inputs;
  return {
    command,
    environment: environmentOf(inputs, before),
    ...(typeof stdin === "string" ? { stdin } : {}),
    logging: loggingOf(inputs),
    signal: call.signal,
    log: (line: string) => {
      call.log("info", line);
    },
  };
}
