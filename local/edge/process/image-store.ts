import { access, readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";

/** Why a module's image cannot be run. */
export type ImageFault = "IMAGE_REFERENCE_INVALID" | "IMAGE_NOT_FOUND" | "IMAGE_UNREADABLE";

export class ImageError extends Error {
  override readonly name = "ImageError";
  constructor(
    readonly code: ImageFault,
    message: string,
  ) {
    super(message);
  }
}

/** What `image.json` of the local image store says. */
const imageDescription = z.object({
  entry: z.string().min(1),
  env: z.record(z.string(), z.string()).default({}),
  exposedPorts: z.record(z.string().regex(/^\d+\/(tcp|udp)$/), z.unknown()).default({}),
  workingDirectory: z.string().default("."),
  nodePath: z.array(z.string()).default([]),
});

/** An image that can be run as a process. */
export interface LocalImage {
  /** The whole reference, as the manifest has it. */
  reference: string;
  /** The folder of the image's files. */
  folder: string;
  /** Absolute path of the script. */
  entry: string;
  workingDirectory: string;
  env: Record<string, string>;
  /** `8885/tcp`, in the image's order. */
  exposedPorts: string[];
  nodePath: string[];
}

const referencePattern = /^([^/]+)\/(.+)@sha256:([0-9a-f]{64})$/;

/**
 * Finds `<loginServer>/<repository>@sha256:<hex>` in the store, where it is the folder `<repository>/<hex>`.
 *
 * @throws ImageError
 */
export async function findImage(store: string, reference: string): Promise<LocalImage> {
  const match = referencePattern.exec(reference);
  const [, , repository, digest] = match ?? [];
  if (repository === undefined || digest === undefined || repository.split("/").includes("..")) {
    throw new ImageError(
      "IMAGE_REFERENCE_INVALID",
      `The image ${JSON.stringify(reference)} is not <registry>/<repository>@sha256:<64 hexadecimal digits>; ` +
        "the local world runs images by digest only.",
    );
  }
  const folder = path.join(store, repository, digest);
  let text: string;
  try {
    text = await readFile(path.join(folder, "image.json"), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new ImageError(
      "IMAGE_NOT_FOUND",
      `The image ${reference} is not in the local image store (${folder}). Bring it there with: edge-vision up`,
    );
  }
  return describe(folder, reference, text);
}

async function describe(folder: string, reference: string, text: string): Promise<LocalImage> {
  const file = path.join(folder, "image.json");
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new ImageError("IMAGE_UNREADABLE", `${file} is not JSON. Remove ${folder} and run: edge-vision up`);
  }
  const { data, error } = imageDescription.safeParse(document);
  if (data === undefined) {
    const faults = error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
    throw new ImageError("IMAGE_UNREADABLE", `${file} cannot be used: ${faults}.`);
  }
  const entry = path.join(folder, data.entry);
  try {
    await access(entry);
  } catch {
    throw new ImageError("IMAGE_UNREADABLE", `${file} names the entry ${data.entry}, which is not there.`);
  }
  return {
    reference,
    folder,
    entry,
    workingDirectory: path.join(folder, data.workingDirectory),
    env: data.env,
    exposedPorts: Object.keys(data.exposedPorts),
    nodePath: data.nodePath,
  };
}
