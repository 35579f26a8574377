import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, statSync, writeSync } from "node:fs";
import net from "node:net";
import type { AddressInfo } from "node:net";
import path from "node:path";
import ssh2 from "ssh2";

const { STATUS_CODE, flagsToString } = ssh2.utils.sftp;

export interface TestSshServerOptions {
  password?: string;
  /** Authorized public key. */
  publicKey?: string;
  /** Folder that paths of SFTP count from. */
  files?: string;
}

/** An Ed25519 key pair that can be read: one in a few hundred of those that ssh2 makes is malformed. */
export function ed25519KeyPair(): { private: string; public: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync("ed25519");
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}

/** An SSH server for tests: runs commands with /bin/sh, takes files, forwards connections. */
export class TestSshServer {
  /** Public host keys, as lines of a known_hosts file without the host. */
  readonly hostKeys: string[];
  readonly commands: string[] = [];
  /** Connections that were tried. */
  attempts = 0;
  private readonly clients = new Set<ssh2.Connection>();

  private constructor(
    private readonly server: ssh2.Server,
    hostKeys: string[],
  ) {
    this.hostKeys = hostKeys;
  }

  static async start(options: TestSshServerOptions = {}): Promise<TestSshServer> {
    const pairs = [ssh2.utils.generateKeyPairSync("ecdsa", { bits: 256 }), ed25519KeyPair()];
    const server = new ssh2.Server({ hostKeys: pairs.map((pair) => pair.private) });
    const started = new TestSshServer(
      server,
      pairs.map((pair) => pair.public),
    );
    server.on("connection", (client) => {
      started.serve(client, options);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return started;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Breaks every connection. */
  drop(): void {
    for (const client of this.clients) (client as unknown as { _sock: net.Socket })._sock.destroy();
  }

  close(): Promise<void> {
    this.drop();
    return new Promise((resolve) => {
      this.server.close(() => {
        resolve();
      });
    });
  }

  private serve(client: ssh2.Connection, { password, publicKey, files }: TestSshServerOptions): void {
    this.attempts++;
    this.clients.add(client);
    client.on("error", () => undefined);
    client.on("close", () => this.clients.delete(client));
    client.on("authentication", (context) => {
      const byPassword = context.method === "password" && password !== undefined && context.password === password;
      const key = publicKey === undefined ? undefined : ssh2.utils.parseKey(publicKey);
      const byKey =
        context.method === "publickey" &&
        key !== undefined &&
        !(key instanceof Error) &&
        !Array.isArray(key) &&
        context.key.data.equals(key.getPublicSSH());
      if (byPassword || byKey) context.accept();
      else context.reject(["password", "publickey"]);
    });
    client.on("tcpip", (accept, _reject, { destIP, destPort }) => {
      const [channel, socket] = [accept(), net.connect(destPort, destIP)];
      channel.pipe(socket).pipe(channel);
      for (const end of [channel, socket]) end.on("error", () => undefined);
    });
    client.on("session", (accept) => {
      const session = accept();
      const env: Record<string, string> = {};
      session.on("env", (acceptEnv, _reject, { key, val }) => {
        env[key] = val;
        // The client asks for no answer.
        if (typeof acceptEnv === "function") acceptEnv();
      });
      session.on("exec", (acceptExec, _reject, { command }) => {
        this.commands.push(command);
        const stream = acceptExec();
        const child = spawn("/bin/sh", ["-c", command], { env: { ...process.env, ...env } });
        stream.pipe(child.stdin.on("error", () => undefined));
        child.stdout.on("data", (data: Buffer) => stream.write(data));
        child.stderr.on("data", (data: Buffer) => stream.stderr.write(data));
        stream.on("error", () => undefined).on("close", () => child.kill("SIGKILL"));
        child.on("close", (code) => {
          stream.exit(code ?? 255);
          stream.end();
        });
      });
      session.on("sftp", (acceptSftp) => {
        serveFiles(acceptSftp(), files ?? "/");
      });
    });
  }
}

/** The requests that a copy needs (draft-ietf-secsh-filexfer-02). */
function serveFiles(sftp: ssh2.SFTPWrapper, root: string): void {
  const at = (file: string): string => path.join(root, file);
  const open = new Map<number, number>();
  const handleOf = (handle: Buffer): number => open.get(handle.readUInt32BE(0)) ?? -1;
  const answer = (id: number, act: () => void): void => {
    try {
      act();
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
      sftp.status(id, missing ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.FAILURE);
    }
  };
  const attributes = (file: string) => {
    const { mode, uid, gid, size, atimeMs, mtimeMs } = statSync(file);
    return { mode, uid, gid, size, atime: atimeMs / 1000, mtime: mtimeMs / 1000 };
  };
  const onStat = (id: number, file: string): void => {
    answer(id, () => {
      sftp.attrs(id, attributes(at(file)));
    });
  };
  sftp.on("STAT", onStat).on("LSTAT", onStat);
  sftp.on("MKDIR", (id, file) => {
    answer(id, () => {
      mkdirSync(at(file));
      sftp.status(id, STATUS_CODE.OK);
    });
  });
  sftp.on("OPEN", (id, file, flags) => {
    answer(id, () => {
      const handle = Buffer.alloc(4);
      handle.writeUInt32BE(open.size);
      open.set(open.size, openSync(at(file), flagsToString(flags) ?? "w"));
      sftp.handle(id, handle);
    });
  });
  sftp.on("WRITE", (id, handle, offset, data) => {
    answer(id, () => {
      writeSync(handleOf(handle), data, 0, data.length, offset);
      sftp.status(id, STATUS_CODE.OK);
    });
  });
  sftp.on("FSETSTAT", (id) => {
    sftp.status(id, STATUS_CODE.OK);
  });
  sftp.on("CLOSE", (id, handle) => {
    answer(id, () => {
      closeSync(handleOf(handle));
      sftp.status(id, STATUS_CODE.OK);
    });
  });
}
