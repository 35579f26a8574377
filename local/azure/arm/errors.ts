import { ProviderError } from "@edge-vision/iotedge/kit";

/** A refusal with the code that Azure's resource manager gives. */
export class ArmError extends ProviderError {
  override name = "ArmError";

  constructor(
    code: string,
    /** Without the code, as it stands in the body of a REST response. */
    readonly plainMessage: string,
  ) {
    super(code, `Code="${code}" Message="${plainMessage}"`);
  }
}
