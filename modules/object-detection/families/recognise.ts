import { ModelError } from "../errors";
import type { ModelCard } from "../model/card";
import { describeSignature, type Signature } from "../model/signature";
import type { Family, Plan } from "./family";
import { nanodet } from "./nanodet";
import { ssdMobilenet } from "./ssd-mobilenet";
import { tinyYolov2 } from "./tiny-yolov2";
import { yolov3 } from "./yolov3";
import { yolov8 } from "./yolov8";

/** All families, in the order in which they are tried; no model fits two of them. */
export const families: readonly Family[] = [yolov3, tinyYolov2, yolov8, ssdMobilenet, nanodet];

/**
 * Finds out how to ask a model and how to read its answers: from the family that the card names, or else from the
 * model's signature.
 *
 * @throws ModelError `MODEL_UNKNOWN` with the whole signature and, for every family considered, why it does not fit.
 */
export function recognise(signature: Signature, card: ModelCard, candidates = families): Plan {
  const considered = candidates.filter(({ name }) => card.family === undefined || name === card.family);
  const refusals: string[] = [];
  for (const family of considered) {
    const fit = family.fit(signature, card);
    if ("plan" in fit) return fit.plan;
    refusals.push(`${family.name}: ${fit.reasons.join(", ")}`);
  }
  throw new ModelError(
    "MODEL_UNKNOWN",
    (card.family === undefined
      ? "the model is of no known family of detectors. "
      : `the card says family ${card.family}, but the model does not fit it. `) +
      `Signature: ${describeSignature(signature)}. ` +
      `Considered: ${refusals.join("; ")}. ` +
      `Export the detector in one of these forms, or correct family and input in model.json`,
  );
}

/**
 * The label of every class.
 *
 * @throws ModelError `MODEL_LABELS` when the card's labels contradict the model or labels are missing.
 */
export function labelsFor(plan: Plan, card: ModelCard): readonly (string | undefined)[] {
  const { labels } = card;
  if (labels && plan.classes !== undefined && labels.length !== plan.classes) {
    throw new ModelError(
      "MODEL_LABELS",
      `the card names ${labels.length} labels, but the model (${plan.family}) tells ${plan.classes} classes apart; ` +
        `labels in model.json must name each class once, in the model's order`,
    );
  }
  const found = labels ?? plan.labels;
  if (!found) {
    throw new ModelError(
      "MODEL_LABELS",
      `the model (${plan.family}) tells ${plan.classes ?? "an unknown number of"} classes apart and no labels are known ` +
        `for them; name them in labels of model.json`,
    );
  }
  return found;
}
