import { asProblem, problemFrom } from "@hejnal/shared";

const TIME_LIMIT_MS = 20_000;

export async function call<Data>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Data> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: { "Accept-Language": document.documentElement.lang || "pl", ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIME_LIMIT_MS),
      credentials: "same-origin",
    });
  } catch (cause) {
    throw asProblem(cause);
  }
  const text = await response.text();
  const parsed: unknown = text === "" ? undefined : JSON.parse(text);
  if (!response.ok) throw problemFrom(response.status, response.headers, parsed);
  return parsed as Data;
}
