import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { endOtherSessions, endOwnSession, fetchOwnSessions, OWN_SESSIONS_KEY } from "../api/own-account.ts";
import { useSession } from "../session/session.tsx";
import { useAnnounce } from "../shell/Announcer.tsx";
import { Loaded } from "../ui/Loaded.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { OwnPasskeys } from "./OwnPasskeys.tsx";
import { OwnPassword } from "./OwnPassword.tsx";
import { OwnRecovery } from "./OwnRecovery.tsx";
import { OwnTotp } from "./OwnTotp.tsx";
import { SessionTable } from "./SessionTable.tsx";
import "../reports/reports.css";
import "./accounts.css";

/** How one signs in, and where one is signed in. What guards the account asks for the password once more. */
export function OwnAccountPage() {
  const { t } = useTranslation();
  const { staff } = useSession();
  return (
    <div className="page own-account">
      <header>
        <h1>{t("own.title")}</h1>
        <p className="soft">
          {staff.name} ({staff.login}), {t(`role.${staff.role}`)}
          {staff.camera_groups === null ? null : `, ${t("own.groups", { groups: staff.camera_groups.join(", ") })}`}
        </p>
      </header>
      <div className="own-columns">
        <OwnPassword />
        <OwnTotp />
        <OwnPasskeys />
        <OwnRecovery left={staff.recovery_codes_left} />
      </div>
      <OwnSessions />
    </div>
  );
}

function OwnSessions() {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const query = useQuery({ queryKey: OWN_SESSIONS_KEY, queryFn: fetchOwnSessions });
  const end = useMutation({
    mutationFn: (sessionId: string | null) => (sessionId === null ? endOtherSessions() : endOwnSession(sessionId)),
    onSuccess: () => announce(t("own.ended")),
    onSettled: () => void queryClient.invalidateQueries({ queryKey: OWN_SESSIONS_KEY }),
  });
  return (
    <section className="form" aria-labelledby="own-sessions">
      <h2 id="own-sessions">{t("own.sessions")}</h2>
      <Loaded query={query} rows={2}>
        {(sessions) => (
          <>
            <SessionTable
              sessions={sessions}
              action={(session) =>
                session.current ? null : (
                  <button type="button" className="link-button" onClick={() => end.mutate(session.session_id)}>
                    {t("own.end")}
                  </button>
                )
              }
            />
            <ProblemLine error={end.error} />
            {sessions.length > 1 ? (
              <div className="form-actions">
                <Button className="button" isDisabled={end.isPending} onPress={() => end.mutate(null)}>
                  {t("own.endOthers")}
                </Button>
              </div>
            ) : null}
          </>
        )}
      </Loaded>
    </section>
  );
}
