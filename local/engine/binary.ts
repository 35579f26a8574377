import { runProcess } from "./run-process";

/** A Pulumi CLI answers at once; one that does not within this many milliseconds is broken. */
const answerLimit = 20_000;

/**
 * The version that a Pulumi CLI says it has, without the leading `v`.
 *
 * @throws {EngineProcessError} the file is missing, is no program or fails
 */
export async function binaryVersion(file: string, signal?: AbortSignal): Promise<string> {
  const output = await runProcess(file, ["version"], {
    signal,
    timeout: answerLimit,
    env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
  return output.trim().replace(/^v/, "");
}
