import { useTranslation } from "react-i18next";
import { Logo } from "@hejnal/shared";

const STEPS = ["share", "add", "open", "turnOn"] as const;

/** How an iPhone gets notifications, in four steps with a picture each: Apple gives them to pages on the home screen only. */
export function IosGuide() {
  const { t } = useTranslation();
  return (
    <ol className="ios-guide">
      {STEPS.map((step) => (
        <li key={step}>
          <Picture step={step} />
          <p>{t(`notices.iosSteps.${step}`)}</p>
        </li>
      ))}
    </ol>
  );
}

/** Drawn, not photographed: it stays right through the years and in the dark. The words beside it say the same. */
function Picture({ step }: { readonly step: (typeof STEPS)[number] }) {
  if (step === "open") {
    return (
      <span className="ios-picture ios-icon">
        <Logo size="2.5rem" />
      </span>
    );
  }
  return (
    <svg className="ios-picture" viewBox="0 0 96 72" aria-hidden="true" focusable="false" fill="none" stroke="currentColor" strokeWidth="2.5" strokeLinecap="round" strokeLinejoin="round">
      <rect x="2" y="2" width="92" height="68" rx="10" className="ios-frame" />
      {step === "share" ? (
        <>
          <path d="M2 46h92M16 58h8M72 58h8M16 16h44M16 26h56M16 36h30" className="ios-faint" />
          <path className="ios-mark" d="M43 55h-3v11h16V55h-3M48 61V48M44 52l4-4 4 4" />
        </>
      ) : null}
      {step === "add" ? (
        <>
          <path d="M14 16h36M14 56h30" className="ios-faint" />
          <rect x="10" y="26" width="76" height="20" rx="5" className="ios-mark" />
          <path d="M18 36h38" />
          <path className="ios-mark" d="M69 31h10v10H69zM74 33.5v5M71.5 36h5" />
        </>
      ) : null}
      {step === "turnOn" ? (
        <>
          <path d="M14 18h40M14 28h28" className="ios-faint" />
          <rect x="12" y="40" width="60" height="18" rx="5" className="ios-mark" />
          <path d="M22 49h40" />
          <path className="ios-mark" d="M74 24v-3a5 5 0 0 1 10 0v3l1.5 2h-13zM78 28.5h2" />
        </>
      ) : null}
    </svg>
  );
}
