import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "@hejnal/shared";
import { useOnline } from "./connection.ts";
import { onNewVersion } from "./registration.ts";

/** Says when there is no connection, and when a newer version of the app is waiting. */
export function ConnectionBanner() {
  const { t } = useTranslation();
  const online = useOnline();
  const [activate, setActivate] = useState<(() => void) | null>(null);
  useEffect(() => onNewVersion((next) => setActivate(() => next)), []);

  return (
    <div role="status" className="banners">
      {online ? null : (
        <p className="banner">
          <Icon name="offline" />
          {t("shell.offline")}
        </p>
      )}
      {activate ? (
        <p className="banner">
          {t("shell.update")}{" "}
          <button type="button" className="link-button" onClick={activate}>
            {t("shell.updateNow")}
          </button>
        </p>
      ) : null}
    </div>
  );
}
