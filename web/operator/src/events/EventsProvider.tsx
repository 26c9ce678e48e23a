import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, use, useEffect, useMemo, useRef, useState } from "react";
import { applyAlert } from "../alerts/use-alerts.ts";
import { type Alert, ALERTS_KEY } from "../api/alerts.ts";
import { cameraEventsKey } from "../api/camera-events.ts";
import { CAMERAS_KEY, type CameraStatus } from "../api/cameras.ts";
import { ANNOUNCEMENTS_KEY, REPORTS_KEY } from "../api/town.ts";
import { applyStatuses } from "../cameras/use-cameras.ts";
import { useSession } from "../session/session.tsx";
import { EventStream, type StreamState } from "./event-stream.ts";
import type { ServerEvent } from "./sse.ts";

export interface ReportNews {
  readonly type: "submitted" | "routed" | "answered" | "closed";
  readonly reportId: string;
  readonly reference: string;
  readonly category: string;
  readonly address: string;
  readonly urgent: boolean;
}

interface Events {
  readonly line: StreamState;
  readonly retryNow: () => void;
  /** Reports that came in while the console was open and that nobody here has acknowledged, newest first. */
  readonly freshReports: readonly ReportNews[];
  readonly acknowledge: (reportId?: string) => void;
}

const EventsContext = createContext<Events | null>(null);

export function useEvents(): Events {
  const events = use(EventsContext);
  if (events === null) throw new Error("useEvents outside EventsProvider");
  return events;
}

interface EventsProviderProps {
  readonly children: ReactNode;
  readonly onReport: (news: ReportNews) => void;
}

const FRESH_MOST = 50;

/** Keeps the console's one live line, and what it shows, up to date. */
export function EventsProvider({ children, onReport }: EventsProviderProps) {
  const queryClient = useQueryClient();
  const { active, ended } = useSession();
  const [line, setLine] = useState<StreamState>(() => ({ kind: "connecting", sinceMs: Date.now() }));
  const [freshReports, setFresh] = useState<readonly ReportNews[]>([]);
  const stream = useRef<EventStream | null>(null);
  const report = useRef(onReport);
  useEffect(() => {
    report.current = onReport;
  });

  useEffect(() => {
    if (!active) return;
    const refetch = () => {
      void queryClient.invalidateQueries({ queryKey: CAMERAS_KEY });
      void queryClient.invalidateQueries({ queryKey: REPORTS_KEY });
      void queryClient.invalidateQueries({ queryKey: ANNOUNCEMENTS_KEY });
      void queryClient.invalidateQueries({ queryKey: ALERTS_KEY });
    };
    const take = (event: ServerEvent) => {
      const body = parse(event.data);
      if (event.type === "hello") {
        applyStatuses(queryClient, statusesOf(body.cameras));
        if (body.resumed === false) refetch();
      } else if (event.type === "camera-status") {
        applyStatuses(queryClient, statusesOf([body]));
      } else if (event.type === "camera") {
        void queryClient.invalidateQueries({ queryKey: CAMERAS_KEY });
      } else if (event.type === "camera-event") {
        void queryClient.invalidateQueries({ queryKey: cameraEventsKey(String(body.camera_id)) });
      } else if (event.type === "alert") {
        const alert = alertOf(body);
        if (alert !== null) applyAlert(queryClient, alert);
      } else if (event.type === "recording") {
        void queryClient.invalidateQueries({ queryKey: ["timeline", body.camera_id] });
      } else if (event.type === "report") {
        void queryClient.invalidateQueries({ queryKey: REPORTS_KEY });
        const news = reportNews(body);
        if (news?.type !== "submitted") return;
        setFresh((fresh) => [news, ...fresh.filter((other) => other.reportId !== news.reportId)].slice(0, FRESH_MOST));
        report.current(news);
      } else if (event.type === "farewell" && body.reason === "signed-out") {
        ended();
      }
    };
    const opened = new EventStream({ url: "/api/v1/events", onEvent: take, onState: setLine, onUnauthenticated: ended });
    stream.current = opened;
    const online = () => opened.retryNow();
    window.addEventListener("online", online);
    void opened.run();
    return () => {
      window.removeEventListener("online", online);
      opened.close();
      stream.current = null;
    };
  }, [active, ended, queryClient]);

  const events = useMemo<Events>(
    () => ({
      line,
      retryNow: () => stream.current?.retryNow(),
      freshReports,
      acknowledge: (reportId) => setFresh((fresh) => (reportId === undefined ? [] : fresh.filter((news) => news.reportId !== reportId))),
    }),
    [line, freshReports],
  );
  return <EventsContext value={events}>{children}</EventsContext>;
}

function parse(data: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(data);
    return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function statusesOf(entries: unknown): ReadonlyMap<string, CameraStatus> {
  const found = new Map<string, CameraStatus>();
  if (!Array.isArray(entries)) return found;
  for (const entry of entries as { camera_id?: unknown; status?: unknown }[]) {
    if (typeof entry.camera_id === "string" && typeof entry.status === "object" && entry.status !== null) {
      found.set(entry.camera_id, entry.status as CameraStatus);
    }
  }
  return found;
}

/** The alert an event carries; what does not look like one is left alone, and the next look at the list sets it right. */
function alertOf(body: Record<string, unknown>): Alert | null {
  const { alert } = body;
  if (typeof alert !== "object" || alert === null) return null;
  const { alert_id: id, version } = alert as { alert_id?: unknown; version?: unknown };
  return typeof id === "string" && typeof version === "number" ? (alert as Alert) : null;
}

function reportNews(body: Record<string, unknown>): ReportNews | null {
  const { type, report_id: reportId, report } = body;
  if (typeof reportId !== "string" || typeof type !== "string") return null;
  const fact = (typeof report === "object" && report !== null ? report : {}) as Record<string, unknown>;
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return {
    type: type as ReportNews["type"],
    reportId,
    reference: text(fact.reference),
    category: text(fact.category),
    address: text(fact.address),
    urgent: fact.urgent === true,
  };
}
