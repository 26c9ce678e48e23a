// A real OpenID Connect provider (oidc-provider, certified) for tests of signing in through one. Configuration: a JSON document in
// the first argument: {port, client: {client_id, client_secret, redirect_uris, post_logout_redirect_uris}, people: {sub: claims}}.
// It asks nobody for a password: PUT /control {"who": sub | null, "change": {…} | null, "algorithm": "none" | "foreign" | null} says
// who comes next, and how the ID token is bent before it goes out. Prints one line of JSON once it listens.
import { createServer } from "node:http";
import { generateKeyPair, exportJWK, SignJWT, decodeJwt, UnsecuredJWT } from "jose";
import Provider from "oidc-provider";

const config = JSON.parse(process.argv[2]);
const control = { who: null, change: null, algorithm: null };

async function newKey() {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  return { privateKey, jwk: { ...(await exportJWK(privateKey)), kid: crypto.randomUUID(), use: "sig", alg: "RS256" } };
}

const key = await newKey();
const server = createServer();
await new Promise((resolve) => server.listen(config.port ?? 0, "127.0.0.1", resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [{ ...config.client, response_types: ["code"], grant_types: ["authorization_code"] }],
  jwks: { keys: [key.jwk] },
  cookies: { keys: [crypto.randomUUID()] },
  claims: { openid: ["sub"], profile: ["name", "preferred_username", "roles", "camera_groups"] },
  findAccount: (_context, sub) => (config.people[sub] ? { accountId: sub, claims: () => ({ sub, ...config.people[sub] }) } : undefined),
  features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true }, backchannelLogout: { enabled: true } },
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  // Tests live on the loopback address, which the provider's own way of fetching refuses.
  fetch: (url, options) => globalThis.fetch(url, { ...options, dispatcher: undefined }),
  ttl: { Interaction: 600, Session: 600, Grant: 600, IdToken: 600, AccessToken: 600 },
});

async function bent(token) {
  const claims = { ...decodeJwt(token), ...control.change };
  if (control.algorithm === "none") return new UnsecuredJWT(claims).encode();
  const { privateKey } = control.algorithm === "foreign" ? await newKey() : key;
  return new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: key.jwk.kid }).sign(privateKey);
}

provider.use(async (context, next) => {
  await next();
  if (context.path === "/token" && context.body?.id_token && (control.change || control.algorithm)) {
    context.body = { ...context.body, id_token: await bent(context.body.id_token) };
  }
});

async function interact(request, response) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  if (control.who === null) {
    return provider.interactionFinished(request, response, { error: "access_denied" });
  }
  if (prompt.name === "login") {
    return provider.interactionFinished(request, response, { login: { accountId: control.who, remember: false } });
  }
  const grant = grantId ? await provider.Grant.find(grantId) : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
}

server.on("request", (request, response) => {
  if (request.url === "/control" && request.method === "PUT") {
    let text = "";
    request.on("data", (chunk) => (text += chunk));
    request.on("end", () => {
      Object.assign(control, { who: null, change: null, algorithm: null }, JSON.parse(text));
      response.end();
    });
    return;
  }
  const work = request.url.startsWith("/interaction/") ? interact(request, response) : provider.callback()(request, response);
  Promise.resolve(work).catch((error) => {
    response.statusCode = 500;
    response.end(String(error));
  });
});
process.stdout.write(JSON.stringify({ issuer }) + "\n");
