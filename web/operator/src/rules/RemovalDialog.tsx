import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useAnnounce } from "../shell/Announcer.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";

interface RemovalDialogProps {
  readonly name: string;
  /** What it means that it is gone. */
  readonly means: string;
  /** The list it stands in. */
  readonly list: readonly unknown[];
  readonly remove: () => Promise<unknown>;
  readonly onClose: () => void;
}

/** Asks once more before a rule or a webhook goes. */
export function RemovalDialog({ name, means, list, remove, onClose }: RemovalDialogProps) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const removal = useMutation({
    mutationFn: remove,
    onSuccess: () => {
      announce(t("rules.removed", { name }));
      onClose();
    },
    onSettled: () => void queryClient.invalidateQueries({ queryKey: list }),
  });
  return (
    <FormDialog title={t("rules.removeTitle", { name })} submit={t("cameras.remove")} grave pending={removal.isPending} error={removal.error} act="keepAlertRules" onSubmit={() => removal.mutate()} onClose={onClose}>
      <p>{means}</p>
    </FormDialog>
  );
}
