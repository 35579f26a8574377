import { z } from "zod";

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/i, "must be a SHA-256 in hexadecimal (64 digits)");

/** Where a model comes from: a file of the image or its volumes, or an `https` address with its SHA-256. */
export const modelReferenceSchema = z
  .strictObject({
    /** Address of the ONNX file. Only `https`. */
    url: z.url({ protocol: /^https$/, error: "must be an https URL" }).optional(),
    /** Path of the ONNX file, absolute or from the module's working directory. */
    file: z.string().min(1).optional(),
    /** SHA-256 of the ONNX file; required with `url`. */
    sha256: sha256Schema.optional(),
    /** The model's card (as in `model.json`) when no file of that name lies beside the model. */
    card: z.record(z.string(), z.unknown()).optional(),
  })
  .refine((model) => (model.url === undefined) !== (model.file === undefined), {
    error: "needs either url or file, and not both",
  })
  .refine((model) => model.url === undefined || model.sha256 !== undefined, {
    error: "needs sha256, because url is given",
    path: ["sha256"],
  });

/** Desired properties of the module `object-detection`. They win over the environment. */
export const objectDetectionTwinSchema = z.object({
  model: modelReferenceSchema.nullish(),
  /** Lowest score that is reported, 0 to 1. */
  threshold: z.number().min(0).max(1).nullish(),
});

export type ModelReference = z.infer<typeof modelReferenceSchema>;
export type ObjectDetectionTwin = z.infer<typeof objectDetectionTwinSchema>;

/** What the module says of one desired property in its reported properties. */
export interface AppliedProperty {
  /** `$version` of the desired properties that this answers. */
  version: number;
  status: "applied" | "pending" | "refused";
  /** Why it was refused. */
  reason?: string;
}

/** Reported properties of the module `object-detection`. */
export interface ObjectDetectionReported {
  model: (AppliedProperty & { name: string; sha256: string; family: string }) | null;
  threshold: (AppliedProperty & { value: number }) | null;
}
