import { useTranslation } from "react-i18next";
import { useQuery } from "@tanstack/react-query";
import { answer, ErrorState, Icon, Skeleton, useLanguage } from "@hejnal/shared";
import { Link } from "wouter";
import { Page } from "../app/Page.tsx";
import { api, type TownContact } from "../api.ts";
import { inLanguage } from "../consultations/use-consultations.ts";

/** Whom to call: in danger first, then the town. One tap calls. */
export default function ContactsPage() {
  const { t } = useTranslation();
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["contacts"],
    queryFn: () => answer(api.GET("/api/v1/contacts")),
    staleTime: 3_600_000,
  });
  const emergency = data?.items.filter((contact) => contact.emergency) ?? [];
  const others = data?.items.filter((contact) => !contact.emergency) ?? [];
  return (
    <Page title={t("contacts.title")} narrow>
      {isPending ? <Skeleton /> : null}
      {error && !data ? <ErrorState error={error} onRetry={() => void refetch()} /> : null}
      <Contacts title={t("contacts.emergency")} items={emergency} />
      <Contacts title={t("contacts.town")} items={others} />
      <p>
        <Link href="/syreny">{t("shell.sirens")}</Link>
      </p>
    </Page>
  );
}

function Contacts({ title, items }: { readonly title: string; readonly items: readonly TownContact[] }) {
  const language = useLanguage();
  if (!items.length) return null;
  return (
    <section className="list-section">
      <h2>{title}</h2>
      <ul className="phone-book">
        {items.map((contact) => (
          <li key={`${contact.phone}/${contact.email}/${contact.names.pl ?? ""}`}>
            <span>
              <strong>{inLanguage(contact.names, language)}</strong>
              {inLanguage(contact.hours, language) ? <small>{inLanguage(contact.hours, language)}</small> : null}
              {contact.email ? <a href={`mailto:${contact.email}`}>{contact.email}</a> : null}
              {contact.web ? <a href={contact.web}>{contact.web.replace(/^https?:\/\//, "")}</a> : null}
            </span>
            {contact.phone ? (
              <a className="button phone" href={`tel:${contact.phone.replace(/\s/g, "")}`}>
                <Icon name="phone" />
                {contact.phone}
              </a>
            ) : null}
          </li>
        ))}
      </ul>
    </section>
  );
}
