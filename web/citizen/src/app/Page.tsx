import { useEffect, useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

/** Set once the first page is shown: only moves inside the app take the focus along. */
let arrived = false;

interface PageProps {
  readonly title: string;
  /** Between the heading and the content, e.g. "Krok 1 z 3". */
  readonly kicker?: ReactNode;
  readonly narrow?: boolean;
  readonly children: ReactNode;
}

/** One page: its only h1, the document's title, and the focus on that heading after each move. */
export function Page({ title, kicker, narrow = false, children }: PageProps) {
  const { t } = useTranslation();
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    document.title = t("shell.title", { page: title });
  }, [t, title]);

  useEffect(() => {
    if (arrived) {
      window.scrollTo(0, 0);
      heading.current?.focus({ preventScroll: true });
    }
    arrived = true;
  }, []);

  return (
    <div className={narrow ? "page page-narrow" : "page"}>
      {kicker ? <p className="kicker">{kicker}</p> : null}
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </div>
  );
}
