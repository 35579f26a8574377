/** The local world's state folder, from `EDGE_VISION_STATE`. Without it a stand-in must not run. */
export function stateFolder(): string {
  const folder = process.env["EDGE_VISION_STATE"];
  if (folder !== undefined && folder !== "") return folder;
  process.stderr.write("EDGE_VISION_STATE is not set: this stand-in is started by edge-vision, not by hand.\n");
  process.exit(2);
}
