import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { addTemplate, fetchTemplates, type Template, TEMPLATES_KEY } from "../api/templates.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { Field, NumberField } from "../ui/Field.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";
import { toLocalInput, toLocalInputRoundedUp } from "../words/town-clock.ts";
import { contentOf, type Draft, draftOfContent } from "./draft.ts";

const HOUR_MS = 3_600_000;

/** The draft somebody begins with when they take a template. */
export function draftOfTemplate(template: Template, nowMs: number): Draft {
  const draft = draftOfContent(template.body, [], nowMs);
  const hours = template.valid_for_h ?? null;
  return { ...draft, templateId: template.id, from: "", until: hours === null ? (draft.until === "" ? toLocalInput(nowMs + 8 * HOUR_MS) : draft.until) : toLocalInputRoundedUp(nowMs + hours * HOUR_MS) };
}

/** Begins with a text of the town's own; while there is none, nothing is offered. */
export function UseTemplate({ wanted, onUse }: { readonly wanted: string | null; readonly onUse: (draft: Draft) => void }) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const query = useQuery({ queryKey: TEMPLATES_KEY, queryFn: fetchTemplates, staleTime: 60_000 });
  const templates = query.data ?? [];
  const use = (templateId: string) => {
    const chosen = templates.find(({ id }) => id === templateId);
    if (chosen === undefined) return;
    onUse(draftOfTemplate(chosen, Date.now()));
    announce(t("templates.used", { name: chosen.name }));
  };
  const taken = useRef(false);
  const known = wanted !== null && templates.some(({ id }) => id === wanted);
  useEffect(() => {
    if (!known || taken.current) return;
    taken.current = true;
    use(wanted);
  });
  if (templates.length === 0) return null;
  return (
    <label className="field">
      <span>{t("templates.use")}</span>
      <select
        className="input"
        value=""
        onChange={(event) => use(event.target.value)}
      >
        <option value="">{t("templates.choose")}</option>
        {templates.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      <span className="field-help">{t("templates.useHelp")}</span>
    </label>
  );
}

/** Keeps what is written as a text to begin with next time; times and files are left out. */
export function SaveTemplateDialog({ draft, onClose }: { readonly draft: Draft; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const [name, setName] = useState(draft.texts.pl.title);
  const [hours, setHours] = useState(8);
  const [shown, setShown] = useState(false);
  const wrong = name.trim() === "" || !(hours >= 1 && hours <= 8760);
  const save = useMutation({
    mutationFn: () => addTemplate({ name: name.trim(), body: templateBody(draft), valid_for_h: Math.round(hours) }),
    onSuccess: (saved) => {
      announce(t("templates.kept", { name: saved.name }));
      void queryClient.invalidateQueries({ queryKey: TEMPLATES_KEY });
      onClose();
    },
  });
  return (
    <FormDialog
      title={t("templates.keep")}
      submit={t("registry.save")}
      pending={save.isPending}
      error={save.error}
      act="writeAnnouncements"
      onSubmit={() => {
        setShown(true);
        if (!wrong) save.mutate();
      }}
      onClose={onClose}
    >
      <p>{t("templates.keepHelp")}</p>
      <Field label={t("templates.name")} value={name} maxLength={120} fault={shown && name.trim() === "" ? t("templates.nameMissing") : undefined} onChange={setName} />
      <NumberField label={t("templates.validFor")} value={hours} min={1} max={8760} isInvalid={shown && wrong} onChange={setHours} />
    </FormDialog>
  );
}

/** What of a draft makes sense next time. */
export function templateBody(draft: Draft) {
  const { category, severity, texts, area, channels, drill, origins } = contentOf(draft, null);
  return { category, severity, texts, area, channels, drill, origins, attachments: [], valid_from: null, valid_until: null };
}
