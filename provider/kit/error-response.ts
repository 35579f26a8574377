import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { IncompleteError, ProviderError } from "./errors";
import type { PropertyMap } from "./property-value";
import { toStruct } from "./wire";

/** What the engine gets for a failure: its message, without a stack unless it is a fault of the provider itself. */
export function errorResponse(error: unknown, inputs?: PropertyMap): Partial<ServiceError> {
  if (error instanceof IncompleteError) return incompleteResponse(error, inputs);
  if (error instanceof ProviderError) return { code: status.UNKNOWN, details: error.message };
  const { name, message, stack } = error as Partial<Error>;
  if (name === "AbortError") return { code: status.CANCELLED, details: "The operation was cancelled." };
  if (name === "TimeoutError") {
    return { code: status.DEADLINE_EXCEEDED, details: "The operation took longer than the resource's custom timeout." };
  }
  const isBug = name === "TypeError" || name === "RangeError" || name === "ReferenceError";
  return { code: status.UNKNOWN, details: (isBug ? stack : message) ?? String(error) };
}

// The engine keeps the resource in state when the error carries these details.
function incompleteResponse(error: IncompleteError, inputs: PropertyMap | undefined): Partial<ServiceError> {
  const details = new ErrorResourceInitFailed();
  details.setId(error.id);
  details.setProperties(toStruct(error.outputs));
  if (inputs !== undefined) details.setInputs(toStruct(inputs));
  details.setReasonsList([error.message]);
  const any = new Any();
  any.pack(details.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const message = new Status();
  message.setCode(status.UNKNOWN);
  message.setMessage(error.message);
  message.addDetails(any);
  const metadata = new Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(message.serializeBinary()));
  return { code: status.UNKNOWN, details: error.message, metadata };
}
