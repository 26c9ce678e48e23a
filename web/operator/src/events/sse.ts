/**
 * Reads a `text/event-stream` body (WHATWG HTML §9.2) piece by piece.
 *
 * The browser's own EventSource cannot send `Last-Event-ID` on a first request, hides the status code
 * (an ended session looks like a broken line) and never notices a silent connection, so the console reads the stream itself.
 */
export interface ServerEvent {
  readonly id: string;
  readonly type: string;
  readonly data: string;
}

export class SseParser {
  #buffer = "";
  #id = "";
  #type = "";
  #data: string[] = [];
  /** Reconnection time in milliseconds, when the server has given one. */
  retryMs: number | null = null;

  /** Takes a piece of text and gives the events it completes; a comment line (`:`) completes none. */
  push(text: string): ServerEvent[] {
    this.#buffer += text;
    const events: ServerEvent[] = [];
    for (;;) {
      const end = /\r\n|\n|\r(?!$)/.exec(this.#buffer);
      if (end === null) return events;
      const line = this.#buffer.slice(0, end.index);
      this.#buffer = this.#buffer.slice(end.index + end[0].length);
      const event = this.#line(line);
      if (event !== null) events.push(event);
    }
  }

  #line(line: string): ServerEvent | null {
    if (line === "") return this.#dispatch();
    if (line.startsWith(":")) return null;
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") this.#data.push(value);
    else if (field === "event") this.#type = value;
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    else if (field === "retry" && /^\d+$/.test(value)) this.retryMs = Number(value);
    return null;
  }

  #dispatch(): ServerEvent | null {
    const data = this.#data;
    const type = this.#type;
    this.#data = [];
    this.#type = "";
    if (data.length === 0) return null;
    return { id: this.#id, type: type || "message", data: data.join("\n") };
  }
}
