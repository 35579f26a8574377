import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export const flaskFolder = path.join(__dirname, "..", "..", "flask");

/** A Python with the packages that the reference needs; installed once into `folder`. */
export async function python(folder: string): Promise<string> {
  const requirements = path.join(flaskFolder, "requirements.txt");
  const version = createHash("sha256")
    .update(await readFile(requirements))
    .digest("hex")
    .slice(0, 12);
  const environment = path.join(folder, `python-${version}`);
  const executable = path.join(environment, "bin", "python");
  const done = path.join(environment, "pyvenv.cfg");
  try {
    await access(done);
    await run(executable, ["-c", "import flask, onnx, onnxruntime, PIL"]);
  } catch {
    await rm(environment, { recursive: true, force: true });
    await run("python3", ["-m", "venv", environment]);
    await run(executable, ["-m", "pip", "install", "--quiet", "--requirement", requirements]);
  }
  return executable;
}

/** A graph of YOLOv3's size; made once. */
export async function largeModel(executable: string, folder: string): Promise<string> {
  const script = path.join(flaskFolder, "make_large.py");
  const version = createHash("sha256")
    .update(await readFile(script))
    .digest("hex")
    .slice(0, 12);
  const file = path.join(folder, `large-${version}.onnx`);
  try {
    await access(file);
  } catch {
    await run(executable, [script, file]);
  }
  return file;
}
