import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { isSecret, type PropertyMap } from "@edge-vision/iotedge/kit";
import { command } from "./provider";
import { TestSshServer, ed25519KeyPair } from "./test-ssh-server";
import { textOf } from "../text-of";

jest.setTimeout(60_000);

const local = "command:local:Command";
const remote = "command:remote:Command";
const copy = "command:remote:CopyToRemote";
const provider = command();
const logged: string[] = [];

beforeEach(() => {
  logged.length = 0;
});

function call(token: string, signal = new AbortController().signal) {
  const log = (_severity: string, line: string): void => void logged.push(line);
  return { urn: `urn:pulumi:dev::test::${token}::thing`, name: "thing", token, signal, log };
}

function resourceOf(token: string) {
  const resource = provider.resource(token);
  if (resource?.check === undefined || resource.update === undefined || resource.diff === undefined) {
    throw new Error(`no ${token}`);
  }
  return resource as Required<typeof resource>;
}

async function faults(token: string, news: PropertyMap): Promise<string[]> {
  const request = { olds: undefined, news, randomSeed: Buffer.alloc(0), autonaming: undefined };
  const { failures } = await resourceOf(token).check({ ...call(token), ...request });
  return failures.map(({ property, reason }) => `${property}: ${reason}`);
}

async function create(token: string, inputs: PropertyMap, signal?: AbortSignal): Promise<PropertyMap> {
  const { outputs } = await resourceOf(token).create({ ...call(token, signal), inputs });
  return shown(outputs as PropertyMap);
}

/** Outputs with secrets as `secret:value`. */
function shown(outputs: PropertyMap): PropertyMap {
  return Object.fromEntries(
    Object.entries(outputs).map(([key, value]) => [key, isSecret(value) ? `secret:${textOf(value.value)}` : value]),
  );
}

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

describe("over SSH", () => {
  let server: TestSshServer;
  let folder: string;
  const keys = ed25519KeyPair();

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "ssh-"));
    server = await TestSshServer.start({ publicKey: keys.public, password: "secret", files: folder });
  });

  afterEach(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const connection = (more: PropertyMap = {}): PropertyMap => ({
    host: "127.0.0.1",
    port: server.port,
    user: "pi",
    privateKey: keys.private,
    hostKey: server.hostKeys[0] ?? "",
    dialErrorLimit: 2,
    ...more,
  });

  test("a command gets its input and environment; what it says is secret", async () => {
    const outputs = await create(remote, {
      connection: connection(),
      create: 'cat; echo " $PLACE"; echo oops >&2',
      stdin: "hello",
      environment: { PLACE: "there" },
    });
    expect(outputs).toMatchObject({ stdout: "secret:hello there", stderr: "secret:oops" });
    expect(logged.sort()).toEqual(["hello there", "oops"]);
  });

  test("each of a server's host keys is accepted when it is the one that is expected", async () => {
    for (const hostKey of server.hostKeys) {
      await create(remote, { connection: connection({ hostKey }), create: "true" });
    }
    expect(server.commands).toEqual(["true", "true"]);
  });

  test("another host key is refused at once, and nothing is run", async () => {
    const other = ed25519KeyPair().public;
    await expect(create(remote, { connection: connection({ hostKey: other }), create: "true" })).rejects.toMatchObject({
      code: "HOST_KEY_MISMATCH",
      message: expect.stringMatching(/^127\.0\.0\.1 has another host key than connection\.hostKey says\./) as string,
    });
    expect(server.commands).toEqual([]);
    expect(server.attempts).toBe(1);
  });

  test("a wrong password or key is refused at once", async () => {
    const { privateKey: _, ...without } = connection({ password: "wrong" });
    await expect(create(remote, { connection: without, create: "true" })).rejects.toMatchObject({ code: "SSH_FAILED" });
    expect(server.attempts).toBe(1);
    await create(remote, { connection: { ...without, password: "secret" }, create: "true" });
    await expect(create(remote, { connection: connection({ privateKey: "no key" }), create: "true" })).rejects.toThrow(
      /Cannot parse privateKey/,
    );
  });

  test("a host that does not answer is tried again, up to the limit", async () => {
    const gone = connection();
    await server.close();
    await expect(create(remote, { connection: gone, create: "true" })).rejects.toThrow(
      /^No SSH connection to pi@127\.0\.0\.1:\d+ after 3 tries: .*ECONNREFUSED/,
    );
    server = await TestSshServer.start();
  });

  test("a command that fails tells its code; one that is cut off says so", async () => {
    await expect(create(remote, { connection: connection(), create: "echo broken >&2; exit 4" })).rejects.toThrow(
      "The command on 127.0.0.1 ended with exit code 4. broken",
    );
    const cut = create(remote, { connection: connection(), create: "echo started; exec sleep 300" });
    const waiting = setInterval(() => {
      if (logged.includes("started")) server.drop();
    }, 50);
    await expect(cut).rejects.toThrow("The connection to 127.0.0.1 broke while a command ran.");
    clearInterval(waiting);
  });

  test("a bastion host leads on", async () => {
    const inner = await TestSshServer.start({ publicKey: keys.public });
    const target = connection({ port: inner.port, hostKey: inner.hostKeys[1] ?? "" });
    await create(remote, { connection: { ...target, proxy: connection() }, create: "echo inside" });
    expect(inner.commands).toEqual(["echo inside"]);
    expect(server.commands).toEqual([]);
    await inner.close();
  });

  describe("copies", () => {
    const signature = "4dabf18193072939515e22adb298388d";
    const text = (content: string) => ({
      [signature]: "c44067f5952c0a294b673a41bacd8c17",
      hash: content,
      text: content,
    });
    const file = (at: string) => ({ [signature]: "c44067f5952c0a294b673a41bacd8c17", hash: at, path: at });
    const archive = (at: string) => ({ [signature]: "0def7320c3a5731c473e5ecbe6d01bc7", hash: at, path: at });
    const read = (name: string) => readFile(path.join(folder, name), "utf8");

    test("a text into a new file, with the folders that it needs", async () => {
      await create(copy, { connection: connection(), source: text("hello"), remotePath: "/etc/aziot/config.toml" });
      expect(await read("etc/aziot/config.toml")).toBe("hello");
    });

    test("a file into an existing folder or onto a file", async () => {
      await mkdir(path.join(folder, "target"));
      await writeFile(path.join(folder, "one.txt"), "one");
      const source = file(path.join(folder, "one.txt"));
      await create(copy, { connection: connection(), source, remotePath: "/target" });
      await create(copy, { connection: connection(), source, remotePath: "/target/two.txt" });
      expect([await read("target/one.txt"), await read("target/two.txt")]).toEqual(["one", "one"]);
    });

    test("a folder with all that is in it, but not onto a file", async () => {
      await mkdir(path.join(folder, "from/deep"), { recursive: true });
      await writeFile(path.join(folder, "from/deep/a.txt"), "a");
      await create(copy, { connection: connection(), source: archive(path.join(folder, "from")), remotePath: "/to" });
      await create(copy, {
        connection: connection(),
        source: archive(path.join(folder, "from/")),
        remotePath: "/bare",
      });
      expect([await read("to/from/deep/a.txt"), await read("bare/deep/a.txt")]).toEqual(["a", "a"]);
      const onto = {
        connection: connection(),
        source: archive(path.join(folder, "from")),
        remotePath: "/bare/deep/a.txt",
      };
      await expect(create(copy, onto)).rejects.toMatchObject({ code: "IS_A_FILE" });
    });

    test("again only when what or where changes", async () => {
      const inputs = { connection: connection(), source: text("hello"), remotePath: "/a.txt" };
      const update = (news: PropertyMap) =>
        resourceOf(copy).update({ ...call(copy), id: "1", inputs: news, oldInputs: inputs, state: inputs });
      await update({ ...inputs, connection: connection({ dialErrorLimit: 5 }) });
      expect(server.attempts).toBe(0);
      await update({ ...inputs, source: text("changed") });
      expect(await read("a.txt")).toBe("changed");
    });
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
