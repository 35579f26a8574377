import { Duplex } from "node:stream";
import type { PeerCertificate, TLSSocket } from "node:tls";

/** A packet is larger than allowed, or its length cannot be read. `code` is `MQTT_PACKET_REFUSED`. */
export class MqttPacketError extends Error {
  override readonly name = "MqttPacketError";
  readonly code = "MQTT_PACKET_REFUSED";
}

/** The first packet is CONNECT: ids, a user name and a token. */
const maximumFirstPacket = 16 * 1024;
/** A message of 256 KiB with its topic. */
const maximumPacket = 256 * 1024 + 64 * 1024;

/**
 * A socket whose incoming MQTT packets are bounded: only the fixed headers are looked at, and a packet that announces
 * too much ends the connection before its body is buffered.
 */
export class BoundedMqttStream extends Duplex {
  readonly #socket: TLSSocket;
  /** Bytes of the current packet that are still to come. */
  #remaining = 0;
  /** The fixed header as far as it came. */
  #header: number[] = [];
  #limit = maximumFirstPacket;

  constructor(socket: TLSSocket) {
    super();
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      try {
        this.#inspect(chunk);
      } catch (error) {
        this.destroy(error as Error);
        return;
      }
      if (!this.push(chunk)) socket.pause();
    });
    socket.on("end", () => this.push(null));
    socket.on("error", (error: Error) => this.destroy(error));
    socket.on("close", () => this.destroy());
  }

  #inspect(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#remaining > 0) {
        const taken = Math.min(this.#remaining, chunk.length - at);
        this.#remaining -= taken;
        at += taken;
        continue;
      }
      const byte = chunk[at++] ?? 0;
      this.#header.push(byte);
      if (this.#header.length === 1) continue;
      if (byte >= 0x80) {
        // MQTT 3.1.1, 2.2.3: at most four bytes of length.
        if (this.#header.length > 4) throw new MqttPacketError("A packet's length has more than four bytes.");
        continue;
      }
      const length = this.#header.slice(1).reduce((sum, digit, index) => sum + (digit & 0x7f) * 128 ** index, 0);
      if (length > this.#limit) throw new MqttPacketError(`A packet of ${length} bytes is larger than ${this.#limit}.`);
      this.#header = [];
      this.#remaining = length;
      this.#limit = maximumPacket;
    }
  }

  /** The thumbprints (SHA-1 and SHA-256) of the certificate that the client showed; nothing when it showed none. */
  peerCertificate(): string[] | undefined {
    const { fingerprint, fingerprint256 } = this.#socket.getPeerCertificate() as Partial<PeerCertificate>;
    return fingerprint === undefined || fingerprint256 === undefined ? undefined : [fingerprint, fingerprint256];
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
