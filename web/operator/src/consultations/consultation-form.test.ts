import { describe, expect, it } from "vitest";
import { consultationBody, consultationFaults, type ConsultationForm, newConsultation } from "./consultation-form.ts";

const NOW = Date.parse("2026-11-22T10:00:00Z");
const words = (pl: string) => ({ pl, en: "", uk: "" });

function form(change: Partial<ConsultationForm> = {}): ConsultationForm {
  return {
    ...newConsultation(NOW),
    titles: words("Gdzie kamera?"),
    bodies: words("Wybierz miejsce."),
    options: [
      { code: null, names: words("Plac zabaw"), place: { lat: 51.05, lon: 20.95 }, cone: { azimuthDeg: 90, angleDeg: 60, rangeM: 80 } },
      { code: null, names: words("Nie chcę kamery"), place: null, cone: null },
    ],
    ...change,
  };
}

describe("a consultation's form", () => {
  it("opens tomorrow at eight in town time and ends two weeks later", () => {
    expect(newConsultation(NOW)).toMatchObject({ opensAt: "2026-11-23T08:00", closesAt: "2026-12-07T20:00" });
  });

  it("sends only the languages somebody wrote in, and a code for each new option", () => {
    expect(consultationBody(form())).toEqual({
      kind: "camera_site",
      texts: { pl: { title: "Gdzie kamera?", body: "Wybierz miejsce." } },
      options: [
        { code: "plac_zabaw", names: { pl: "Plac zabaw" }, place: { lat: 51.05, lon: 20.95 }, view_cone: { azimuth_deg: 90, angle_deg: 60, range_m: 80 } },
        { code: "nie_chce_kamery", names: { pl: "Nie chcę kamery" }, place: null, view_cone: null },
      ],
      vote_rule: "person",
      most_choices: 1,
      opinions: "after_moderation",
      rules: "",
      opens_at: "2026-11-23T07:00:00.000Z",
      closes_at: "2026-12-07T19:00:00.000Z",
    });
  });

  it.each<[string, Partial<ConsultationForm>, string[]]>([
    ["nothing wrong", {}, []],
    ["no Polish words", { titles: words(" ") }, ["titlePl"]],
    ["half an English text", { titles: { pl: "Gdzie?", en: "Where?", uk: "" } }, ["halfText"]],
    ["one option for a vote", { options: form().options.slice(0, 1) }, ["options"]],
    ["an option without a name", { options: [{ ...form().options[0]!, names: words("") }, form().options[1]!] }, ["optionName"]],
    ["a camera site without a site", { options: [form().options[1]!, form().options[1]!] }, ["site"]],
    ["a place off the Earth", { options: [{ ...form().options[0]!, place: { lat: 95, lon: 20 } }, form().options[1]!] }, ["optionPlace"]],
    ["more choices than options", { mostChoices: 3 }, ["mostChoices"]],
    ["neither votes nor opinions", { voteRule: "none", opinions: "none" }, ["nothing"]],
    ["an end before the beginning", { closesAt: "2026-11-23T07:00" }, ["times"]],
    ["no end", { closesAt: "" }, ["times"]],
    ["an end in the past", { opensAt: "2026-11-20T08:00", closesAt: "2026-11-21T08:00" }, ["past"]],
  ])("knows %s", (_, change, faults) => {
    expect(consultationFaults(form(change), NOW)).toEqual(faults);
  });
});
