import type { Statement } from "../api/messages.ts";

export interface StatementHeads {
  readonly month: string;
  readonly channel: string;
  readonly state: string;
  readonly count: string;
  readonly provider: string;
  readonly parts: string;
  readonly messages: string;
  readonly cost: string;
  readonly total: string;
  readonly word: { readonly channel: (channel: string) => string; readonly state: (state: string) => string };
}

/** The month as a file for spreadsheets: semicolons, decimal comma, and a byte-order mark so that Polish letters are read right. */
export function statementCsv(statement: Statement, heads: StatementHeads): string {
  const money = (zl: number) => zl.toFixed(2).replace(".", ",");
  const rows: (string | number)[][] = [
    [heads.month, statement.month],
    [],
    [heads.channel, heads.state, heads.count],
    ...statement.channels.flatMap((channel) => Object.entries(channel.by_state).map(([state, count]) => [heads.word.channel(channel.channel), heads.word.state(state), count])),
    [],
    [heads.provider, heads.messages, heads.parts, heads.cost],
    ...statement.sms.map((bill) => [bill.provider, bill.messages, bill.parts, money(bill.cost_zl)]),
    [heads.total, "", "", money(statement.sms_cost_zl)],
  ];
  return `\uFEFF${rows.map((row) => row.map(cell).join(";")).join("\r\n")}\r\n`;
}

/** Quoted where it must be; what a spreadsheet would run as a formula is made plain text. */
function cell(value: string | number): string {
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[";\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
