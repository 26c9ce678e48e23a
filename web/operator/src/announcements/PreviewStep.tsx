import { useDateWords } from "@hejnal/shared";
import { type ReactNode, useEffect, useRef } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import type { Preview, Town } from "../api/town.ts";
import { fromLocalInput } from "../words/town-clock.ts";
import type { Draft } from "./draft.ts";
import { PreviewBody } from "./PreviewBody.tsx";

interface PreviewStepProps {
  readonly draft: Draft;
  readonly preview: Preview;
  readonly town: Town;
  readonly isUpdate: boolean;
  readonly isSending: boolean;
  readonly onBack: () => void;
  readonly onSend: () => void;
  readonly children: ReactNode;
}

/** The last look before it goes out, is put into the calendar, or is handed to a second person. */
export function PreviewStep({ draft, preview, town, isUpdate, isSending, onBack, onSend, children }: PreviewStepProps) {
  const { t } = useTranslation();
  const dates = useDateWords();
  const heading = useRef<HTMLHeadingElement>(null);
  // The form was left at its foot: reading begins at the top.
  useEffect(() => {
    heading.current?.scrollIntoView();
    heading.current?.focus();
  }, []);
  const why = preview.approval_needed;
  const publish = fromLocalInput(draft.publishAt);
  const words =
    why.length > 0
      ? t("preview.askApproval")
      : publish !== null
        ? t("preview.schedule", { when: dates.moment(new Date(publish)) })
        : draft.drill
          ? t("preview.sendDrill", { count: preview.people })
          : isUpdate
            ? t("preview.sendUpdate")
            : t("preview.send", { count: preview.people });
  return (
    <article className="preview" aria-labelledby="preview-title">
      <h2 id="preview-title" ref={heading} tabIndex={-1}>
        {t("preview.title")}
      </h2>
      <PreviewBody draft={draft} preview={preview} town={town} />
      {why.length === 0 ? null : (
        <div className="faults">
          <p>{t("preview.approvalNeeded")}</p>
          <ul>
            {why.map((reason) => (
              <li key={reason}>{t(`drafts.reason.${reason}`)}</li>
            ))}
          </ul>
        </div>
      )}
      {children}
      <div className="form-actions">
        <Button className={draft.drill ? "button button-attention" : "button button-primary"} isPending={isSending} onPress={onSend}>
          {isSending ? t("ui.sending") : words}
        </Button>
        <Button className="button" onPress={onBack}>
          {t("preview.back")}
        </Button>
      </div>
      {isUpdate ? <p className="soft">{t("preview.updateHelp")}</p> : null}
    </article>
  );
}
