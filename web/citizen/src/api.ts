import { createClient, type Received } from "@hejnal/shared";
import type { components, paths } from "@hejnal/shared/api/citizen";

/** The residents' API of this town, typed by its OpenAPI document. */
export const api = createClient<paths>();

type Schemas = components["schemas"];

export type AnnouncementSummary = Received<Schemas["AnnouncementSummary"]>;
export type AnnouncementDetail = Received<Schemas["AnnouncementDetail"]>;
export type AddressHit = Received<Schemas["AddressHit"]>;
export type CameraRegister = Received<Schemas["CameraRegister"]>;
export type Contact = Received<Schemas["Contact"]>;
export type Filter = Omit<Received<Schemas["Filter"]>, "area">;
export type Me = Omit<Received<Schemas["Me"]>, "subscription"> & { readonly subscription: Subscription };
export type NearbyReport = Received<Schemas["NearbyReport"]>;
export type PhotoPlace = Received<Schemas["PhotoPlace"]>;
export type ReportMessages = Received<Schemas["Messages"]>;
export type AlarmSignalGuide = Received<Schemas["AlarmSignalGuide"]>;
export type Consultation = Received<Schemas["Consultation"]>;
export type ConsultationDetail = Received<Schemas["ConsultationDetail"]>;
export type ConsultationResult = Received<Schemas["ConsultationResult"]>;
export type FootageRequestAccepted = Received<Schemas["FootageRequestAccepted"]>;
export type FootageRequestView = Received<Schemas["FootageRequestView"]>;
export type PublicCamera = Received<Schemas["PublicCamera"]>;
export type TownContact = Received<Schemas["TownContact"]>;
export type NearestAddress = Received<Schemas["NearestAddress"]>;
export type Place = Received<Schemas["Place"]>;
export type PublicReport = Received<Schemas["PublicReport"]>;
export type ReporterView = Received<Schemas["ReporterView"]>;
export type ReportAccepted = Received<Schemas["ReportAccepted"]>;
export type Subscription = Omit<Received<Schemas["Subscription"]>, "filters"> & { readonly filters: Filter[] };
export type Town = Received<Schemas["Town"]>;
export type Area = AnnouncementSummary["area"];
/** What a browser without an account wants. */
export type PushWish = Pick<Filter, "categories" | "min_severity" | "places"> &
  Pick<Subscription, "language" | "quiet_hours"> & { readonly paused_until?: string | null };
export type Channel = Contact["channel"];
