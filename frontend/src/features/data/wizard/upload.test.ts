import { beforeEach, describe, expect, it } from "vitest";
import { UploadRefused, uploadFile } from "./upload.ts";

/** A server that keeps a file, and fails as it is told to. */
class FakeServer {
  content = "";
  created = 0;
  readonly sizes: number[] = [];
  fail: (method: string, call: number) => Response | Error | null = () => null;
  private calls = 0;

  readonly fetch = async (_url: unknown, init?: RequestInit): Promise<Response> => {
    const method = init?.method ?? "GET";
    this.calls += 1;
    const failed = this.fail(method, this.calls);
    if (failed instanceof Error) throw failed;
    if (failed !== null) return failed;
    if (method === "POST") {
      this.created += 1;
      this.content = "";
      return new Response(null, { status: 201, headers: { location: "/uploads/u1" } });
    }
    const offset = () => ({ "upload-offset": String(this.content.length) });
    if (method === "HEAD") return new Response(null, { status: 200, headers: offset() });
    const at = Number(new Headers(init?.headers).get("upload-offset"));
    if (at !== this.content.length) return new Response("{}", { status: 409 });
    const part = init?.body instanceof Blob ? await init.body.text() : "";
    this.sizes.push(part.length);
    this.content += part;
    return new Response(null, { status: 204, headers: offset() });
  };
}

const TEXT = "0123456789".repeat(100_000);

function send(server: FakeServer, onProgress: (sent: number) => void = () => undefined) {
  const file = new File([TEXT], "sales.csv", { lastModified: 1 });
  return uploadFile(file, {
    onProgress,
    signal: new AbortController().signal,
    fetch: server.fetch as typeof fetch,
    wait: () => Promise.resolve(),
  });
}

beforeEach(() => window.sessionStorage.clear());

describe("an upload", () => {
  it("sends the file in parts, which grow, and says how far it is", async () => {
    const server = new FakeServer();
    const told: number[] = [];
    await expect(send(server, (sent) => void told.push(sent))).resolves.toBe("u1");
    expect(server.content).toBe(TEXT);
    expect(server.sizes.length).toBeGreaterThan(1);
    expect(told.at(-1)).toBe(TEXT.length);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
  });

  it("continues after a broken connection where the server is", async () => {
    const server = new FakeServer();
    server.fail = (method, call) =>
      method === "PATCH" && call % 3 === 0 ? new TypeError("broken") : null;
    await send(server);
    expect(server.content).toBe(TEXT);
    expect(server.created).toBe(1);
  });

  it("continues after a reload with the same file", async () => {
    const server = new FakeServer();
    server.fail = (method, call) =>
      method === "PATCH" && call > 2 ? new Response("{}", { status: 503 }) : null;
    await expect(send(server)).rejects.toThrow("503");
    const before = server.content.length;
    expect(before).toBeGreaterThan(0);
    server.fail = () => null;
    server.sizes.length = 0;
    await send(server);
    expect(server.content).toBe(TEXT);
    expect(server.created).toBe(1);
    expect(server.sizes.reduce((sum, size) => sum + size, 0)).toBe(TEXT.length - before);
  });

  it("begins anew where the server no longer has it", async () => {
    const server = new FakeServer();
    await send(server);
    server.fail = (method) => (method === "HEAD" ? new Response(null, { status: 404 }) : null);
    await send(server);
    expect(server.created).toBe(2);
    expect(server.content).toBe(TEXT);
  });

  it("ends with the server's words where it is refused", async () => {
    const server = new FakeServer();
    const errors = [
      { message: "It is too large.", extensions: { code: "INVALID_INPUT", hint: "Split it." } },
    ];
    server.fail = () => new Response(JSON.stringify({ errors }), { status: 413 });
    const sending = send(server);
    await expect(sending).rejects.toBeInstanceOf(UploadRefused);
    await expect(sending).rejects.toThrow("It is too large. Split it.");
  });
});
