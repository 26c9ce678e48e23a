import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

interface Column {
  readonly label: string;
  readonly className?: string;
}

interface DataTableProps {
  /** What it lists; read to who cannot see it. */
  readonly caption: string;
  readonly columns: readonly (string | Column)[];
  /** The last column holds what can be done with a row. */
  readonly actions?: boolean;
  readonly className?: string;
  /** Its rows. */
  readonly children: ReactNode;
}

/** A table with its head, in a frame that scrolls sideways where there is no room. */
export function DataTable({ caption, columns, actions = false, className = "table", children }: DataTableProps) {
  const { t } = useTranslation();
  return (
    <div className="table-scroll">
      <table className={className}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => {
              const { label, className: own }: Column = typeof column === "string" ? { label: column } : column;
              return (
                <th key={label} scope="col" className={own}>
                  {label}
                </th>
              );
            })}
            {actions ? (
              <th scope="col">
                <span className="visually-hidden">{t("cameras.actions")}</span>
              </th>
            ) : null}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
