import { isPropertyMap, type PropertyValue } from "@edge-vision/iotedge/kit";

// The signatures with which Pulumi marks assets (pulumi/pulumi, sdk/go/common/resource/sig).
const signatureKey = "4dabf18193072939515e22adb298388d";
const assetSignature = "c44067f5952c0a294b673a41bacd8c17";
const archiveSignature = "0def7320c3a5731c473e5ecbe6d01bc7";

/** What shall be copied: a text, or a file or folder of this machine. */
export type Source = { text: string } | { path: string };

/** Reads an asset; undefined when it is none that can be copied: an archive of assets, or one behind a URL. */
export function sourceOf(value: PropertyValue | undefined): Source | undefined {
  if (!isPropertyMap(value)) return undefined;
  const { path, text } = value;
  const kind = value[signatureKey];
  if (kind !== assetSignature && kind !== archiveSignature) return undefined;
  if (typeof path === "string" && path !== "") return { path };
  return kind === assetSignature && typeof text === "string" ? { text } : undefined;
}
