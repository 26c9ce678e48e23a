/** TURN credentials are short-lived; one that is handed out lasts at least this long. */
const LASTS_MS = 10 * 60_000;

let known: { readonly servers: RTCIceServer[]; readonly atMs: number } | null = null;

/**
 * The servers of a WHEP answer's Link header (draft-ietf-wish-whep §4.4). The connection that brought them has been offered
 * already; whoever comes next, or tries again because no direct way was found, uses them.
 */
export function learnIceServers(link: string | null, nowMs: number): void {
  const servers = parseIceServers(link ?? "");
  if (servers.length > 0) known = { servers, atMs: nowMs };
}

export function knownIceServers(nowMs: number): RTCIceServer[] {
  return known !== null && nowMs - known.atMs < LASTS_MS ? known.servers : [];
}

/** `<turn:host:3478?transport=udp>; rel="ice-server"; username="…"; credential="…"`, several with commas between. */
export function parseIceServers(link: string): RTCIceServer[] {
  const servers: RTCIceServer[] = [];
  for (const [, url = "", rest = ""] of link.matchAll(/<([^>]+)>((?:\s*;\s*[\w-]+="(?:[^"\\]|\\.)*")*)/g)) {
    const parameters = new Map([...rest.matchAll(/([\w-]+)="((?:[^"\\]|\\.)*)"/g)].map(([, name = "", value = ""]) => [name, value]));
    if (parameters.get("rel") !== "ice-server" || !/^(stun|turn)s?:/.test(url)) continue;
    const username = parameters.get("username");
    const credential = parameters.get("credential");
    servers.push({ urls: url, ...(username === undefined ? {} : { username }), ...(credential === undefined ? {} : { credential }) });
  }
  return servers;
}
