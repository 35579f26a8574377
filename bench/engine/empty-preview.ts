import type { Stack } from "@pulumi/pulumi/automation";

/** Previews a stack in which nothing has changed. */
export async function emptyPreview(stack: Stack): Promise<void> {
  const { changeSummary } = await stack.preview();
  const changes = Object.entries(changeSummary).filter(([operation]) => operation !== "same");
  if (changes.length > 0) throw new Error(`the preview is not empty: ${JSON.stringify(changes)}`);
}
