import { asProblem, type Language, LANGUAGE_NAMES } from "@hejnal/shared";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Input, Label, TextArea, TextField } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { idempotencyKey } from "../api/client.ts";
import { type AnnouncementDetail, ANNOUNCEMENTS_KEY, cancelAnnouncement } from "../api/town.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";
import { type AllClear, allClearTexts, missingWords, startAllClear } from "./all-clear.ts";
import { DRAFT_LANGUAGES } from "./draft.ts";

/** Calls an announcement off: everyone who was told hears that it is over, and why. */
export function AllClearDialog({ announcement, onClose }: { readonly announcement: AnnouncementDetail; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const [words, setWords] = useState<AllClear>(() => startAllClear(announcement));
  const [shown, setShown] = useState(false);
  const [key, setKey] = useState(idempotencyKey);
  const missing = missingWords(words);
  const send = useMutation({
    mutationFn: () => cancelAnnouncement(announcement.id, { expected_version: announcement.version, texts: allClearTexts(words) }, key),
    onSuccess: (cancelled) => {
      announce(t("allClear.sent"));
      queryClient.setQueryData([...ANNOUNCEMENTS_KEY, "one", cancelled.id], cancelled);
      void queryClient.invalidateQueries({ queryKey: ANNOUNCEMENTS_KEY });
      onClose();
    },
  });
  const change = (language: Language, part: { title?: string; body?: string }) => {
    setWords((before) => ({ ...before, [language]: { title: "", body: "", ...before[language], ...part } }));
    setKey(idempotencyKey());
  };
  const submit = () => {
    setShown(true);
    if (missing.length === 0) send.mutate();
  };
  return (
    <FormDialog
      title={t("allClear.title")}
      width="wide"
      submit={send.isPending ? t("ui.sending") : t("allClear.send")}
      grave
      pending={send.isPending}
      error={send.error}
      act="writeAnnouncements"
      problem={send.isError && asProblem(send.error).kind === "conflict" ? t("announcements.changedMeanwhile") : null}
      onSubmit={submit}
      onClose={onClose}
    >
      <p>{t("allClear.help")}</p>
      {DRAFT_LANGUAGES.filter((language) => words[language] !== undefined).map((language) => (
        <fieldset key={language} className="fieldset">
          <legend lang={language}>{LANGUAGE_NAMES[language]}</legend>
          <TextField className="field" value={words[language]?.title ?? ""} maxLength={120} isInvalid={shown && missing.includes(language) && words[language]?.title.trim() === ""} onChange={(title) => change(language, { title })}>
            <Label>{t("editor.title")}</Label>
            <Input className="input" lang={language} />
          </TextField>
          <TextField className="field" value={words[language]?.body ?? ""} maxLength={4000} isInvalid={shown && missing.includes(language) && words[language]?.body.trim() === ""} onChange={(body) => change(language, { body })}>
            <Label>{t("allClear.reason")}</Label>
            <TextArea className="input" rows={3} lang={language} />
          </TextField>
        </fieldset>
      ))}
      {shown && missing.length > 0 ? (
        <p className="field-error" role="alert">
          {t("allClear.missing", { languages: missing.map((language) => LANGUAGE_NAMES[language]).join(", ") })}
        </p>
      ) : null}
    </FormDialog>
  );
}
