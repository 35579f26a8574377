import { gte, valid } from "semver";
import { EngineProcessError } from "./errors";
import { binaryOf, onPath, sourceFolder } from "./locations";
import { runProcess } from "./run-process";
import type { Make } from "./ensure-engine";

const minimumGo = "1.25.8";
const command = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";

/**
 * Builds the CLI from its Go modules into `root`: about four minutes on two cores.
 *
 * @throws {EngineProcessError} no Go, one that is too old, modules that cannot be had, or a failed compilation
 */
export const build: Make = async ({ root, version, signal, onProgress }) => {
  const go = await findGo(signal);
  const flags = [
    "-mod=readonly",
    "-trimpath",
    // Without its version the Automation API refuses the CLI.
    `-ldflags=-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${version}`,
  ];
  const options = { cwd: sourceFolder(), env: { ...process.env, GOTOOLCHAIN: "local", CGO_ENABLED: "0" }, signal };

  onProgress({ phase: "build", message: "fetching Go modules" });
  const stale = await runProcess(
    go,
    ["list", "-deps", "-f", "{{if .Stale}}{{.ImportPath}}{{end}}", ...flags, command],
    {
      ...options,
      onLine: (line) => {
        if (line.startsWith("go: downloading ")) onProgress({ phase: "build", message: line.slice("go: ".length) });
      },
    },
  );
  const total = stale.split("\n").filter((line) => line !== "").length;

  let compiled = 0;
  await runProcess(go, ["build", "-v", ...flags, "-o", binaryOf(root), command], {
    ...options,
    onLine: () => {
      compiled = Math.min(compiled + 1, total);
      onProgress({
        phase: "build",
        message: `compiled ${compiled} of ${total} packages`,
        fraction: total === 0 ? 1 : compiled / total,
      });
    },
  });
};

async function findGo(signal: AbortSignal | undefined): Promise<string> {
  const [go] = onPath("go");
  if (go === undefined) throw new EngineProcessError("Go is not on PATH", "");
  const output = await runProcess(go, ["env", "GOVERSION"], {
    signal,
    timeout: 20_000,
    env: { ...process.env, GOTOOLCHAIN: "local" },
  });
  const version = output.trim().replace(/^go/, "");
  const release = valid(version) ?? valid(`${version}.0`);
  if (release === null || !gte(release, minimumGo)) {
    throw new EngineProcessError(`${go} is Go ${version}; ${minimumGo} or later is needed`, "");
  }
  return go;
}
