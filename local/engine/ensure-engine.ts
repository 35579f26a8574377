import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { lock } from "proper-lockfile";
import { binaryVersion } from "./binary";
import { build } from "./build";
import { download } from "./download";
import { EngineProcessError, EngineUnavailableError, type Attempt } from "./errors";
import { binaryOf, engineCache, onPath } from "./locations";
import { engineVersion } from "./version";

export interface Engine {
  /** The CLI's file. */
  path: string;
  /** Without the leading `v`. */
  version: string;
  origin: Attempt["origin"];
}

export interface EngineProgress {
  phase: "wait" | "download" | "build";
  message: string;
  /** 0 to 1, where the amount of work is known. */
  fraction?: number;
}

export interface EnsureEngineOptions {
  onProgress?: (progress: EngineProgress) => void;
  /** Ends downloads, compilers and waiting; the promise then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** @default $XDG_CACHE_HOME/edge-vision/engine */
  cache?: string;
  /** Ways to make an engine, tried in this order. @default download, then build */
  makers?: Partial<Record<"download" | "built", Make>>;
}

/** Puts `bin/pulumi` of this version into the empty folder `root`. */
export type Make = (order: {
  root: string;
  version: string;
  signal?: AbortSignal;
  onProgress: (progress: EngineProgress) => void;
}) => Promise<void>;

/** A holder that has not renewed its lock for this many milliseconds is dead. */
const staleLock = 20_000;

/**
 * The Pulumi CLI of the pinned version: from PATH, from the user's cache, else downloaded or built into that cache,
 * once, whoever asks at the same time. What is in the cache is complete: it is made under another name, asked for its
 * version and then renamed.
 *
 * @throws {EngineUnavailableError} none of the ways gave one; each is named with its reason
 */
export async function ensureEngine(options: EnsureEngineOptions = {}): Promise<Engine> {
  const { signal } = options;
  const cache = options.cache ?? engineCache();
  const root = path.join(cache, engineVersion);
  const attempts: Attempt[] = [];

  for (const file of onPath("pulumi")) {
    const fault = await faultOf(file, signal);
    if (fault === undefined) return { path: file, version: engineVersion, origin: "path" };
    attempts.push({ origin: "path", reason: fault });
  }
  const cached: Engine = { path: binaryOf(root), version: engineVersion, origin: "cache" };
  if ((await faultOf(cached.path, signal)) === undefined) return cached;

  await mkdir(cache, { recursive: true });
  const release = await waitForLock(root, options);
  try {
    // Another process may have made it in the meantime.
    const fault = await faultOf(cached.path, signal);
    if (fault === undefined) return cached;
    attempts.push({ origin: "cache", reason: fault });
    const makers = { download, built: build, ...options.makers };
    for (const origin of ["download", "built"] as const) {
      try {
        await makeEngine(makers[origin], root, options);
        return { path: cached.path, version: engineVersion, origin };
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof EngineProcessError)) throw error;
        attempts.push({ origin, reason: error.message });
      }
    }
    throw new EngineUnavailableError(engineVersion, attempts);
  } finally {
    await release();
  }
}

async function makeEngine(make: Make, root: string, options: EnsureEngineOptions): Promise<void> {
  const unfinished = `${root}.unfinished-`;
  await removeLeftovers(unfinished);
  const folder = await mkdtemp(unfinished);
  try {
    await mkdir(path.join(folder, "bin"));
    const { signal, onProgress = () => undefined } = options;
    await make({ root: folder, version: engineVersion, onProgress, ...(signal === undefined ? {} : { signal }) });
    const fault = await faultOf(binaryOf(folder), options.signal);
    if (fault !== undefined) throw new EngineProcessError(fault, "");
    await rm(root, { recursive: true, force: true });
    await rename(folder, root);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a killed process left behind; the lock is held, so nobody works on it. */
async function removeLeftovers(prefix: string): Promise<void> {
  for (const name of await readdir(path.dirname(prefix))) {
    if (!name.startsWith(path.basename(prefix))) continue;
    await rm(path.join(path.dirname(prefix), name), { recursive: true, force: true });
  }
}

/** Why this file is not the engine that is needed, or undefined when it is. */
async function faultOf(file: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  try {
    const version = await binaryVersion(file, signal);
    return version === engineVersion ? undefined : `${file} has version ${version}, not ${engineVersion}`;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof EngineProcessError) return error.message;
    throw error;
  }
}

async function waitForLock(root: string, options: EnsureEngineOptions): Promise<() => Promise<void>> {
  for (let told = false; ; told = true) {
    options.signal?.throwIfAborted();
    try {
      return await lock(root, {
        realpath: false,
        stale: staleLock,
        update: staleLock / 4,
        // After a sleep of the machine another may hold it too: both make a whole engine, and the last rename wins.
        onCompromised: () => undefined,
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ELOCKED") throw error;
    }
    if (!told) options.onProgress?.({ phase: "wait", message: "another process is preparing the engine" });
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
