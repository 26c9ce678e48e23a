import { EmptyState, SeverityBadge, useDateWords } from "@hejnal/shared";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { changeTemplate, fetchTemplates, removeTemplate, type Template, TEMPLATES_KEY } from "../api/templates.ts";
import { useTown } from "../reports/use-town.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { DataTable } from "../ui/DataTable.tsx";
import { Field, NumberField } from "../ui/Field.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";
import { Loaded } from "../ui/Loaded.tsx";
import { AnnouncementSections } from "./AnnouncementSections.tsx";
import { type Draft, draftOfContent } from "./draft.ts";
import { SubjectFields } from "./DraftFields.tsx";
import { templateBody } from "./Templates.tsx";
import { TextsField } from "./TextsField.tsx";
import "../styles/town-desk.css";
import "./announcements.css";

type Opened = { readonly what: "edit" | "removal"; readonly template: Template } | null;

/** Words ready for what happens again and again. */
export function TemplatesPage() {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: TEMPLATES_KEY, queryFn: fetchTemplates });
  const [opened, setOpened] = useState<Opened>(null);
  const close = () => setOpened(null);
  return (
    <div className="page">
      <AnnouncementSections />
      <header className="page-head">
        <h1>{t("templates.title")}</h1>
      </header>
      <p className="soft">{t("templates.help")}</p>
      <Loaded query={query} empty={<EmptyState icon="list" title={t("templates.none")} />}>
        {(templates) => <Rows templates={templates} onOpen={(what, template) => setOpened({ what, template })} />}
      </Loaded>
      {opened?.what === "edit" ? <EditDialog template={opened.template} onClose={close} /> : null}
      {opened?.what === "removal" ? <RemoveDialog template={opened.template} onClose={close} /> : null}
    </div>
  );
}

function Rows({ templates, onOpen }: { readonly templates: readonly Template[]; readonly onOpen: (what: "edit" | "removal", template: Template) => void }) {
  const { t } = useTranslation();
  const dates = useDateWords();
  const { announcementCategory } = useTown();
  return (
    <DataTable caption={t("templates.title")} columns={[t("templates.name"), t("editor.category"), t("editor.severity"), t("templates.title1"), t("templates.lastChange")]} actions>
      {templates.map((template) => (
        <tr key={template.id} data-template={template.id}>
          <th scope="row">{template.name}</th>
          <td>{template.body.category === null || template.body.category === undefined ? "–" : announcementCategory(template.body.category)}</td>
          <td>{template.body.severity === null || template.body.severity === undefined ? "–" : <SeverityBadge severity={template.body.severity} />}</td>
          <td>{template.body.texts.pl?.title ?? "–"}</td>
          <td>
            <time dateTime={template.changed_at}>{dates.moment(new Date(template.changed_at))}</time>
          </td>
          <td className="cell-actions">
            <Link href={`/announcements/new?template=${template.id}`}>
              {t("templates.write")}
              <span className="visually-hidden">, {template.name}</span>
            </Link>
            <button type="button" className="link-button" onClick={() => onOpen("edit", template)}>
              {t("templates.edit")}
              <span className="visually-hidden">, {template.name}</span>
            </button>
            <button type="button" className="link-button" onClick={() => onOpen("removal", template)}>
              {t("templates.remove")}
              <span className="visually-hidden">, {template.name}</span>
            </button>
          </td>
        </tr>
      ))}
    </DataTable>
  );
}

function EditDialog({ template, onClose }: { readonly template: Template; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const { town } = useTown();
  const [name, setName] = useState(template.name);
  const [hours, setHours] = useState(template.valid_for_h ?? 8);
  const [draft, setDraft] = useState<Draft>(() => draftOfContent({ ...template.body, publish_at: null, template_id: null, announcement_id: null, expected_version: null }, [], Date.now()));
  const [shown, setShown] = useState(false);
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  const save = useMutation({
    mutationFn: () => changeTemplate(template, { name: name.trim(), body: templateBody(draft), valid_for_h: Math.round(hours) }),
    onSuccess: (saved) => {
      announce(t("templates.kept", { name: saved.name }));
      onClose();
    },
    onSettled: () => void queryClient.invalidateQueries({ queryKey: TEMPLATES_KEY }),
  });
  const wrong = name.trim() === "" || !(hours >= 1 && hours <= 8760);
  return (
    <FormDialog
      title={t("templates.editTitle", { name: template.name })}
      width="wide"
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
      <div className="field-row">
        <Field label={t("templates.name")} value={name} maxLength={120} fault={shown && name.trim() === "" ? t("templates.nameMissing") : undefined} onChange={setName} />
        <NumberField label={t("templates.validFor")} value={hours} min={1} max={8760} isInvalid={shown && wrong} onChange={setHours} />
      </div>
      {town === null ? null : <SubjectFields draft={draft} wrong={[]} town={town} onChange={change} />}
      <TextsField draft={draft} wrong={[]} onChange={change} />
    </FormDialog>
  );
}

function RemoveDialog({ template, onClose }: { readonly template: Template; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const removal = useMutation({
    mutationFn: () => removeTemplate(template),
    onSuccess: () => {
      announce(t("rules.removed", { name: template.name }));
      onClose();
    },
    onSettled: () => void queryClient.invalidateQueries({ queryKey: TEMPLATES_KEY }),
  });
  return (
    <FormDialog title={t("rules.removeTitle", { name: template.name })} submit={t("templates.remove")} grave pending={removal.isPending} error={removal.error} act="writeAnnouncements" onSubmit={() => removal.mutate()} onClose={onClose}>
      <p>{t("templates.removeMeans")}</p>
    </FormDialog>
  );
}
