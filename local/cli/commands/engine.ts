import { ensureEngine } from "../../engine";
import type { Interruption } from "../interruption";

/** Makes sure that the pinned Pulumi engine is there, and prints where it came from. */
export async function engine(options: { json?: boolean }, interruption: Interruption): Promise<void> {
  let last = "";
  const found = await ensureEngine({
    signal: interruption.signal,
    onProgress: ({ message, fraction }) => {
      const line = fraction === undefined ? message : `${message} ${Math.floor(fraction * 100)} %`;
      if (line !== last) process.stderr.write(`${line}\n`);
      last = line;
    },
  });
  process.stdout.write(
    options.json ? `${JSON.stringify(found)}\n` : `Pulumi ${found.version} (${found.origin}): ${found.path}\n`,
  );
}
