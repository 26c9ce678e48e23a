import { asProblem, EmptyState, exactTime, useLanguage } from "@hejnal/shared";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { eraseResident, findResident, type FoundResident } from "../api/resident-imports.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { DataTable } from "../ui/DataTable.tsx";
import { Field } from "../ui/Field.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { ResidentSections } from "./ResidentSections.tsx";

/** One person's consents, found by the whole contact and by nothing less. */
export function ResidentsPage() {
  const { t } = useTranslation();
  const [q, setQ] = useState("");
  const [shown, setShown] = useState(false);
  // Each question is an entry of the log: it is asked when somebody asks, not by itself.
  const search = useMutation({ mutationFn: (words: string) => findResident(words) });
  const short = q.trim().length < 3;
  const problem = search.isError ? asProblem(search.error) : null;
  return (
    <div className="page">
      <ResidentSections />
      <header className="page-head">
        <h1>{t("residents.title")}</h1>
      </header>
      <p className="page-text">{t("residents.help")}</p>
      <form
        className="form desk-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setShown(true);
          if (!short && !search.isPending) search.mutate(q.trim());
        }}
      >
        <Field label={t("residents.contact")} value={q} maxLength={254} fault={shown && short ? t("residents.contactMissing") : undefined} onChange={setQ} />
        <ProblemLine error={search.error} act="findResidents" words={problem?.kind === "invalid" ? t("residents.contactWhole") : null} />
        <div className="form-actions">
          <Button type="submit" className="button button-primary" isPending={search.isPending}>
            {t("residents.find")}
          </Button>
        </div>
      </form>
      {search.data === undefined ? null : search.data === null ? <EmptyState icon="person" title={t("residents.nobody")} /> : <Person person={search.data} onErased={() => search.reset()} />}
    </div>
  );
}

function Person({ person, onErased }: { readonly person: FoundResident; readonly onErased: () => void }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const [erasing, setErasing] = useState(false);
  return (
    <section className="form" aria-labelledby="person-title">
      <h2 id="person-title">{t("residents.person")}</h2>
      <ul className="plain-list">
        {person.contacts.map((contact) => (
          <li key={contact.id}>
            {t(`channel.${contact.channel}`)}: {contact.address}
          </li>
        ))}
      </ul>
      <h3>{t("residents.consents")}</h3>
      {person.consents.length === 0 ? (
        <p className="soft">{t("residents.noConsents")}</p>
      ) : (
        <DataTable caption={t("residents.consents")} columns={[t("residents.when"), t("residents.what"), t("residents.way"), t("residents.basis"), t("residents.words")]}>
          {person.consents.map((consent) => (
            <tr key={`${consent.at} ${consent.action} ${consent.contact_id}`}>
              <td>{exactTime(new Date(consent.at), language)}</td>
              <th scope="row">{t(`residents.action.${consent.action}`)}</th>
              <td>{consent.way}</td>
              <td>{consent.legal_basis}</td>
              <td>
                {consent.text}
              </td>
            </tr>
          ))}
        </DataTable>
      )}
      <div className="form-actions">
        <Button className="button button-attention" onPress={() => setErasing(true)}>
          {t("residents.erase")}
        </Button>
      </div>
      {erasing ? <EraseDialog personId={person.id} onErased={onErased} onClose={() => setErasing(false)} /> : null}
    </section>
  );
}

interface EraseDialogProps {
  readonly personId: string;
  readonly onErased: () => void;
  readonly onClose: () => void;
}

function EraseDialog({ personId, onErased, onClose }: EraseDialogProps) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const [reason, setReason] = useState("");
  const [shown, setShown] = useState(false);
  const short = reason.trim().length < 3;
  const erase = useMutation({
    mutationFn: () => eraseResident(personId, reason.trim()),
    onSuccess: () => {
      announce(t("residents.erased"));
      onClose();
      onErased();
    },
  });
  return (
    <FormDialog
      title={t("residents.erase")}
      submit={t("residents.eraseNow")}
      grave
      pending={erase.isPending}
      error={erase.error}
      act="findResidents"
      onSubmit={() => {
        setShown(true);
        if (!short) erase.mutate();
      }}
      onClose={onClose}
    >
      <p>{t("residents.eraseMeans")}</p>
      <Field label={t("residents.reason")} help={t("residents.reasonHelp")} maxLength={300} value={reason} fault={shown && short ? t("residents.reasonMissing") : undefined} onChange={setReason} />
    </FormDialog>
  );
}
