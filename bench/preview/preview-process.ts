import { emptyPreview } from "../engine/empty-preview";
import { type MeasuredStack, useStack } from "./stack";

/** One preview from nothing: what a user waits for. */
async function main(): Promise<void> {
  await useStack(JSON.parse(process.argv[2] ?? "") as MeasuredStack, emptyPreview);
}

// Pulumi's own handler of rejections would let the process succeed.
main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
