/** One input or output of a model. Symbolic dimensions are strings. */
export interface TensorInfo {
  name: string;
  type: string;
  shape: readonly (number | string)[];
}

/** Everything that a model says of itself to those who call it. */
export interface Signature {
  inputs: readonly TensorInfo[];
  outputs: readonly TensorInfo[];
}

/** `images float32[1,3,640,640]`; a dimension that is not fixed is shown by its name or `?`. */
export function describeTensor({ name, type, shape }: TensorInfo): string {
  return `${name} ${type}[${shape.map((side) => (side === "" ? "?" : side)).join(",")}]`;
}

/** The whole signature in one line. */
export function describeSignature({ inputs, outputs }: Signature): string {
  return `inputs ${inputs.map(describeTensor).join(", ")}; outputs ${outputs.map(describeTensor).join(", ")}`;
}

/** Whether a dimension is this size, or open and thus able to be. */
export function canBe(side: number | string | undefined, size: number): boolean {
  return side === size || typeof side === "string";
}
