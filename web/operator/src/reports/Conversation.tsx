import { useDateWords } from "@hejnal/shared";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { idempotencyKey } from "../api/client.ts";
import { writeToReporter } from "../api/report-desk.ts";
import type { Report } from "../api/town.ts";
import { useSession } from "../session/session.tsx";
import { useAnnounce } from "../shell/Announcer.tsx";
import { Field } from "../ui/Field.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { useReportChange } from "./use-report-change.ts";

/** Words between the town and the author that nobody else reads. */
export function Conversation({ report }: { readonly report: Report }) {
  const { t } = useTranslation();
  const dates = useDateWords();
  const { may } = useSession();
  return (
    <section className="entry" aria-labelledby="conversation-title">
      <h3 id="conversation-title">{t("conversation.title")}</h3>
      <p className="field-help">{t("conversation.help")}</p>
      {report.messages.length === 0 ? (
        <p className="soft">{t("conversation.none")}</p>
      ) : (
        <ol className="messages">
          {report.messages.map((message) => (
            <li key={message.id} className={message.author === "staff" ? "message message-own" : "message"}>
              <span className="soft">
                {t(`conversation.by.${message.author}`)}, <time dateTime={message.at}>{dates.moment(new Date(message.at))}</time>
              </span>
              <span className="message-text">{message.text}</span>
            </li>
          ))}
        </ol>
      )}
      {may("answerReports") ? <Write reportId={report.id} /> : null}
    </section>
  );
}

function Write({ reportId }: { readonly reportId: string }) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const [text, setText] = useState("");
  const [key, setKey] = useState(idempotencyKey);
  const [shown, setShown] = useState(false);
  const send = useReportChange(reportId, (words: string) => writeToReporter(reportId, words, key), () => {
    announce(t("conversation.sent"));
    setText("");
    setShown(false);
    setKey(idempotencyKey());
  });
  return (
    <form
      className="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setShown(true);
        if (text.trim() !== "" && !send.isPending) send.mutate(text.trim());
      }}
    >
      <Field
        label={t("conversation.write")}
        rows={2}
        maxLength={4000}
        value={text}
        fault={shown && text.trim() === "" ? t("conversation.empty") : undefined}
        onChange={(words) => {
          setText(words);
          setKey(idempotencyKey());
        }}
      />
      <ProblemLine error={send.error} act="answerReports" />
      <div className="form-actions">
        <Button type="submit" className="button" isPending={send.isPending}>
          {send.isPending ? t("ui.sending") : t("conversation.send")}
        </Button>
      </div>
    </form>
  );
}
