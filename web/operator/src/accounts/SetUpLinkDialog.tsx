import { QRCodeSVG } from "qrcode.react";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import type { SetUpLink } from "../api/accounts.ts";
import { ConsoleDialog } from "../ui/ConsoleDialog.tsx";
import { exact } from "../words/console-words.ts";

/** The one-time link, shown this once: as a QR code for the person beside you, as text to hand over. */
export function SetUpLinkDialog({ name, link, onClose }: { readonly name: string; readonly link: SetUpLink; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  return (
    <ConsoleDialog title={t("accounts.linkTitle", { name })} isOpen onClose={onClose} width="wide">
      <p>{t("accounts.linkHelp", { until: exact(Date.parse(link.expires_at)) })}</p>
      <div className="totp">
        <div className="totp-picture">
          <QRCodeSVG value={link.url} size={208} marginSize={4} level="M" title={t("accounts.linkQr", { name })} />
        </div>
        <p className="once">
          <code>{link.url}</code>
        </p>
      </div>
      <div className="form-actions">
        <Button className="button" onPress={() => void navigator.clipboard.writeText(link.url).then(() => setCopied(true))}>
          {copied ? t("own.copied") : t("own.copy")}
        </Button>
        <Button className="button button-primary" onPress={onClose}>
          {t("accounts.linkHanded")}
        </Button>
      </div>
    </ConsoleDialog>
  );
}
