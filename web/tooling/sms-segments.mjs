// The npm package `sms-segments-calculator` as an oracle: JSON lines with a text each in, `{"encoding", "parts"}` out.
import { createInterface } from "node:readline";
import calculator from "sms-segments-calculator";

const { SegmentedMessage } = calculator;
for await (const line of createInterface({ input: process.stdin })) {
  const message = new SegmentedMessage(JSON.parse(line), "auto");
  process.stdout.write(JSON.stringify({ encoding: message.encodingName, parts: message.segmentsCount }) + "\n");
}
