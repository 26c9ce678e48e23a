import type { ReactNode } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import type { Act } from "../session/roles.ts";
import { ConsoleDialog } from "./ConsoleDialog.tsx";
import { ProblemLine } from "./ProblemLine.tsx";

interface FormDialogProps {
  readonly title: string;
  readonly width?: "narrow" | "wide";
  /** What the button that sends says. */
  readonly submit: string;
  /** It takes something away or cannot be taken back: the button says so by its colour. */
  readonly grave?: boolean;
  readonly pending: boolean;
  /** Why sending failed, what was tried, and the dialog's own words for it where it knows better. */
  readonly error?: unknown;
  readonly act?: Act;
  readonly problem?: string | null;
  /** Stands in place of the button that calls it off. */
  readonly otherwise?: ReactNode;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A dialog that asks and sends: its fields, what went wrong with sending, and the buttons that end it. */
export function FormDialog({ title, width = "narrow", submit, grave = false, pending, error, act, problem = null, otherwise, onSubmit, onClose, children }: FormDialogProps) {
  const { t } = useTranslation();
  return (
    <ConsoleDialog title={title} isOpen onClose={onClose} width={width}>
      <form
        className="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          // Enter sends too: what is on its way is not sent twice.
          if (!pending) onSubmit();
        }}
      >
        {children}
        <ProblemLine error={error} words={problem} {...(act === undefined ? {} : { act })} />
        <div className="form-actions">
          <Button type="submit" className={grave ? "button button-attention" : "button button-primary"} isPending={pending}>
            {submit}
          </Button>
          {otherwise ?? (
            <Button className="button" onPress={onClose}>
              {t("ui.cancel")}
            </Button>
          )}
        </div>
      </form>
    </ConsoleDialog>
  );
}
