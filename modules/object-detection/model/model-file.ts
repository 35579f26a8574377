import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { ModelError } from "../errors";

/** SHA-256 of a file, in hexadecimal. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
}

/**
 * Checks a model's file before it is given to ONNX Runtime.
 *
 * @throws ModelError `MODEL_MISSING`, `MODEL_TOO_LARGE` (nothing is read then) or `MODEL_CHECKSUM`.
 */
export async function checkModelFile(
  file: string,
  expectations: { sha256s: readonly { value: string; origin: string }[]; maxBytes: number },
): Promise<{ bytes: number; sha256: string }> {
  const bytes = await sizeOf(file);
  if (bytes > expectations.maxBytes) {
    throw new ModelError(
      "MODEL_TOO_LARGE",
      `${file} has ${bytes} bytes; at most ${expectations.maxBytes} are loaded (MAX_MODEL_BYTES sets the limit)`,
    );
  }
  if (bytes === 0) throw new ModelError("MODEL_UNREADABLE", `${file} is empty`);
  const sha256 = await sha256Of(file);
  for (const { value, origin } of expectations.sha256s) {
    if (value.toLowerCase() !== sha256) {
      throw new ModelError(
        "MODEL_CHECKSUM",
        `${file} has the SHA-256 ${sha256}, but ${origin} says ${value.toLowerCase()}; ` +
          `the file is damaged or is another model`,
      );
    }
  }
  return { bytes, sha256 };
}

async function sizeOf(file: string): Promise<number> {
  try {
    const found = await stat(file);
    if (found.isFile()) return found.size;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== "ENOENT" && code !== "ENOTDIR") throw error;
  }
  throw new ModelError(
    "MODEL_MISSING",
    `there is no model file ${file}; set MODEL (or model in the module twin) to an ONNX file, or to an https URL with its SHA-256`,
  );
}
