import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { ownRequests } from "./own-requests.ts";

/** Requests made from this device before. */
export function FootageRequests() {
  const { t } = useTranslation();
  const requests = ownRequests();
  if (!requests.length) return null;
  return (
    <section className="notice-box">
      <h2 className="step-heading">{t("footage.own")}</h2>
      <ul>
        {requests.map(({ id, reference }) => (
          <li key={id}>
            <Link href={`/nagranie/${id}`}>{reference}</Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
