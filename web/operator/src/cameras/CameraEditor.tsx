import { asProblem, EmptyState, ErrorState, Skeleton } from "@hejnal/shared";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { CAMERAS_KEY } from "../api/cameras.ts";
import { addCamera, changeCamera, type RegisteredCamera, setCredentials } from "../api/registry.ts";
import { useTown } from "../reports/use-town.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { CameraFields, type CredentialsDraft, NO_CREDENTIALS } from "./CameraFields.tsx";
import { type CameraForm, EMPTY_CAMERA, faultsOf, formOf, registrationOf } from "./camera-form.ts";
import { forgetDiscovery, keptDiscovery } from "./kept-discovery.ts";
import { PlaceField } from "./PlaceField.tsx";
import { useCameras } from "./use-cameras.ts";
import "./registry.css";

/** A camera's registration: a new one when no id is given. */
export function CameraEditor({ cameraId }: { readonly cameraId: string | null }) {
  const { t } = useTranslation();
  const { byId, isPending, error, refetch } = useCameras();
  if (cameraId === null) return <Editor key="new" base={null} />;
  if (isPending) return <Skeleton rows={6} />;
  const camera = byId.get(cameraId);
  if (camera === undefined) {
    return error === null ? <EmptyState icon="camera" title={t("registry.unknown")} /> : <ErrorState error={error} onRetry={() => void refetch()} />;
  }
  return <Editor key={cameraId} base={camera} />;
}

function Editor({ base: opened }: { readonly base: RegisteredCamera | null }) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const [, navigate] = useLocation();
  const { town } = useTown();
  // What the form was made from stays put while the registry moves on: a save from an old version is refused, not merged.
  const [base, setBase] = useState(opened);
  const [form, setForm] = useState<CameraForm>(() => (opened === null ? { ...EMPTY_CAMERA, ...keptDiscovery(sessionStorage) } : formOf(opened)));
  const [credentials, setDraft] = useState<CredentialsDraft>(NO_CREDENTIALS);
  const [shown, setShown] = useState(false);
  const head = useRef<HTMLFormElement>(null);
  const faults = faultsOf(form);
  const account = credentials.username.trim() === "" ? null : { username: credentials.username.trim(), password: credentials.password };
  const save = useMutation({
    mutationFn: async () => {
      if (base === null) return addCamera({ camera_id: form.cameraId, ...registrationOf(form), credentials: account });
      const saved = await changeCamera(base.camera_id, { ...registrationOf(form), version: base.version });
      if (credentials.forget) await setCredentials(base.camera_id, null);
      else if (account !== null) await setCredentials(base.camera_id, account);
      return saved;
    },
    onSuccess: (saved) => {
      announce(t("registry.saved", { camera: saved.name }));
      forgetDiscovery(sessionStorage);
      void queryClient.invalidateQueries({ queryKey: CAMERAS_KEY });
      navigate("/cameras");
    },
  });
  const moved = save.isError && asProblem(save.error).kind === "conflict" && base !== null;
  const startAgain = () => {
    if (opened === null) return;
    setBase(opened);
    setForm(formOf(opened));
    save.reset();
  };
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setShown(true);
    if (faults.length === 0) save.mutate();
    else head.current?.scrollIntoView({ block: "start" });
  };
  const change = (part: Partial<CameraForm>) => setForm((before) => ({ ...before, ...part }));
  return (
    <form ref={head} className="page registry" onSubmit={submit} noValidate aria-labelledby="editor-title">
      <header className="page-head">
        <h1 id="editor-title">{base === null ? t("registry.new") : t("registry.edit", { camera: base.name })}</h1>
        <Link href="/cameras">{t("registry.back")}</Link>
      </header>
      {shown && faults.length > 0 ? (
        <div className="problem-line" role="alert">
          <div>
            <p>{t("registry.toFix", { count: faults.length })}</p>
            <ul>
              {faults.map((fault) => (
                <li key={fault}>{t(`registry.fault.${fault}`)}</li>
              ))}
            </ul>
          </div>
        </div>
      ) : null}
      <div className="registry-columns">
        <div className="form">
          <CameraFields form={form} isNew={base === null} hasCredentials={base?.has_credentials ?? false} credentials={credentials} wrong={shown ? faults : []} onChange={change} onCredentials={setDraft} />
        </div>
        <div className="form registry-place">
          {town === null ? <Skeleton /> : <PlaceField town={town} form={form} wrong={shown ? faults : []} onChange={change} />}
        </div>
      </div>
      <footer className="registry-foot">
        {moved ? (
          <p className="problem-line" role="alert">
            <span>
              {t("registry.conflict")}{" "}
              <button type="button" className="link-button" onClick={startAgain}>
                {t("registry.startAgain")}
              </button>
            </span>
          </p>
        ) : save.isError && asProblem(save.error).slug === "camera-exists" ? (
          <p className="problem-line" role="alert">
            {t("registry.exists", { id: form.cameraId })}
          </p>
        ) : (
          <ProblemLine error={save.error} act="keepCameras" />
        )}
        <div className="form-actions">
          <Button type="submit" className="button button-primary" isPending={save.isPending}>
            {save.isPending ? t("ui.sending") : t("registry.save")}
          </Button>
          <Link href="/cameras" className="button">
            {t("ui.cancel")}
          </Link>
        </div>
      </footer>
    </form>
  );
}
