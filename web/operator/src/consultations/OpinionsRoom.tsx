import { useDateWords } from "@hejnal/shared";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button, ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useNames } from "../accounts/use-names.ts";
import { type Consultation, CONSULTATIONS_KEY, fetchOpinions, moderateOpinion, type Opinion, type OpinionState, opinionsKey } from "../api/consultations.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { Field } from "../ui/Field.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";
import { PagedList } from "../ui/PagedList.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";

const STATES = ["waiting", "shown", "hidden"] as const satisfies readonly OpinionState[];

/** What people wrote: what waits for a decision first, and what became of the rest. */
export function OpinionsRoom({ consultation }: { readonly consultation: Consultation }) {
  const { t } = useTranslation();
  const [state, setState] = useState<OpinionState>(consultation.opinions === "at_once" ? "shown" : "waiting");
  const query = useInfiniteQuery({
    queryKey: [...opinionsKey(consultation.id), state],
    queryFn: ({ pageParam }) => fetchOpinions(consultation.id, state, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: 30_000,
  });
  return (
    <section aria-labelledby="opinions-title">
      <div className="split-head">
        <h3 id="opinions-title">{t("consultations.opinionsTitle")}</h3>
        <ToggleButtonGroup
          className="segmented"
          aria-label={t("consultations.whichOpinions")}
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[state]}
          onSelectionChange={(keys) => setState(STATES.find((each) => keys.has(each)) ?? "waiting")}
        >
          {STATES.map((each) => (
            <ToggleButton key={each} id={each} className="segment">
              {t(`consultations.opinionState.${each}`)}
              {each === "waiting" && consultation.opinions_waiting > 0 ? ` (${consultation.opinions_waiting})` : null}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
      </div>
      <PagedList query={query} rows={2} empty={<p className="soft">{t(`consultations.noOpinions.${state}`)}</p>}>
        {(opinions) => (
          <ol className="entries">
            {opinions.map((opinion) => (
              <OpinionEntry key={opinion.id} opinion={opinion} consultationId={consultation.id} />
            ))}
          </ol>
        )}
      </PagedList>
    </section>
  );
}

function useModeration(consultationId: string, opinionId: string, onDone: () => void) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (decision: { state: "shown" | "hidden"; reason: string }) => moderateOpinion(consultationId, opinionId, decision),
    onSuccess: (_, { state }) => {
      announce(t(`consultations.moderated.${state}`));
      onDone();
    },
    onSettled: () => void queryClient.invalidateQueries({ queryKey: CONSULTATIONS_KEY }),
  });
}

function OpinionEntry({ opinion, consultationId }: { readonly opinion: Opinion; readonly consultationId: string }) {
  const { t } = useTranslation();
  const dates = useDateWords();
  const name = useNames();
  const [hiding, setHiding] = useState(false);
  const show = useModeration(consultationId, opinion.id, () => undefined);
  const excerpt = opinion.text.slice(0, 60);
  return (
    <li className="entry" data-opinion={opinion.id}>
      <p className="plain-text">{opinion.text}</p>
      {opinion.reason === "" ? null : <p className="soft">{t("consultations.hiddenBecause", { reason: opinion.reason, name: name(opinion.moderated_by) })}</p>}
      <div className="entry-head">
        <span className="soft">
          {t(`consultations.way.${opinion.way}`)}, <time dateTime={opinion.at}>{dates.moment(new Date(opinion.at))}</time>
        </span>
        {opinion.state === "shown" ? null : (
          <Button className="button" isPending={show.isPending} aria-label={t("consultations.showThis", { excerpt })} onPress={() => show.mutate({ state: "shown", reason: "" })}>
            {t("consultations.show")}
          </Button>
        )}
        {opinion.state === "hidden" ? null : (
          <Button className="button" aria-label={t("consultations.hideThis", { excerpt })} onPress={() => setHiding(true)}>
            {t("consultations.hide")}
          </Button>
        )}
      </div>
      <ProblemLine error={show.error} act="workOnConsultations" />
      {hiding ? <HideDialog opinion={opinion} consultationId={consultationId} onClose={() => setHiding(false)} /> : null}
    </li>
  );
}

interface HideDialogProps {
  readonly opinion: Opinion;
  readonly consultationId: string;
  readonly onClose: () => void;
}

/** Takes an opinion away from everybody's eyes; the reason is on record. */
function HideDialog({ opinion, consultationId, onClose }: HideDialogProps) {
  const { t } = useTranslation();
  const [reason, setReason] = useState("");
  const [shown, setShown] = useState(false);
  const hide = useModeration(consultationId, opinion.id, onClose);
  const empty = reason.trim() === "";
  return (
    <FormDialog
      title={t("consultations.hideTitle")}
      submit={t("consultations.hide")}
      grave
      pending={hide.isPending}
      error={hide.error}
      act="workOnConsultations"
      onSubmit={() => {
        setShown(true);
        if (!empty) hide.mutate({ state: "hidden", reason: reason.trim() });
      }}
      onClose={onClose}
    >
      <p>{t("consultations.hideMeans")}</p>
      <Field label={t("moderation.reason")} help={t("consultations.reasonHelp")} rows={2} maxLength={300} value={reason} fault={shown && empty ? t("moderation.reasonMissing") : undefined} onChange={setReason} />
    </FormDialog>
  );
}
