import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { CameraRegister } from "../api.ts";

type Register = Pick<CameraRegister, "administrator" | "protection_officer" | "legal_basis">;

/** Who answers for the footage, by what right, and how to ask for one's own. */
export function Responsible({ register, cameraId }: { readonly register: Register; readonly cameraId?: string }) {
  const { t } = useTranslation();
  const facts = [
    ["administrator", register.administrator],
    ["officer", register.protection_officer],
    ["basis", register.legal_basis],
  ] as const;
  return (
    <section className="list-section">
      <h2>{t("cameras.administrator")}</h2>
      <dl className="facts">
        {facts.map(([name, value]) =>
          value ? (
            <div key={name}>
              <dt>{t(`cameras.fact.${name}`)}</dt>
              <dd>{value}</dd>
            </div>
          ) : null,
        )}
      </dl>
      <p>{t("cameras.rights")}</p>
      <p>
        <Link href={cameraId ? `/nagranie?kamera=${cameraId}` : "/nagranie"} className="button">
          {t("cameras.askForFootage")}
        </Link>
      </p>
    </section>
  );
}
