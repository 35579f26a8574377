import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import tls from "node:tls";
import type { AddressInfo } from "node:net";
import { ensureCertificates } from "./certificates";

const request = { authority: "Test authority", names: ["localhost", "*.azure-devices.net"], addresses: ["127.0.0.1"] };
const day = 24 * 60 * 60 * 1000;

describe("certificates", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "certificates-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test.each(["localhost", "my-hub.azure-devices.net"])(
    "a TLS client that trusts the authority accepts %s",
    async (servername) => {
      const { ca, server } = await ensureCertificates(folder, request);
      const listener = tls.createServer(server, (socket) => {
        socket.end("hello");
      });
      await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
      try {
        const text = await new Promise<string>((resolve, reject) => {
          const { port } = listener.address() as AddressInfo;
          const socket = tls.connect({ port, host: "127.0.0.1", ca: ca.pem, servername });
          socket.once("data", (data: Buffer) => {
            resolve(data.toString());
            socket.destroy();
          });
          socket.once("error", reject);
        });
        expect(text).toBe("hello");
      } finally {
        listener.close();
      }
    },
  );

  test("they are kept, and keys are readable by their owner only", async () => {
    const first = await ensureCertificates(folder, request);
    expect(await ensureCertificates(folder, request)).toEqual(first);
    expect((await stat(path.join(folder, "ca.key.pem"))).mode & 0o777).toBe(0o600);
    expect((await stat(path.join(folder, "server.key.pem"))).mode & 0o777).toBe(0o600);
  });

  test("other names or a near end renew the server's certificate under the same authority", async () => {
    const first = await ensureCertificates(folder, request);
    const renamed = await ensureCertificates(folder, { ...request, names: ["localhost"] });
    expect(renamed.ca).toEqual(first.ca);
    expect(renamed.server.cert).not.toBe(first.server.cert);
    const later = await ensureCertificates(folder, { ...request, names: ["localhost"], now: Date.now() + 340 * day });
    expect(later.ca).toEqual(first.ca);
    expect(later.server.cert).not.toBe(renamed.server.cert);
  });
});
