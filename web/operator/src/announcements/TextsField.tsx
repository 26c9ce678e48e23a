import { type Language, LANGUAGE_NAMES } from "@hejnal/shared";
import { Button, FieldError, Input, Label, Tab, TabList, TabPanel, Tabs, Text as HelpText, TextArea, TextField } from "react-aria-components";
import { useTranslation } from "react-i18next";
import type { Origin } from "../api/announcement-drafts.ts";
import type { Text } from "../api/town.ts";
import { RadioChoice } from "../ui/Choice.tsx";
import { blankIn, blanksOf, type Draft, DRAFT_LANGUAGES, type Fault, isBegun, NO_TEXT } from "./draft.ts";

interface TextsFieldProps {
  readonly draft: Draft;
  readonly wrong: readonly Fault[];
  readonly onChange: (part: Partial<Draft>) => void;
}

const ORIGINS: readonly Origin[] = ["written", "machine", "machine_checked"];
const LANGUAGE_FAULT: Readonly<Record<Language, readonly Fault[]>> = { pl: ["titlePl", "bodyPl"], en: ["textsEn"], uk: ["textsUk"] };

/** Whether something on a language's tab keeps the draft from being sent. */
function isToFix(draft: Draft, wrong: readonly Fault[], language: Language): boolean {
  return LANGUAGE_FAULT[language].some((fault) => wrong.includes(fault)) || (wrong.includes("braces") && blanksOf(draft).some((blank) => blank.language === language));
}

/** The words in each language; Polish first, the others when there is time for them. */
export function TextsField({ draft, wrong, onChange }: TextsFieldProps) {
  const { t } = useTranslation();
  return (
    <fieldset className="fieldset">
      <legend>{t("editor.words")}</legend>
      <Tabs className="tabs">
        <TabList className="tab-list" aria-label={t("ui.language")}>
          {DRAFT_LANGUAGES.map((language) => (
            <Tab key={language} id={language} className="tab">
              <span lang={language}>{LANGUAGE_NAMES[language]}</span>
              {isToFix(draft, wrong, language) ? <span className="attention">{t("editor.tabFault")}</span> : draft.texts[language].title.trim() === "" ? <span className="soft">{t("editor.tabEmpty")}</span> : null}
            </Tab>
          ))}
        </TabList>
        {DRAFT_LANGUAGES.map((language) => (
          <TabPanel key={language} id={language} className="tab-panel">
            <Words
              language={language}
              text={draft.texts[language]}
              wrong={wrong}
              withSms={draft.channels.includes("sms")}
              onChange={(text) => onChange({ texts: { ...draft.texts, [language]: text } })}
            />
            {language === "pl" ? null : (
              <>
                <RadioChoice
                  legend={t("editor.origin")}
                  options={ORIGINS.map((origin) => ({ value: origin, label: t(`editor.origins.${origin}`) }))}
                  value={draft.origins[language]}
                  isInvalid={wrong.includes("machine") && draft.origins[language] === "machine"}
                  onChange={(origin) => onChange({ origins: { ...draft.origins, [language]: origin } })}
                />
                {isBegun(draft.texts[language]) ? (
                  <Button className="button" onPress={() => onChange({ texts: { ...draft.texts, [language]: NO_TEXT }, origins: { ...draft.origins, [language]: "written" } })}>
                    {t("editor.removeTranslation")}
                  </Button>
                ) : null}
                {draft.origins[language] === "written" ? null : <p className="field-help">{t("editor.originHelp")}</p>}
              </>
            )}
          </TabPanel>
        ))}
      </Tabs>
    </fieldset>
  );
}

interface WordsProps {
  readonly language: Language;
  readonly text: Text;
  readonly wrong: readonly Fault[];
  readonly withSms: boolean;
  readonly onChange: (text: Text) => void;
}

function Words({ language, text, wrong, withSms, onChange }: WordsProps) {
  const { t } = useTranslation();
  const half = LANGUAGE_FAULT[language].some((fault) => wrong.includes(fault));
  const polish = language === "pl";
  const blank = (part: keyof Text) => (wrong.includes("braces") ? blankIn(text[part]) : null);
  const unfilled = (part: keyof Text) => t("editor.blank", { words: blank(part) ?? "" });
  return (
    <>
      <TextField className="field" value={text.title} maxLength={120} isRequired={polish} isInvalid={(half && text.title.trim() === "") || blank("title") !== null} onChange={(title) => onChange({ ...text, title })}>
        <Label>{t("editor.title")}</Label>
        <Input className="input" lang={language} />
        <HelpText slot="description" className="field-help">
          {t("editor.titleHelp")}
        </HelpText>
        <FieldError className="field-error">{blank("title") === null ? t("editor.fault.titlePl") : unfilled("title")}</FieldError>
      </TextField>
      <TextField className="field" value={text.body} maxLength={4000} isRequired={polish} isInvalid={(half && text.body.trim() === "") || blank("body") !== null} onChange={(body) => onChange({ ...text, body })}>
        <Label>{t("editor.body")}</Label>
        <TextArea className="input" rows={5} lang={language} />
        <FieldError className="field-error">{blank("body") === null ? t("editor.fault.bodyPl") : unfilled("body")}</FieldError>
      </TextField>
      <TextField className="field" value={text.instruction} maxLength={1000} isInvalid={blank("instruction") !== null} onChange={(instruction) => onChange({ ...text, instruction })}>
        <Label>{t("editor.instruction")}</Label>
        <TextArea className="input" rows={2} lang={language} />
        <FieldError className="field-error">{unfilled("instruction")}</FieldError>
      </TextField>
      {withSms ? (
        <TextField className="field" value={text.sms} isInvalid={text.sms.length > 459 || blank("sms") !== null} onChange={(sms) => onChange({ ...text, sms })}>
          <Label>{t("editor.sms")}</Label>
          <TextArea className="input" rows={2} lang={language} />
          <HelpText slot="description" className="field-help">
            {t("editor.smsHelp", { count: text.sms.length })}
          </HelpText>
          <FieldError className="field-error">{blank("sms") === null ? t("editor.fault.sms") : unfilled("sms")}</FieldError>
        </TextField>
      ) : null}
    </>
  );
}
