import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import type { Picture } from "../jpeg/splitter";
import { SourceError } from "./frame-source";
import { openSource } from "./open-source";

jest.setTimeout(120_000);

let folder: string;
let jpegs: Buffer[];

beforeAll(async () => {
  jpegs = await Promise.all(
    [16, 32, 48].map((width) =>
      sharp({ create: { width, height: 16, channels: 3, background: "#264" } })
        .jpeg()
        .toBuffer(),
    ),
  );
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "replay-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Plays until so many pictures were seen or the source ends; returns their widths. */
async function play(setting: string, count = Infinity): Promise<number[]> {
  const seen: Picture[] = [];
  const end = new AbortController();
  const source = openSource(setting, () => 100, folder);
  await source.run((picture) => {
    seen.push(picture);
    if (seen.length >= count) end.abort();
  }, end.signal);
  return seen.map(({ width }) => width);
}

test("a clip is played to its end, or again and again", async () => {
  const clip = join(folder, "clip.mjpeg");
  await writeFile(clip, Buffer.concat(jpegs));
  expect(await play(`replay:${clip}?loop=off`)).toEqual([16, 32, 48]);
  expect(await play(`replay:${clip}`, 5)).toEqual([16, 32, 48, 16, 32]);
});

test("the pictures of a folder are played in the order of their names, and nothing else in it", async () => {
  for (const [i, jpeg] of jpegs.entries()) await writeFile(join(folder, `${3 - i}.JPG`), jpeg);
  await writeFile(join(folder, "notes.txt"), "");
  expect(await play(`replay:${folder}?loop=off`)).toEqual([48, 32, 16]);
});

test("what is broken in a clip is left out", async () => {
  const clip = join(folder, "clip.mjpeg");
  const [first, second, third] = jpegs as [Buffer, Buffer, Buffer];
  await writeFile(clip, Buffer.concat([Buffer.from("garbage"), first, second.subarray(0, second.length - 10), third]));
  expect(await play(`replay:${clip}?loop=off`)).toEqual([16, 48]);
});

test("with resume=on the next run goes on where this one ended", async () => {
  const clip = join(folder, "clip.mjpeg");
  await writeFile(clip, Buffer.concat(jpegs));
  const setting = `replay:${clip}?resume=on`;
  expect(await play(setting, 2)).toEqual([16, 32]);
  expect(await play(setting, 3)).toEqual([48, 16, 32]);
});

test("a clip without pictures, an empty folder and a missing file are told", async () => {
  await writeFile(join(folder, "clip.mjpeg"), "no picture");
  await expect(play(`replay:${join(folder, "clip.mjpeg")}`)).rejects.toThrow(/10 bytes hold no whole JPEG picture/);
  await expect(play(`replay:${folder}`)).rejects.toThrow(/the folder holds no \*\.jpg/);
  await expect(play(`replay:${folder}/none`)).rejects.toThrow(SourceError);
});
