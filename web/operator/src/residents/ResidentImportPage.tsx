import { asProblem, Icon } from "@hejnal/shared";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button, FileTrigger } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { idempotencyKey } from "../api/client.ts";
import { fetchResidentImport, importResidents, type ResidentImport } from "../api/resident-imports.ts";
import { useTown } from "../reports/use-town.ts";
import { CheckChoice } from "../ui/Choice.tsx";
import { DataTable } from "../ui/DataTable.tsx";
import { Field } from "../ui/Field.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { ResidentSections } from "./ResidentSections.tsx";

const LEAST_CONSENT = 20;
const MOST_BYTES = 1024 * 1024;

/** Brings the town's SMS base in: tried first with every row's error, taken in only when all of it is right. */
export function ResidentImportPage() {
  const { t } = useTranslation();
  const { town, announcementCategory } = useTown();
  const [file, setFile] = useState<File | null>(null);
  const [consentText, setConsentText] = useState("");
  const [categories, setCategories] = useState<readonly string[]>([]);
  const [shown, setShown] = useState(false);
  // A file that was tried is brought in as it was tried: any change asks for another trial.
  const [key, setKey] = useState(idempotencyKey);
  const trial = useMutation({ mutationFn: () => importResidents({ file: file ?? new File([], ""), consentText: consentText.trim(), categories }, true, idempotencyKey()) });
  const bring = useMutation({ mutationFn: () => importResidents({ file: file ?? new File([], ""), consentText: consentText.trim(), categories }, false, key) });
  const afresh = () => {
    trial.reset();
    bring.reset();
    setKey(idempotencyKey());
  };
  const faults = { file: file === null || file.size > MOST_BYTES, consent: consentText.trim().length < LEAST_CONSENT };
  const importable = trial.data?.errors_total === 0 ? trial.data.importable : 0;
  const clean = importable > 0;
  return (
    <div className="page">
      <ResidentSections />
      <header className="page-head">
        <h1>{t("residentImport.title")}</h1>
      </header>
      <p className="page-text">{t("residentImport.help")}</p>
      <form
        className="form desk-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setShown(true);
          bring.reset();
          if (!faults.file && !faults.consent && !trial.isPending) trial.mutate();
        }}
      >
        <div className="form-actions">
          <FileTrigger
            acceptedFileTypes={["text/csv", ".csv", ".txt"]}
            onSelect={(files) => {
              setFile(files?.[0] ?? null);
              afresh();
            }}
          >
            <Button className="button">{t("importing.choose")}</Button>
          </FileTrigger>
          {file === null ? <span className="soft">{t("residentImport.columns")}</span> : <span>{file.name}</span>}
        </div>
        {shown && faults.file ? <p className="field-error">{file === null ? t("residentImport.noFile") : t("residentImport.tooLarge")}</p> : null}
        <Field
          label={t("residentImport.consent")}
          help={t("residentImport.consentHelp")}
          rows={4}
          maxLength={2000}
          value={consentText}
          fault={shown && faults.consent ? t("residentImport.consentMissing", { least: LEAST_CONSENT }) : undefined}
          onChange={(text) => {
            setConsentText(text);
            afresh();
          }}
        />
        <CheckChoice
          legend={t("residentImport.categories")}
          options={(town?.announcement_categories ?? []).map(({ code }) => ({ value: code, label: announcementCategory(code) }))}
          values={categories}
          onChange={(chosen) => {
            setCategories(chosen);
            afresh();
          }}
        />
        <p className="field-help">{t("residentImport.categoriesHelp")}</p>
        <ImportProblem error={bring.error ?? trial.error} />
        <div className="form-actions">
          <Button type="submit" className={clean ? "button" : "button button-primary"} isPending={trial.isPending}>
            {trial.isPending ? t("importing.trying") : t("residentImport.try")}
          </Button>
          {clean && bring.data === undefined ? (
            <Button className="button button-primary" isPending={bring.isPending} onPress={() => bring.mutate()}>
              {t("residentImport.bring", { count: importable })}
            </Button>
          ) : null}
        </div>
      </form>
      {bring.data !== undefined ? <Running started={bring.data} /> : trial.data === undefined ? null : <Report found={trial.data} />}
    </div>
  );
}

function ImportProblem({ error }: { readonly error: unknown }) {
  if (error === null) return null;
  const problem = asProblem(error);
  return <ProblemLine error={error} act="importResidents" words={problem.kind === "invalid" && problem.detail !== "" ? problem.detail : null} />;
}

/** An import that is under way, until all of it is in. */
function Running({ started }: { readonly started: ResidentImport }) {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ["resident-imports", started.id],
    queryFn: () => fetchResidentImport(started.id),
    initialData: started,
    refetchInterval: (state) => (state.state.data?.state === "waiting" ? 1_000 : false),
  });
  const found = query.data;
  if (found.state !== "waiting") return <Report found={found} />;
  return (
    <section className="form" role="status">
      <p>{t("residentImport.running", { done: found.imported, total: found.importable })}</p>
      <progress max={Math.max(1, found.importable)} value={found.imported} aria-label={t("residentImport.title")} />
    </section>
  );
}

function Report({ found }: { readonly found: ResidentImport }) {
  const { t } = useTranslation();
  return (
    <section className="form" aria-label={t("residentImport.report")} aria-live="polite" data-import={found.state}>
      <h2>{t(`residentImport.state.${found.state}`)}</h2>
      <dl className="facts">
        {(["total", "importable", "imported", "known", "withdrawn", "doubled"] as const).map((count) => (
          <Count key={count} name={t(`residentImport.count.${count}`)} value={found[count]} />
        ))}
      </dl>
      {found.errors_total === 0 ? (
        <p className="chain-whole">
          <Icon name="check" /> {t("importing.clean")}
        </p>
      ) : (
        <>
          <p className="attention">{t("residentImport.errors", { count: found.errors_total })}</p>
          <DataTable caption={t("residentImport.errors", { count: found.errors_total })} columns={[{ label: t("importing.line"), className: "number" }, t("importing.column"), t("residentImport.value"), t("importing.what")]}>
            {found.errors.map((error) => (
              <tr key={`${error.row} ${error.column} ${error.code}`}>
                <td className="number">{error.row}</td>
                <td>{error.column}</td>
                <td>{error.value}</td>
                <td>{error.detail}</td>
              </tr>
            ))}
          </DataTable>
          {found.errors.length < found.errors_total ? <p className="soft">{t("residentImport.moreErrors", { count: found.errors_total - found.errors.length })}</p> : null}
        </>
      )}
    </section>
  );
}

function Count({ name, value }: { readonly name: string; readonly value: number }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}
