// An SMSC made of the npm package `smpp`, for our client to speak with. First line on standard output: {"port": …}; then one
// JSON line per message that a phone would get. Numbers ending in 3: not delivered; in 8: throttled twice; in 9: no answer.
import smpp from "smpp";

const sessions = new Set();
const throttled = new Map();
let last = 0;
const tell = (line) => process.stdout.write(JSON.stringify(line) + "\n");

const server = smpp.createServer((session) => {
  session.on("error", () => {});
  session.on("bind_transceiver", (pdu) => {
    const allowed = pdu.password === "secret";
    session.send(pdu.response({ command_status: allowed ? 0 : smpp.ESME_RINVPASWD, system_id: "npm" }));
    if (allowed) sessions.add(session);
  });
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("unbind", (pdu) => session.send(pdu.response()));
  session.on("close", () => sessions.delete(session));
  session.on("deliver_sm_resp", (pdu) => tell({ kept: pdu.command_status === 0 }));
  session.on("submit_sm", (pdu) => {
    const to = pdu.destination_addr;
    if (to.endsWith("8") && (throttled.get(to) ?? 0) < 2) {
      throttled.set(to, (throttled.get(to) ?? 0) + 1);
      session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }));
      return;
    }
    last += 1;
    const id = `npm-${last}`;
    const udh = pdu.short_message.udh;
    tell({
      id,
      to,
      text: pdu.short_message.message ?? "",
      from: pdu.source_addr,
      part: udh ? [...udh[0]].slice(-3) : null,
      coding: pdu.data_coding,
      reference: pdu.user_message_reference,
    });
    if (to.endsWith("9")) return;
    session.send(pdu.response({ message_id: id }));
    const state = to.endsWith("3") ? "UNDELIV" : "DELIVRD";
    setTimeout(() => {
      session.deliver_sm({
        source_addr: to,
        destination_addr: pdu.source_addr,
        esm_class: 4,
        short_message: `id:${id} sub:001 dlvrd:001 submit date:2611201200 done date:2611201200 stat:${state} err:000 text:`,
      });
    }, 50);
  });
});
server.listen(0, "127.0.0.1", () => tell({ port: server.address().port }));

// {"from": …, "text": …} on standard input: a resident's SMS
process.stdin.on("data", (chunk) => {
  for (const line of chunk.toString().split("\n").filter(Boolean)) {
    const { from, text } = JSON.parse(line);
    for (const session of sessions) {
      session.deliver_sm({ source_addr: from, destination_addr: "3123", short_message: text });
    }
  }
});
process.stdin.on("end", () => process.exit(0));
