import { EmptyState, ErrorState, Skeleton } from "@hejnal/shared";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { type Candidate, type Discovery, fetchDiscovery, probeDevice, startDiscovery } from "../api/discovery.ts";
import { DataTable } from "../ui/DataTable.tsx";
import { Field } from "../ui/Field.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { suggestedId } from "./camera-form.ts";
import { keepDiscovery } from "./kept-discovery.ts";
import { useCameras } from "./use-cameras.ts";
import "./registry.css";

const POLL_MS = 1_000;

/** What stands in the network and speaks ONVIF; a device found becomes a form that is filled in already. */
export function DiscoveryPage() {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<Candidate | null>(null);
  const start = useMutation({ mutationFn: startDiscovery });
  const id = start.data?.discovery_id ?? "";
  const query = useQuery({
    queryKey: ["discovery", id],
    queryFn: () => fetchDiscovery(id),
    enabled: id !== "",
    refetchInterval: (state) => (state.state.data === undefined || state.state.data.state === "running" ? POLL_MS : false),
  });
  const found: Discovery | undefined = query.data ?? start.data;
  const running = start.isPending || found?.state === "running";
  return (
    <div className="page">
      <header className="page-head">
        <h1>{t("discovery.title")}</h1>
        <Link href="/cameras">{t("registry.back")}</Link>
      </header>
      <p>{t("discovery.help")}</p>
      <div className="form-actions">
        <Button className="button button-primary" isPending={running} onPress={() => start.mutate()}>
          {running ? t("discovery.running") : t("discovery.start")}
        </Button>
      </div>
      <ProblemLine error={start.error} act="keepCameras" />
      {found === undefined ? null : query.isError ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      ) : running ? (
        <Skeleton rows={2} />
      ) : found.state === "failed" ? (
        <p className="problem-line" role="alert">
          {t("discovery.failed")} {found.detail}
        </p>
      ) : found.candidates.length === 0 ? (
        <EmptyState icon="search" title={t("discovery.none")} />
      ) : (
        <Devices candidates={found.candidates} onChoose={setChosen} />
      )}
      {chosen === null ? null : <ProbeDialog candidate={chosen} onClose={() => setChosen(null)} />}
    </div>
  );
}

function Devices({ candidates, onChoose }: { readonly candidates: readonly Candidate[]; readonly onChoose: (candidate: Candidate) => void }) {
  const { t } = useTranslation();
  const { byId } = useCameras();
  return (
    <DataTable caption={t("discovery.title")} columns={[t("discovery.device"), t("discovery.address"), t("discovery.known")]} actions>
      {candidates.map((candidate) => (
        <tr key={candidate.endpoint} data-device={candidate.endpoint}>
          <th scope="row">
            {candidate.name === "" ? t("discovery.unnamed") : candidate.name}
            <span className="soft cell-line">{[candidate.hardware, candidate.location].filter((text) => text !== "").join(", ")}</span>
          </th>
          <td>{candidate.answered_from}</td>
          <td>{candidate.registered_as === null ? t("discovery.new") : (byId.get(candidate.registered_as)?.name ?? candidate.registered_as)}</td>
          <td className="cell-actions">
            {candidate.registered_as === null ? (
              <button type="button" className="link-button" onClick={() => onChoose(candidate)}>
                {t("discovery.add")}
                <span className="visually-hidden">, {candidate.name} {candidate.answered_from}</span>
              </button>
            ) : (
              <Link href={`/cameras/${candidate.registered_as}/edit`}>{t("cameras.edit")}</Link>
            )}
          </td>
        </tr>
      ))}
    </DataTable>
  );
}

/** Asks the device for its streams, with its account where it wants one; then the form of a new camera opens, filled in. */
function ProbeDialog({ candidate, onClose }: { readonly candidate: Candidate; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const take = (streams: { readonly mainUrl?: string; readonly subUrl?: string; readonly mainProfile?: string; readonly subProfile?: string }) => {
    const name = candidate.name === "" ? candidate.answered_from : candidate.name;
    keepDiscovery(sessionStorage, { name, cameraId: suggestedId(`${name} ${candidate.answered_from}`), onvifUrl: candidate.url, ...streams });
    navigate("/cameras/new");
  };
  const probe = useMutation({
    mutationFn: () => probeDevice({ url: candidate.url, username: username.trim(), password }),
    onSuccess: ({ main, sub }) =>
      take({
        ...(main === null ? {} : { mainUrl: main.url, mainProfile: main.profile }),
        ...(sub === null ? {} : { subUrl: sub.url, subProfile: sub.profile }),
      }),
  });
  return (
    <FormDialog
      title={t("discovery.addTitle", { device: candidate.name === "" ? candidate.answered_from : candidate.name })}
      submit={probe.isPending ? t("discovery.asking") : t("discovery.askDo")}
      pending={probe.isPending}
      error={probe.error}
      act="keepCameras"
      otherwise={
        <Button className="button" onPress={() => take({})}>
          {t("discovery.byHand")}
        </Button>
      }
      onSubmit={() => probe.mutate()}
      onClose={onClose}
    >
      <p>{t("discovery.ask")}</p>
      <Field label={t("registry.username")} autoComplete="off" value={username} maxLength={120} onChange={setUsername} />
      <Field label={t("registry.password")} type="password" autoComplete="new-password" value={password} maxLength={200} onChange={setPassword} />
    </FormDialog>
  );
}
