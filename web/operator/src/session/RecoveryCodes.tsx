import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";

/** Recovery codes, shown this once: to be printed or copied, not to be kept in the browser. */
export function RecoveryCodes({ codes, level = "h2" }: { readonly codes: readonly string[]; readonly level?: "h2" | "h3" }) {
  const { t } = useTranslation();
  const Title = level;
  const [copied, setCopied] = useState(false);
  const copy = () => {
    void navigator.clipboard.writeText(codes.join("\n")).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <section className="form print-only" aria-labelledby="recovery-codes">
      <Title id="recovery-codes">{t("own.codes")}</Title>
      <p>{t("own.codesOnce")}</p>
      <ul className="secret-codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <div className="form-actions">
        <Button className="button" onPress={copy}>
          {copied ? t("own.copied") : t("own.copy")}
        </Button>
        <Button className="button" onPress={() => window.print()}>
          {t("own.print")}
        </Button>
      </div>
    </section>
  );
}
