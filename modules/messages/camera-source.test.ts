import { CameraSourceError, parseCameraSource, redactCameraSource } from "./camera-source";

const upright = { rotate: 0, hflip: false, vflip: false };

describe("a camera source setting", () => {
  test.each([
    ["replay:footage/courtyard.mjpeg", { kind: "replay", path: "footage/courtyard.mjpeg", loop: true, resume: false }],
    [
      "replay:/clips/a b?fps=2.5&loop=off",
      { kind: "replay", path: "/clips/a b", fps: 2.5, loop: false, resume: false },
    ],
    ["rpicam:?width=640&height=480&fps=5", { kind: "rpicam", camera: 0, width: 640, height: 480, fps: 5 }],
    ["raspivid:", { kind: "raspivid", camera: 0 }],
    ["v4l2:/dev/video0?rotate=180", { kind: "v4l2", device: "/dev/video0", format: "mjpeg", rotate: 180 }],
    [
      "rtsp://u:p@cam/live?channel=1#transport=udp",
      { kind: "rtsp", url: "rtsp://u:p@cam/live?channel=1", transport: "udp" },
    ],
    ["https://cam/snap.jpg?n=1#fps=1&hflip=on", { kind: "http", url: "https://cam/snap.jpg?n=1", fps: 1, hflip: true }],
  ])("%s is read", (setting, expected) => {
    expect(parseCameraSource(setting)).toEqual({ ...upright, ...expected });
  });

  test.each([
    ["webcam:0", /"webcam:0" is of no known kind\. Allowed: replay:/],
    ["courtyard.mjpeg", /is of no known kind/],
    ["replay:", /names no file or folder/],
    ["replay:a?speed=2", /knows no option speed \(allowed: fps, loop, resume, rotate, hflip, vflip\)/],
    ["replay:a?fps=0&rotate=45", /has option fps: .*; has option rotate: /],
    ["replay:a?fps=1&fps=2", /gives the option fps twice/],
    ["v4l2:video0", /names no device such as \/dev\/video0/],
    ["rpicam:1", /has "1" before its options/],
    ["rtsp://", /is not a complete address/],
  ])("%s is refused with the reason", (setting, message) => {
    expect(() => parseCameraSource(setting)).toThrow(CameraSourceError);
    expect(() => parseCameraSource(setting)).toThrow(message);
  });

  test("credentials appear neither in messages nor in the redacted form", () => {
    const setting = "rtsp://admin:s3cret@10.0.0.8/live#speed=2";
    expect(redactCameraSource(setting)).toBe("rtsp://***@10.0.0.8/live#speed=2");
    expect(redactCameraSource("rtsp://admin:p@ss@10.0.0.8/")).toBe("rtsp://***@10.0.0.8/");
    expect(redactCameraSource("rtsp://cam/user=admin_password=x_channel=1#fps=2")).toBe("rtsp://cam/user=***#fps=2");
    expect(redactCameraSource("http://cam:80/snap.cgi?usr=admin&pwd=x")).toBe("http://cam:80/snap.cgi?usr=***");
    expect(redactCameraSource("rpicam:?width=640")).toBe("rpicam:?width=640");
    let message = "";
    try {
      parseCameraSource(setting);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain("rtsp://***@10.0.0.8/live");
    expect(message).not.toMatch(/s3cret|admin/);
  });
});
