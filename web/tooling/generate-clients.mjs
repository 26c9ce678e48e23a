// Writes the types shared/src/api/<name>.d.ts for each shared/openapi/<name>.json; those of documents that are gone, go.
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const documents = new URL("../shared/openapi/", import.meta.url);
const types = new URL("../shared/src/api/", import.meta.url);
const banner = (name) => `// Generated from shared/openapi/${name}.json by "npm run generate". Do not edit.\n\n`;

await mkdir(types, { recursive: true });
const names = (await readdir(documents)).filter((file) => file.endsWith(".json")).map((file) => file.slice(0, -5));
for (const file of await readdir(types)) {
  if (!names.includes(file.replace(/\.d\.ts$/, ""))) await rm(new URL(file, types));
}
for (const name of names.sort()) {
  const ast = await openapiTS(new URL(`${name}.json`, documents), { alphabetize: true });
  const wanted = banner(name) + astToString(ast);
  const target = new URL(`${name}.d.ts`, types);
  const present = await readFile(target, "utf8").catch(() => "");
  if (present === wanted) continue;
  await writeFile(target, wanted);
  console.log(`wrote shared/src/api/${name}.d.ts`);
}
