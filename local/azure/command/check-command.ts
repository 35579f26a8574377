import type { Checker } from "@edge-vision/iotedge/kit";
import { parseHostKey } from "./host-key";

const ofConnection = [
  "agentSocketPath",
  "dialErrorLimit",
  "host",
  "hostKey",
  "password",
  "perDialTimeout",
  "port",
  "privateKey",
  "privateKeyPassword",
  "proxy",
  "user",
];

/** What local and remote commands have in common. */
export const sharedInputs = [
  "addPreviousOutputInEnv",
  "create",
  "delete",
  "environment",
  "logging",
  "stdin",
  "triggers",
  "update",
];

export function checkShared(checker: Checker): void {
  for (const text of ["create", "update", "delete", "stdin"]) checker.read([text], "string");
  checker.read(["environment"], "object");
  checker.read(["triggers"], "array");
  const logging = checker.read(["logging"], "string");
  if (logging !== undefined && !["stdout", "stderr", "stdoutAndStderr", "none"].includes(logging)) {
    checker.fail(["logging"], `is "${logging}"; it must be stdout, stderr, stdoutAndStderr or none.`);
  }
}

export function checkConnection(checker: Checker, path: readonly string[] = ["connection"]): void {
  checker.read(path, "object", { required: true, what: "host, user and a key or password" });
  const proxied = path.length > 1;
  checker.onlyKnown(proxied ? ofConnection.filter((key) => key !== "proxy") : ofConnection, path);
  checker.read([...path, "host"], "string", { required: true, what: "a host name or address" });
  const port = checker.read([...path, "port"], "number");
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) {
    checker.fail([...path, "port"], `is ${port}; it must be 1 to 65535.`);
  }
  const hostKey = checker.read([...path, "hostKey"], "string");
  if (hostKey !== undefined && hostKey !== "" && parseHostKey(hostKey) === undefined) {
    checker.fail([...path, "hostKey"], 'is no public key: give a line like "ssh-ed25519 AAAA…" from ssh-keyscan.');
  }
  const hasProxy = !proxied && checker.read([...path, "proxy"], "object") !== undefined;
  if (hasProxy) checkConnection(checker, [...path, "proxy"]);
}
