import { randomBytes } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { Checker, diffProperties, ProviderError } from "@edge-vision/iotedge/kit";
import type {
  CheckRequest,
  CheckResult,
  CreateRequest,
  CreateResult,
  Diff,
  DiffRequest,
  PropertyMap,
  ReadRequest,
  ReadResult,
  Resource,
  UpdateRequest,
  UpdateResult,
} from "@edge-vision/iotedge/kit";
import type ssh2 from "ssh2";
import { sourceOf, type Source } from "./asset";
import { checkConnection } from "./check-command";
import { withConnection } from "./ssh-connection";
import { textOf } from "../text-of";

/** `remote.CopyToRemote`: a file, a text or a folder, over SFTP. */
export class CopyToRemote implements Resource<PropertyMap, PropertyMap> {
  readonly token = "command:remote:CopyToRemote";

  check({ news }: CheckRequest): CheckResult {
    const checker = new Checker(news);
    checker.onlyKnown(["connection", "remotePath", "source", "triggers"]);
    checkConnection(checker);
    checker.read(["remotePath"], "string", { required: true, what: "a path on the host" });
    checker.read(["triggers"], "array");
    const source = checker.read(["source"], "object", { required: true, what: "an asset or a file archive" });
    if (source !== undefined && !checker.isUnknown(["source"]) && sourceOf(source) === undefined) {
      checker.fail(["source"], "must be a FileAsset, a StringAsset or a FileArchive with a path.");
    }
    return { inputs: news, failures: checker.failures };
  }

  diff({ oldInputs, news }: DiffRequest): Diff {
    return { changes: diffProperties(oldInputs, news, { replaceOnChanges: ["triggers"] }) };
  }

  async create({ inputs, signal }: CreateRequest<PropertyMap>): Promise<CreateResult<PropertyMap>> {
    await copy(inputs, signal);
    return { id: randomBytes(4).toString("hex"), outputs: inputs };
  }

  async update({
    inputs,
    oldInputs,
    signal,
  }: UpdateRequest<PropertyMap, PropertyMap>): Promise<UpdateResult<PropertyMap>> {
    const changes = diffProperties(oldInputs, inputs).map((change) => change.path);
    // Another key or address of the same host copies nothing.
    if (changes.some((changed) => !changed.startsWith("connection"))) await copy(inputs, signal);
    return { outputs: inputs };
  }

  read({
    id,
    inputs,
    state,
  }: ReadRequest<PropertyMap, PropertyMap>): Promise<ReadResult<PropertyMap, PropertyMap> | undefined> {
    return Promise.resolve(inputs === undefined || state === undefined ? undefined : { id, inputs, outputs: state });
  }

  /** The real provider leaves the file where it is. */
  delete(): Promise<void> {
    return Promise.resolve();
  }
}

async function copy({ connection, source, remotePath }: PropertyMap, signal: AbortSignal): Promise<void> {
  const what = sourceOf(source);
  if (what === undefined) return;
  await withConnection(connection as PropertyMap, signal, async (client) => {
    const sftp = new RemoteFiles(await promisify(client.sftp.bind(client))());
    await sftp.copy(what, textOf(remotePath));
  });
}

/** Files of a host. */
class RemoteFiles {
  constructor(private readonly sftp: ssh2.SFTPWrapper) {}

  /** A folder is copied into an existing one; a file replaces a file and goes into a folder. */
  async copy(source: Source, target: string): Promise<void> {
    const there = await this.kindOf(target);
    if ("text" in source) {
      if (there === "folder")
        throw new ProviderError("IS_A_FOLDER", `${target} is a folder: a text needs a file's path.`);
      await this.makeFolder(path.posix.dirname(target));
      await promisify(this.sftp.writeFile.bind(this.sftp) as Write)(target, source.text);
      return;
    }
    const local = await stat(source.path);
    if (!local.isDirectory()) {
      const file = there === "folder" ? path.posix.join(target, path.basename(source.path)) : target;
      await this.makeFolder(path.posix.dirname(file));
      await this.put(source.path, file);
      return;
    }
    if (there === "file") throw new ProviderError("IS_A_FILE", `${target} is a file: a folder cannot be copied there.`);
    const inside = source.path.endsWith("/") ? target : path.posix.join(target, path.basename(source.path));
    await this.putFolder(source.path, inside);
  }

  private async putFolder(local: string, remote: string): Promise<void> {
    await this.makeFolder(remote);
    for (const entry of await readdir(local, { withFileTypes: true })) {
      const [from, to] = [path.join(local, entry.name), path.posix.join(remote, entry.name)];
      if (entry.isDirectory()) await this.putFolder(from, to);
      else await this.put(from, to);
    }
  }

  private async put(local: string, remote: string): Promise<void> {
    await promisify(this.sftp.fastPut.bind(this.sftp) as Put)(local, remote);
  }

  private async makeFolder(folder: string): Promise<void> {
    if (folder === "." || folder === "/" || (await this.kindOf(folder)) === "folder") return;
    await this.makeFolder(path.posix.dirname(folder));
    await promisify(this.sftp.mkdir.bind(this.sftp) as Make)(folder);
  }

  private kindOf(target: string): Promise<"file" | "folder" | undefined> {
    return new Promise((resolve, reject) => {
      this.sftp.stat(target, (error, stats) => {
        if (error === undefined) resolve(stats.isDirectory() ? "folder" : "file");
        else if ((error as { code?: unknown }).code === noSuchFile) resolve(undefined);
        else reject(error);
      });
    });
  }
}

/** SSH_FX_NO_SUCH_FILE (draft-ietf-secsh-filexfer-02, 7). */
const noSuchFile = 2;

type Done = (error?: Error | null) => void;
type Write = (file: string, text: string, done: Done) => void;
type Put = (local: string, remote: string, done: Done) => void;
type Make = (folder: string, done: Done) => void;
