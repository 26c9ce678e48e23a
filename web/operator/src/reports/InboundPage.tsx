import { EmptyState } from "@hejnal/shared";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { fetchInbound, INBOUND_KEY } from "../api/messages.ts";
import { meaningWord } from "../messages/message-words.ts";
import { DataTable } from "../ui/DataTable.tsx";
import { PagedList } from "../ui/PagedList.tsx";
import { exact } from "../words/console-words.ts";
import { ReportSections } from "./ReportSections.tsx";

/** What residents sent by SMS and what was made of it: STOP, START, a report. Reading it is on record. */
export function InboundPage() {
  const { t } = useTranslation();
  const query = useInfiniteQuery({
    queryKey: INBOUND_KEY,
    queryFn: ({ pageParam }) => fetchInbound(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_before,
  });
  return (
    <div className="page">
      <ReportSections />
      <h1>{t("messages.inbound")}</h1>
      <p className="soft">{t("messages.inboundHelp")}</p>
      <PagedList query={query} rows={5} empty={<EmptyState icon="megaphone" title={t("messages.noInbound")} />}>
        {(items) => (
          <DataTable caption={t("messages.inbound")} columns={[t("audit.column.at"), t("messages.sender"), t("messages.meant"), t("messages.text"), t("messages.provider")]}>
            {items.map((item) => (
              <tr key={`${item.provider} ${item.received_at} ${item.sender} ${item.text}`}>
                <td>
                  <time dateTime={item.received_at}>{exact(Date.parse(item.received_at))}</time>
                </td>
                <td>{item.sender}</td>
                <th scope="row">{meaningWord(t, item.meaning)}</th>
                <td>{item.text === "" ? <span className="soft">{t("messages.noLongerKept")}</span> : item.text}</td>
                <td>{item.provider}</td>
              </tr>
            ))}
          </DataTable>
        )}
      </PagedList>
    </div>
  );
}
