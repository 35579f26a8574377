import type { Inference } from "../inference/inference";

/** What `GET /model` answers. */
export function modelReport(inference: Inference): Record<string, unknown> {
  const { state, threshold } = inference;
  if (state.name === "refused") return { state: state.name, failure: state.failure };
  if (state.name === "loading") return { state: state.name };
  return { state: state.name, ...state.info, threshold };
}
