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
export type Filter = Received<Schemas["Filter"]>;
export type Me = Received<Schemas["Me"]>;
export type NearestAddress = Received<Schemas["NearestAddress"]>;
export type PublicReport = Received<Schemas["PublicReport"]>;
export type ReporterView = Received<Schemas["ReporterView"]>;
export type ReportAccepted = Received<Schemas["ReportAccepted"]>;
export type Subscription = Received<Schemas["Subscription"]>;
export type Town = Received<Schemas["Town"]>;
export type Area = AnnouncementSummary["area"];
export type Channel = Contact["channel"];
