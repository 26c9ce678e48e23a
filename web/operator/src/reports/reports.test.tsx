import { act, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { expectAccessible, fill, openConsole, withConsole } from "../testing/console.tsx";
import { camera, problem, report, reportSummary } from "../testing/fake-gateway.ts";
import { answerFault } from "./answer-form.ts";
import { bearingDeg, distanceM, nearbyCameras, sees } from "./nearby-cameras.ts";

const { gateway } = withConsole();

function withReports() {
  gateway().json("GET /api/v1/town/reports", { items: [reportSummary()], next_cursor: null });
  gateway().json("GET /api/v1/town/reports/r1", report());
}

const submitted = (id: string, reference: string) => ({
  type: "submitted",
  report_id: id,
  report: { report_id: id, reference, category: "roads", urgent: false, place: { lat: 51, lon: 21 }, address: "Lipowa 2", photos: 0, submitted_at: "2026-11-22T11:00:00Z" },
});

describe("the queue of reports", () => {
  it("shows a new report without a reload, marked as new and announced politely", async () => {
    withReports();
    openConsole(gateway(), "/reports", "operator");
    await screen.findByText("Z-2026-00042");
    gateway().json("GET /api/v1/town/reports", { items: [reportSummary({ id: "r2", reference: "Z-2026-00043" }), reportSummary()], next_cursor: null });
    await gateway().lineOpened();
    act(() => gateway().send("report", submitted("r2", "Z-2026-00043"), "x-1"));
    const card = (await screen.findByText("Z-2026-00043")).closest("a");
    expect(card).toHaveTextContent("nowe");
    expect(screen.getAllByRole("status").some((region) => region.textContent.includes("Nowe zgłoszenie: Z-2026-00043, Lipowa 2"))).toBe(true);
  });

  it("shows it at the edge of other pages until it is acknowledged with Space", async () => {
    const { user } = openConsole(gateway(), "/cameras", "operator");
    await screen.findByRole("heading", { name: "Kamery" });
    await gateway().lineOpened();
    act(() => gateway().send("report", submitted("r2", "Z-2026-00043"), "x-1"));
    const edge = await screen.findByRole("region", { name: "Nowe zgłoszenia" });
    expect(within(edge).getByRole("link")).toHaveTextContent("Z-2026-00043 Drogi");
    await user.keyboard(" ");
    await waitFor(() => expect(screen.queryByRole("region", { name: "Nowe zgłoszenia" })).toBeNull());
  });

  it("is narrowed by category and urgency, says when nothing fits, and opens again", async () => {
    withReports();
    const { user, container } = openConsole(gateway(), "/reports", "clerk");
    await screen.findByText("Z-2026-00042");
    const asked: string[] = [];
    gateway().on("GET /api/v1/town/reports", (request) => {
      asked.push(new URL(request.url).search);
      return Response.json({ items: request.url.includes("urgent=true") ? [] : [reportSummary()], next_cursor: null });
    });
    await user.selectOptions(screen.getByLabelText("Kategoria"), "roads");
    await user.click(screen.getByLabelText("Tylko pilne"));
    expect(await screen.findByText("Żadne zgłoszenie nie pasuje do tego wyboru.")).toBeVisible();
    expect(asked.at(-1)).toContain("category=roads");
    await expectAccessible(container);
    await user.click(screen.getByRole("button", { name: "Pokaż bez zawężania" }));
    expect(await screen.findByText("Z-2026-00042")).toBeVisible();
    expect(screen.getByLabelText("Tylko pilne")).not.toBeChecked();
  });

  it("is accessible, list and detail", async () => {
    withReports();
    const { container } = openConsole(gateway(), "/reports/r1", "clerk");
    await screen.findByLabelText("Słowa do autora");
    await expectAccessible(container);
  });
});

describe("answering", () => {
  it("sends status and words with the version that was looked at, once", async () => {
    withReports();
    const { user } = openConsole(gateway(), "/reports/r1", "clerk");
    gateway().json("POST /api/v1/town/reports/r1/answers", report({ status: "planned", version: 2 }), 201);
    await fill(user, await screen.findByLabelText("Słowa do autora"), "Naprawimy w piątek");
    await user.click(screen.getByLabelText("zaplanowane"));
    await user.click(screen.getByRole("button", { name: "Wyślij odpowiedź" }));
    await waitFor(() => expect(screen.getByLabelText("Słowa do autora")).toHaveValue(""));
    const [sent, ...more] = gateway().asked("POST /api/v1/town/reports/r1/answers");
    expect(sent?.body).toEqual({ expected_version: 1, status: "planned", outcome: null, answer: "Naprawimy w piątek" });
    expect(sent?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f-]{36}$/);
    expect(more).toEqual([]);
  });

  it("keeps the words when somebody else was faster", async () => {
    withReports();
    const { user } = openConsole(gateway(), "/reports/r1", "clerk");
    gateway().on("POST /api/v1/town/reports/r1/answers", () => problem(409, "version-conflict"));
    await fill(user, await screen.findByLabelText("Słowa do autora"), "Naprawimy");
    await user.click(screen.getByRole("button", { name: "Wyślij odpowiedź" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Zmieniono to w międzyczasie");
    expect(screen.getByLabelText("Słowa do autora")).toHaveValue("Naprawimy");
  });

  it("belongs to clerk, editor and administrator; others are told so", async () => {
    withReports();
    openConsole(gateway(), "/reports/r1", "operator");
    expect(await screen.findByText(/Odpowiadać na zgłoszenia może: urzędnik od zgłoszeń, redaktor komunikatów lub administrator/)).toBeVisible();
  });

  it.each([
    [{ status: "received", outcome: null, answer: " " }, "unchanged"],
    [{ status: "closed", outcome: null, answer: "x" }, "outcomeMissing"],
    [{ status: "closed", outcome: "rejected", answer: "" }, "wordsMissing"],
    [{ status: "closed", outcome: "fixed", answer: "" }, null],
    [{ status: "received", outcome: null, answer: "a".repeat(4001) }, "tooLong"],
    [{ status: "planned", outcome: null, answer: "" }, null],
  ] as const)("$0.status, $0.outcome → $1", (draft, fault) => {
    expect(answerFault(draft, { status: "received", outcome: null })).toBe(fault);
  });
});

describe("cameras near a place", () => {
  const at = { lat: 51.05, lon: 20.95 };
  const north = { lat: 51.051, lon: 20.95 };

  it("measures distance and direction", () => {
    expect(distanceM(at, north)).toBeCloseTo(111.2, 0);
    expect(bearingDeg(at, north)).toBeCloseTo(0, 5);
    expect(bearingDeg(at, { lat: 51.05, lon: 20.96 })).toBeCloseTo(90, 1);
  });

  it("knows what lies in a view cone, also across north", () => {
    const cone = { azimuth_deg: 350, angle_deg: 40, range_m: 150 };
    expect(sees({ place: at, view_cone: cone }, north)).toBe(true);
    expect(sees({ place: at, view_cone: { ...cone, range_m: 100 } }, north)).toBe(false);
    expect(sees({ place: at, view_cone: { ...cone, azimuth_deg: 180 } }, north)).toBe(false);
    expect(sees({ place: at, view_cone: null }, north)).toBe(false);
  });

  it("puts those that see the place first", () => {
    const near = camera(1, { place: north, view_cone: { azimuth_deg: 0, angle_deg: 60, range_m: 100 } });
    const seeing = camera(2, { place: { lat: 51.0515, lon: 20.95 }, view_cone: { azimuth_deg: 180, angle_deg: 60, range_m: 300 } });
    const far = camera(3, { place: { lat: 51.08, lon: 20.95 } });
    expect(nearbyCameras([near, seeing, far], at).map((found) => [found.camera.camera_id, found.sees])).toEqual([
      ["cam-002", true],
      ["cam-001", false],
    ]);
  });
});
