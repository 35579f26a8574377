const colours = ["#4cc38a", "#f0b84c", "#6cb6ff", "#ff7b72", "#d2a8ff", "#7ee0e0"];

/** The same label has the same colour in every frame. */
function colourOf(label) {
  let hash = 0;
  for (const letter of label) hash = (hash * 31 + letter.codePointAt(0)) >>> 0;
  return colours[hash % colours.length];
}

/** Draws boxes in pixels of the picture, each with its label and score. */
export function drawBoxes(context, detections) {
  const size = Math.max(11, Math.round(context.canvas.width / 60));
  context.font = `600 ${size}px system-ui, sans-serif`;
  context.textBaseline = "bottom";
  context.lineWidth = Math.max(2, size / 7);
  for (const { label, score, box } of detections) {
    const [left, top, right, bottom] = box;
    const text = `${label} ${Math.round(score * 100)} %`;
    const width = context.measureText(text).width + size / 2;
    // A label stays inside the picture.
    const foot = Math.max(top, size * 1.3);
    const start = Math.max(0, Math.min(left, context.canvas.width - width));
    context.strokeStyle = colourOf(label);
    context.fillStyle = context.strokeStyle;
    context.strokeRect(left, top, right - left, bottom - top);
    context.fillRect(start, foot - size * 1.3, width, size * 1.3);
    context.fillStyle = "#0e151b";
    context.fillText(text, start + size / 4, foot - size * 0.1);
  }
}
