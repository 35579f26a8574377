import path from "node:path";
import { EngineProcessError } from "./errors";
import { runProcess } from "./run-process";
import type { Make } from "./ensure-engine";

const site = "https://get.pulumi.com/install.sh";

/** Milliseconds that the download's site has to answer in; without a network this is soon known. */
const probeLimit = 5_000;

/** Milliseconds for the download as a whole: about 100 MB. */
const downloadLimit = 10 * 60_000;

/**
 * Installs the official CLI into `root` with the Automation API.
 *
 * @throws {EngineProcessError} the site cannot be reached, or the installation fails
 */
export const download: Make = async ({ root, version, signal, onProgress }) => {
  onProgress({ phase: "download", message: "asking get.pulumi.com" });
  await probe(signal);
  onProgress({ phase: "download", message: `downloading Pulumi CLI ${version}` });
  await runProcess(process.execPath, [path.join(__dirname, "install-process.js"), root, version], {
    signal,
    timeout: downloadLimit,
  });
};

async function probe(signal: AbortSignal | undefined): Promise<void> {
  const limit = AbortSignal.timeout(probeLimit);
  try {
    const response = await fetch(site, {
      method: "HEAD",
      signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
    });
    if (!response.ok) throw new EngineProcessError(`${site} answers ${response.status}`, "");
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof EngineProcessError) throw error;
    const cause = (error as { cause?: NodeJS.ErrnoException }).cause?.code;
    throw new EngineProcessError(`${site} cannot be reached`, cause ?? (error as Error).name);
  }
}
