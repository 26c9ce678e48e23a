// The npm package `mailauth` as a verifier of DKIM: JSON {"message": base64, "records": {name: TXT}} in, [{result, …}] out.
import { text } from "node:stream/consumers";
import { dkimVerify } from "mailauth/lib/dkim/verify.js";

const { message, records } = JSON.parse(await text(process.stdin));
const resolver = async (name, type) => {
  const record = type === "TXT" ? records[name] : undefined;
  if (!record) throw Object.assign(new Error(`no ${type} for ${name}`), { code: "ENOTFOUND" });
  return [[record]];
};
const { results } = await dkimVerify(Buffer.from(message, "base64"), { resolver });
process.stdout.write(
  JSON.stringify(
    results.map(({ status, signingDomain, selector, algo, signingHeaders }) => ({
      result: status.result,
      domain: signingDomain,
      selector,
      algo,
      headers: signingHeaders?.keys ?? "",
    })),
  ) + "\n",
);
