import createOpenApiClient, { type Client } from "openapi-fetch";
import { asProblem, problemFrom } from "./problem.ts";

/** Longest wait for an answer; a slow 3G upload has its own path. */
const TIME_LIMIT_MS = 20_000;

/** A fetch with a time limit, the session cookie, and the reader's language. */
async function boundedFetch(request: Request): Promise<Response> {
  const limited = new Request(request, {
    signal: AbortSignal.any([request.signal, AbortSignal.timeout(TIME_LIMIT_MS)]),
  });
  limited.headers.set("Accept-Language", document.documentElement.lang || "pl");
  return fetch(limited);
}

/** A client typed by the generated paths of one service. Pass its calls through `answer`. */
export function createClient<Paths extends object>(baseUrl = ""): Client<Paths> {
  return createOpenApiClient<Paths>({
    baseUrl: baseUrl || window.location.origin,
    credentials: "same-origin",
    fetch: boundedFetch,
  });
}

interface Outcome<Data> {
  data?: Data | undefined;
  error?: unknown;
  response: Response;
}

/**
 * The data of a successful call.
 * @throws Problem for every other outcome: a problem body, an empty error, no connection, no answer in time.
 */
export async function answer<Data>(call: Promise<Outcome<Data>>): Promise<Data> {
  let outcome: Outcome<Data>;
  try {
    outcome = await call;
  } catch (cause) {
    throw asProblem(cause);
  }
  if (!outcome.response.ok) throw problemFrom(outcome.response.status, outcome.response.headers, outcome.error);
  return outcome.data as Data;
}

/** A schema as a client of `createClient` hands it out (tuples become arrays). */
export type { Readable as Received } from "openapi-typescript-helpers";
