import { asProblem, Icon } from "@hejnal/shared";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button, FileTrigger } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { attachmentUrl, uploadAttachment } from "../api/attachments.ts";
import type { Attachment } from "../api/town.ts";
import { Field } from "../ui/Field.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";

const MOST = 5;
const TYPES = ["image/jpeg", "image/png", "image/webp", "image/heic", "application/pdf"];
const MOST_BYTES = 10_000_000;

interface AttachmentsFieldProps {
  readonly attachments: readonly Attachment[];
  readonly onChange: (attachments: readonly Attachment[]) => void;
}

/** Pictures and PDFs that go with it, each with words for those who cannot see it. */
export function AttachmentsField({ attachments, onChange }: AttachmentsFieldProps) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<File | null>(null);
  const [tooLarge, setTooLarge] = useState(false);
  return (
    <fieldset className="fieldset">
      <legend>{t("attachments.title")}</legend>
      {attachments.length === 0 ? null : (
        <ul className="attachments">
          {attachments.map((attachment) => (
            <li key={attachment.id}>
              <Icon name={attachment.media_type === "application/pdf" ? "list" : "photo"} />
              <span>
                <a href={attachmentUrl(attachment.id)} target="_blank" rel="noreferrer">
                  {attachment.name}
                </a>
                <span className="soft cell-line">{attachment.description}</span>
              </span>
              <Button className="icon-button" aria-label={t("attachments.remove", { name: attachment.name })} onPress={() => onChange(attachments.filter((each) => each.id !== attachment.id))}>
                <Icon name="close" />
              </Button>
            </li>
          ))}
        </ul>
      )}
      <div className="form-actions">
        <FileTrigger
          acceptedFileTypes={TYPES}
          onSelect={(files) => {
            const file = files?.[0] ?? null;
            setTooLarge(file !== null && file.size > MOST_BYTES);
            setChosen(file !== null && file.size <= MOST_BYTES ? file : null);
          }}
        >
          <Button className="button" isDisabled={attachments.length >= MOST}>
            {t("attachments.add")}
          </Button>
        </FileTrigger>
        <span className="soft">{t("attachments.help", { most: MOST })}</span>
      </div>
      {tooLarge ? <ProblemLine error="too large" words={t("attachments.tooLarge")} /> : null}
      {chosen === null ? null : (
        <UploadDialog
          file={chosen}
          onDone={(attachment) => {
            onChange([...attachments.filter((each) => each.id !== attachment.id), attachment]);
            setChosen(null);
          }}
          onClose={() => setChosen(null)}
        />
      )}
    </fieldset>
  );
}

interface UploadDialogProps {
  readonly file: File;
  readonly onDone: (attachment: Attachment) => void;
  readonly onClose: () => void;
}

function UploadDialog({ file, onDone, onClose }: UploadDialogProps) {
  const { t } = useTranslation();
  const [description, setDescription] = useState("");
  const [shown, setShown] = useState(false);
  const upload = useMutation({ mutationFn: () => uploadAttachment(file, description.trim()), onSuccess: onDone });
  const problem = upload.isError ? asProblem(upload.error) : null;
  return (
    <FormDialog
      title={t("attachments.dialog", { name: file.name })}
      submit={upload.isPending ? t("ui.sending") : t("attachments.upload")}
      pending={upload.isPending}
      error={upload.error}
      act="writeAnnouncements"
      problem={problem !== null && (problem.kind === "invalid" || problem.kind === "tooLarge") ? t("attachments.refused") : null}
      onSubmit={() => {
        setShown(true);
        if (description.trim() !== "") upload.mutate();
      }}
      onClose={onClose}
    >
      <Field
        label={t("attachments.description")}
        help={t("attachments.descriptionHelp")}
        value={description}
        rows={2}
        maxLength={500}
        fault={shown && description.trim() === "" ? t("attachments.describe") : undefined}
        onChange={setDescription}
      />
    </FormDialog>
  );
}
