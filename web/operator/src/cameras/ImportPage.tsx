import { asProblem, Icon } from "@hejnal/shared";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button, FileTrigger } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { CAMERAS_KEY } from "../api/cameras.ts";
import { CAMERAS_CSV_URL, type CsvImport, importCameras } from "../api/discovery.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import "./registry.css";

/** Many cameras at once: a file is tried first, its errors stand in a table, and only a clean one is brought in. */
export function ImportPage() {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const [, navigate] = useLocation();
  const [file, setFile] = useState<File | null>(null);
  const trial = useMutation({ mutationFn: (chosen: File) => importCameras(chosen, true) });
  const bring = useMutation({
    mutationFn: (chosen: File) => importCameras(chosen, false),
    onSuccess: (done) => {
      if (!done.applied) return;
      announce(t("importing.done", { count: done.added.length + done.changed.length }));
      void queryClient.invalidateQueries({ queryKey: CAMERAS_KEY });
      navigate("/cameras");
    },
  });
  const result = bring.data ?? trial.data;
  const choose = (files: FileList | null) => {
    const chosen = files?.[0];
    if (chosen === undefined) return;
    setFile(chosen);
    bring.reset();
    trial.mutate(chosen);
  };
  const clean = trial.data?.errors.length === 0;
  const changes = (trial.data?.added.length ?? 0) + (trial.data?.changed.length ?? 0);
  return (
    <div className="page importing">
      <header className="page-head">
        <h1>{t("importing.title")}</h1>
        <Link href="/cameras">{t("registry.back")}</Link>
      </header>
      <p>{t("importing.help")}</p>
      <div className="form-actions">
        <FileTrigger acceptedFileTypes={["text/csv", ".csv"]} onSelect={choose}>
          <Button className="button button-primary" isPending={trial.isPending}>
            {trial.isPending ? t("importing.trying") : t("importing.choose")}
          </Button>
        </FileTrigger>
        <a className="button" href={CAMERAS_CSV_URL} download>
          {t("importing.export")}
        </a>
        {file === null ? null : <span className="soft">{file.name}</span>}
      </div>
      <ImportProblem error={bring.error ?? trial.error} />
      {result === undefined ? null : <Result result={result} />}
      {file !== null && clean && changes > 0 ? (
        <div className="form-actions">
          <Button className="button button-primary" isPending={bring.isPending} onPress={() => bring.mutate(file)}>
            {t("importing.bring", { count: changes })}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

function ImportProblem({ error }: { readonly error: unknown }) {
  if (error === null || error === undefined) return null;
  const problem = asProblem(error);
  // A file that is no CSV at all is refused whole, in the service's own words.
  if (problem.kind === "invalid" && problem.detail !== "") {
    return (
      <p className="problem-line" role="alert">
        {problem.detail}
      </p>
    );
  }
  return <ProblemLine error={error} act="keepCameras" />;
}

function Result({ result }: { readonly result: CsvImport }) {
  const { t } = useTranslation();
  return (
    <section className="form" aria-live="polite">
      <p>
        {t("importing.would", { added: result.added.length, changed: result.changed.length, unchanged: result.unchanged.length })}
      </p>
      {result.errors.length === 0 ? (
        <p className="chain-whole">
          <Icon name="check" /> {t("importing.clean")}
        </p>
      ) : (
        <>
          <p className="attention">{t("importing.errors", { count: result.errors.length })}</p>
          <div className="table-scroll">
            <table className="table">
              <caption className="visually-hidden">{t("importing.errors", { count: result.errors.length })}</caption>
              <thead>
                <tr>
                  <th scope="col" className="number">
                    {t("importing.line")}
                  </th>
                  <th scope="col">{t("importing.column")}</th>
                  <th scope="col">{t("importing.what")}</th>
                </tr>
              </thead>
              <tbody>
                {result.errors.map((error) => (
                  <tr key={`${error.line} ${error.column ?? ""} ${error.detail}`}>
                    <td className="number">{error.line}</td>
                    <td>{error.column}</td>
                    <td>{error.detail}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </section>
  );
}
