import { useTranslation } from "react-i18next";
import { answer, useLanguage } from "@hejnal/shared";
import { Redirect, useLocation, useSearchParams } from "wouter";
import { Page } from "../app/Page.tsx";
import { api } from "../api.ts";
import { movePushToAccount } from "../notices/push.ts";
import { OneTimeCode } from "./OneTimeCode.tsx";
import { useMe, useSetMe } from "./use-me.ts";

/** Only pages of this app: an address from outside must not lead elsewhere. */
function nextPath(wanted: string | null): string {
  return wanted && /^\/[a-z0-9]/.test(wanted) ? wanted : "/powiadomienia";
}

/** Sign-in without a password. */
export default function SignInPage() {
  const { t } = useTranslation();
  const language = useLanguage();
  const [, navigate] = useLocation();
  const [search] = useSearchParams();
  const { data: me } = useMe();
  const setMe = useSetMe();
  const next = nextPath(search.get("dalej"));
  if (me) return <Redirect to={next} replace />;
  return (
    <Page title={t("signIn.title")} narrow>
      <p className="lead">{t("signIn.lead")}</p>
      <OneTimeCode
        confirmLabel={t("signIn.confirm")}
        onRequest={(contact) => answer(api.POST("/api/v1/sign-in/codes", { body: { contact, language } }))}
        onConfirm={async (body) => {
          const signedIn = await answer(api.POST("/api/v1/sign-in/sessions", { body }));
          setMe((await movePushToAccount()) ?? signedIn);
          navigate(next, { replace: true });
        }}
      />
    </Page>
  );
}
