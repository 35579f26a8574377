import type { Detection } from "@edge-vision/messages";

/** Posts a picture as any client would. */
export async function postPicture(
  address: string,
  picture: Buffer,
): Promise<{ status: number; detections: Detection[] }> {
  const response = await fetch(`${address}/image`, {
    method: "POST",
    body: new Uint8Array(picture),
    headers: { "content-type": "application/octet-stream" },
  });
  const text = await response.text();
  return { status: response.status, detections: response.ok ? (JSON.parse(text) as Detection[]) : [] };
}
