import { describe, expect, it } from "vitest";
import { SseParser } from "./sse.ts";

describe("SseParser", () => {
  it("gives an event when its empty line has come, however the text was cut", () => {
    const text = 'id: 7\nevent: report\ndata: {"a":1}\n\n';
    for (let cut = 1; cut < text.length; cut += 1) {
      const parser = new SseParser();
      const events = [...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))];
      expect(events).toEqual([{ id: "7", type: "report", data: '{"a":1}' }]);
    }
  });

  it("joins data lines, keeps the last id, and takes any line ending", () => {
    const parser = new SseParser();
    const events = parser.push("id: 1\r\ndata: a\r\ndata: b\r\n\r\ndata:c\n\n");
    expect(events).toEqual([
      { id: "1", type: "message", data: "a\nb" },
      { id: "1", type: "message", data: "c" },
    ]);
  });

  it("passes over comments, unknown fields and events without data", () => {
    const parser = new SseParser();
    expect(parser.push(": keep-alive\n\nevent: hello\n\nfoo: bar\nretry: 2500\n\n")).toEqual([]);
    expect(parser.retryMs).toBe(2500);
  });
});
