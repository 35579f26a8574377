import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { PropertyMap } from "@edge-vision/iotedge/kit";
import { call, copy, create, faults, local, logged, provider, remote, resourceOf } from "../testing/commands";

jest.setTimeout(60_000);

describe("a local command", () => {
  test("gives what it said, logs it line by line, and hands it to the next run", async () => {
    const inputs = { create: "echo one; echo two; echo oops >&2", update: 'echo "was $PULUMI_COMMAND_STDOUT"' };
    const outputs = await create(local, inputs);
    expect(outputs).toEqual({ ...inputs, stdout: "one\ntwo", stderr: "oops" });
    expect(logged.sort()).toEqual(["one", "oops", "two"]);

    const { outputs: updated } = await resourceOf(local).update({
      ...call(local),
      id: "thing1",
      inputs,
      oldInputs: inputs,
      state: outputs,
    });
    expect(updated).toMatchObject({ stdout: "was one\ntwo" });
  });

  test("takes environment, input, folder and interpreter, and then says secrets", async () => {
    const outputs = await create(local, {
      create: "console.log(process.cwd(), process.env.PLACE, require('fs').readFileSync(0, 'utf8'))",
      interpreter: [process.execPath, "-e"],
      dir: "/usr",
      environment: { PLACE: "here" },
      stdin: "given",
      logging: "none",
    });
    expect(outputs["stdout"]).toBe("secret:/usr here given");
    expect(logged).toEqual([]);
  });

  test("that fails tells its code and what it said, but not its text", async () => {
    await expect(create(local, { create: "TOKEN=abc; echo no such module >&2; exit 3" })).rejects.toThrow(
      /^The command here ended with exit code 3\. no such module$/,
    );
    await expect(create(local, { create: "echo password; exit 1", logging: "none" })).rejects.toThrow(
      "The command here ended with exit code 1. Its output is hidden (logging: none).",
    );
  });

  test("ends with its children when the engine cancels", async () => {
    const controller = new AbortController();
    setTimeout(() => {
      controller.abort(new Error("cancelled"));
    }, 200);
    // The child of the shell would hold the pipes open for five minutes.
    await expect(create(local, { create: "sleep 300 & wait" }, controller.signal)).rejects.toThrow("cancelled");
  });

  test("runs its delete command, and nothing where there is none", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "command-"));
    const inputs = { delete: `echo gone > ${folder}/deleted` };
    await resourceOf(local).delete({ ...call(local), id: "thing1", inputs, state: inputs });
    await resourceOf(local).delete({ ...call(local), id: "thing1", inputs: {}, state: {} });
    expect(await readFile(path.join(folder, "deleted"), "utf8")).toBe("gone\n");
    await rm(folder, { recursive: true });
  });

  test("is replaced when a trigger changes, updated otherwise", async () => {
    const request = { ...call(local), id: "thing1", state: {} };
    const diff = await resourceOf(local).diff({
      ...request,
      oldInputs: { create: "a", triggers: ["1"] },
      news: { create: "b", triggers: ["2"] },
    });
    expect(diff.changes).toEqual([
      { path: "create", kind: "update", replace: false },
      { path: "triggers[0]", kind: "update", replace: true },
    ]);
  });

  test("is a function too", async () => {
    const { signal } = new AbortController();
    const answer = await provider.invoke?.({ token: "command:local:run", args: { command: "echo hello" }, signal });
    expect(answer?.result).toMatchObject({ stdout: "hello" });
  });
});

test.each<[string, string, PropertyMap, string[]]>([
  [
    "a local command",
    local,
    { create: 1, logging: "all", assetPaths: ["*"], cwd: "/" },
    [
      "cwd: is not a property here; known are addPreviousOutputInEnv, create, delete, environment, logging, stdin, triggers, update, archivePaths, assetPaths, dir, interpreter.",
      "create: is of type number; it must be of type string.",
      'logging: is "all"; it must be stdout, stderr, stdoutAndStderr or none.',
      "assetPaths: is not supported by the local world.",
    ],
  ],
  [
    "a connection",
    remote,
    { connection: { port: 0, hostKey: "AAAA", proxy: { host: "b", keyFile: "x" } } },
    [
      "connection.host: is missing: give a host name or address.",
      "connection.port: is 0; it must be 1 to 65535.",
      'connection.hostKey: is no public key: give a line like "ssh-ed25519 AAAA…" from ssh-keyscan.',
      "connection.proxy.keyFile: is not a property here; known are agentSocketPath, dialErrorLimit, host, hostKey, password, perDialTimeout, port, privateKey, privateKeyPassword, user.",
    ],
  ],
  [
    "a copy",
    copy,
    { connection: { host: "pi" }, source: { uri: "https://example.com" } },
    [
      "remotePath: is missing: give a path on the host.",
      "source: must be a FileAsset, a StringAsset or a FileArchive with a path.",
    ],
  ],
])("check reports every fault of %s at once", async (_, token, news, expected) => {
  expect(await faults(token, news)).toEqual(expected);
});
