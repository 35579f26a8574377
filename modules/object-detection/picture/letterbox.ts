import type { Box } from "@edge-vision/messages";

export interface Size {
  width: number;
  height: number;
}

/** How a picture lies in a model's input. All values but `image` are in pixels of the input. */
export interface Placement {
  image: Size;
  input: Size;
  /** The picture after resizing. */
  content: Size;
  left: number;
  top: number;
}

/**
 * Places a picture in the middle of a model's input with its aspect ratio unchanged. The sides are rounded to whole
 * pixels, never below one.
 */
export function letterbox(image: Size, input: Size): Placement {
  const scale = Math.min(input.width / image.width, input.height / image.height);
  const content = {
    width: Math.min(input.width, Math.max(1, Math.round(image.width * scale))),
    height: Math.min(input.height, Math.max(1, Math.round(image.height * scale))),
  };
  return {
    image,
    input,
    content,
    left: Math.floor((input.width - content.width) / 2),
    top: Math.floor((input.height - content.height) / 2),
  };
}

/** Fills the whole input with the picture, whatever its aspect ratio. */
export function stretch(image: Size, input: Size): Placement {
  return { image, input, content: input, left: 0, top: 0 };
}

/** Where a box of the picture lies in the input. */
export function toInput([xmin, ymin, xmax, ymax]: Box, { image, content, left, top }: Placement): Box {
  const x = content.width / image.width;
  const y = content.height / image.height;
  return [xmin * x + left, ymin * y + top, xmax * x + left, ymax * y + top];
}

/** Where a box of the input lies in the picture: the inverse of {@link toInput}. Not clipped. */
export function toImage([xmin, ymin, xmax, ymax]: Box, { image, content, left, top }: Placement): Box {
  const x = image.width / content.width;
  const y = image.height / content.height;
  return [(xmin - left) * x, (ymin - top) * y, (xmax - left) * x, (ymax - top) * y];
}

/** The part of a box that lies in the picture. */
export function clip([xmin, ymin, xmax, ymax]: Box, { width, height }: Size): Box {
  const within = (value: number, most: number): number => Math.min(most, Math.max(0, value));
  return [within(xmin, width), within(ymin, height), within(xmax, width), within(ymax, height)];
}
