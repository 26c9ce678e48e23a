import { QRCodeSVG } from "qrcode.react";
import { useTranslation } from "react-i18next";

/** The secret of an authenticator app: as a picture for the phone, as letters for who cannot scan it. */
export function AuthenticatorCode({ uri, secret }: { readonly uri: string; readonly secret: string }) {
  const { t } = useTranslation();
  return (
    <div className="totp">
      <div className="totp-picture">
        <QRCodeSVG value={uri} size={176} marginSize={4} level="M" title={t("own.qr")} />
      </div>
      <div>
        <p>{t("own.scan")}</p>
        <p>
          {t("own.secret")} <code className="secret">{secret.replace(/(.{4})(?=.)/g, "$1 ")}</code>
        </p>
      </div>
    </div>
  );
}
