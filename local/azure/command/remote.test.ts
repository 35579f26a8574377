import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { PropertyMap } from "@edge-vision/iotedge/kit";
import { call, copy, create, logged, remote, resourceOf } from "../testing/commands";
import { TestSshServer, ed25519KeyPair } from "./test-ssh-server";

jest.setTimeout(60_000);

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

  test("a host that is just going down is tried again, too", async () => {
    const down = createServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
    await new Promise<void>((resolve) => down.listen(0, "127.0.0.1", resolve));
    const { port } = down.address() as AddressInfo;
    await expect(create(remote, { connection: connection({ port }), create: "true" })).rejects.toThrow(
      /^No SSH connection to pi@127\.0\.0\.1:\d+ after 3 tries: /,
    );
    await new Promise((resolve) => down.close(resolve));
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
