import { type CameraSource, parseCameraSource } from "@edge-vision/messages";
import { rtsp, v4l2, video } from "./ffmpeg";
import { raspivid, rpicam } from "./pi-camera";
import type { ProcessSourceOptions } from "./process-source";

function commandOf(setting: string, fps = 5): ProcessSourceOptions {
  const source: CameraSource = parseCameraSource(setting);
  switch (source.kind) {
    case "rpicam":
      return rpicam(source, fps);
    case "raspivid":
      return raspivid(source, fps);
    case "v4l2":
      return v4l2(source, fps);
    case "rtsp":
      return rtsp(source, fps);
    case "replay":
      return video(source, fps);
    case "http":
      throw new Error("http needs no program");
  }
}

test.each([
  [
    "rpicam:?width=1280&height=720&rotate=180&hflip=on&camera=1&quality=80",
    "--nopreview --timeout 0 --codec mjpeg --flush --camera 1 --framerate 5 --width 1280 --height 720 " +
      "--quality 80 --rotation 180 --hflip --output -",
  ],
  [
    "raspivid:?rotate=90&vflip=on",
    "--nopreview --timeout 0 --codec MJPEG --flush --camselect 0 --framerate 5 --width 640 --height 480 " +
      "--rotation 90 --vflip --output -",
  ],
  [
    "v4l2:/dev/video2?width=640&height=480&fps=15",
    "-hide_banner -loglevel error -nostats -f v4l2 -input_format mjpeg -video_size 640x480 -framerate 15 " +
      "-i /dev/video2 -c:v copy -f mjpeg pipe:1",
  ],
  [
    "v4l2:/dev/video2?rotate=270",
    "-hide_banner -loglevel error -nostats -f v4l2 -input_format mjpeg -i /dev/video2 " +
      "-vf fps=5,transpose=cclock -c:v mjpeg -q:v 4 -pix_fmt yuvj420p -f mjpeg pipe:1",
  ],
  [
    "replay:clip.mp4?loop=off&hflip=on",
    "-hide_banner -loglevel error -nostats -re -i clip.mp4 -an -vf fps=5,hflip " +
      "-c:v mjpeg -q:v 4 -pix_fmt yuvj420p -f mjpeg pipe:1",
  ],
])("the command of %s", (setting, expected) => {
  expect(commandOf(setting).arguments.join(" ")).toBe(expected);
});

test("libcamera-vid is used where rpicam-vid is not there", () => {
  expect(commandOf("rpicam:").programs).toEqual(["rpicam-vid", "libcamera-vid"]);
});

test("an address with a password goes to ffmpeg's input, not to its command line", () => {
  const { arguments: args, input, name, secrets } = commandOf("rtsp://admin:it's@cam:554/live?x=1#transport=udp");
  expect(args.join(" ")).not.toMatch(/admin|it's|cam/);
  expect(input).toBe(
    "ffconcat version 1.0\nfile 'rtsp://admin:it'\\''s@cam:554/live?x=1'\noption rtsp_transport udp\n",
  );
  expect(name).toBe("rtsp://***@cam:554/live?x=***");
  expect(secrets).toEqual(["admin:it's", "it's", "1"]);
});
